using Microsoft.Extensions.Logging;

namespace Wyckoff.Telemetry;

/// <summary>Log messages of providers, sync and leases: event ids from 2200.</summary>
public static partial class SyncLog
{
    [LoggerMessage(2200, LogLevel.Warning, "{Provider}: {Reason}; asked again in {Delay}")]
    public static partial void ProviderRetry(this ILogger logger, string provider, string reason, TimeSpan delay);

    [LoggerMessage(
        2201,
        LogLevel.Information,
        "Synced {Symbol} {Timeframe} from {Provider}: {Fetched} bars came, {Inserted} new, {Updated} changed, {Rejected} rejected"
    )]
    public static partial void Synced(
        this ILogger logger,
        string symbol,
        string timeframe,
        string provider,
        long fetched,
        long inserted,
        long updated,
        long rejected
    );

    [LoggerMessage(2202, LogLevel.Warning, "The sync of {Symbol} {Timeframe} from {Provider} ended before its end: {Reason}")]
    public static partial void SyncCutShort(this ILogger logger, string symbol, string timeframe, string provider, string reason);

    [LoggerMessage(2203, LogLevel.Warning, "{Provider} sent {Count} bars of {Symbol} {Timeframe} that are none, the first: {Reason}")]
    public static partial void BarsRejected(
        this ILogger logger,
        string provider,
        int count,
        string symbol,
        string timeframe,
        string reason
    );

    [LoggerMessage(2204, LogLevel.Warning, "The lease {Lease} could not be renewed ({Reason}); tried again")]
    public static partial void LeaseNotRenewed(this ILogger logger, string lease, string reason);

    [LoggerMessage(2205, LogLevel.Warning, "The lease {Lease} is lost")]
    public static partial void LeaseIsLost(this ILogger logger, string lease);

    [LoggerMessage(2206, LogLevel.Warning, "The lease {Lease} could not be released; it runs out by itself")]
    public static partial void LeaseNotReleased(this ILogger logger, Exception exception, string lease);

    [LoggerMessage(2207, LogLevel.Error, "The lease {Lease} is no longer renewed, and counts as lost")]
    public static partial void LeaseRenewalEnded(this ILogger logger, Exception exception, string lease);
}
