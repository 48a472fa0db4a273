using Microsoft.Extensions.Logging;

namespace Wyckoff.Redis;

/// <summary>Log messages of the connection to Redis: event ids 1002 and 1003.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1002, LogLevel.Warning, "Redis does not answer ({Reason}); reads work without it until it does")]
    public static partial void RedisAway(this ILogger logger, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Redis answers")]
    public static partial void RedisConnected(this ILogger logger);
}
