using Microsoft.Extensions.Logging;

namespace Wyckoff.Bars.Streaming;

/// <summary>Every log message of streams: event ids from 5550.</summary>
internal static partial class StreamLog
{
    [LoggerMessage(
        5550,
        LogLevel.Warning,
        "Streams: the changes of {Symbol} {Timeframe} cannot be read ({Reason}); subscriptions wait for the next attempt in {Pause}"
    )]
    public static partial void ChangesNotRead(
        this ILogger logger,
        Exception? exception,
        string symbol,
        string timeframe,
        string reason,
        TimeSpan pause
    );

    [LoggerMessage(5551, LogLevel.Warning, "Streams: the versions of windows cannot be read ({Reason})")]
    public static partial void VersionsNotRead(this ILogger logger, Exception? exception, string reason);

    [LoggerMessage(5552, LogLevel.Information, "Streams: Redis announces changes of bars")]
    public static partial void NotifiedByRedis(this ILogger logger);

    [LoggerMessage(5553, LogLevel.Information, "Streams: without Redis the database is polled for changes every {Poll}")]
    public static partial void NotNotifiedByRedis(this ILogger logger, TimeSpan poll);

    [LoggerMessage(5554, LogLevel.Warning, "Streams: cannot subscribe to Redis channels ({Reason})")]
    public static partial void CannotListen(this ILogger logger, string reason);
}
