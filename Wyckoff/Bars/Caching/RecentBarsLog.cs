using Microsoft.Extensions.Logging;

namespace Wyckoff.Bars.Caching;

/// <summary>Log messages of the caches of recent bars: event ids from 2020.</summary>
internal static partial class RecentBarsLog
{
    [LoggerMessage(2020, LogLevel.Warning, "Redis failed three times in a row; reads work without it for {Rest}: {Reason}")]
    public static partial void RedisRests(this ILogger logger, TimeSpan rest, string reason);
}
