using Microsoft.Extensions.Logging;

namespace Wyckoff.Bars.Streaming;

/// <summary>Every log message of streams: event ids from 5550.</summary>
internal static partial class StreamLog
{
    [LoggerMessage(
        5550,
        LogLevel.Warning,
        "Streams: the changes of {Symbol} {Timeframe} cannot be read ({Reason}); its readers wait, the next attempt is in {Pause}"
    )]
    public static partial void ChangesNotRead(
        this ILogger logger,
        Exception? exception,
        string symbol,
        string timeframe,
        string reason,
        TimeSpan pause
    );

    [LoggerMessage(5551, LogLevel.Warning, "Streams: the versions of bars cannot be read ({Reason})")]
    public static partial void VersionsNotRead(this ILogger logger, Exception? exception, string reason);

    [LoggerMessage(5552, LogLevel.Information, "Streams: changes are told by Redis")]
    public static partial void ToldByRedis(this ILogger logger);

    [LoggerMessage(5553, LogLevel.Information, "Streams: without Redis the database is asked for changes every {Poll}")]
    public static partial void NotToldByRedis(this ILogger logger, TimeSpan poll);

    [LoggerMessage(5554, LogLevel.Warning, "Streams: Redis does not let us listen ({Reason})")]
    public static partial void CannotListen(this ILogger logger, string reason);
}
