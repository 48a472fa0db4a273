using Microsoft.Extensions.Logging;

namespace Wyckoff.Sync;

/// <summary>Log messages of providers, sync and leases: event ids from 2200.</summary>
internal static partial class SyncLog
{
    [LoggerMessage(2200, LogLevel.Warning, "{Provider}: {Reason}; retrying in {Delay}")]
    public static partial void ProviderRetry(this ILogger logger, string provider, string reason, TimeSpan delay);

    [LoggerMessage(
        2201,
        LogLevel.Information,
        "Synced {Symbol} {Timeframe} from {Provider}: {Fetched} bars fetched, {Inserted} inserted, {Updated} updated, {Rejected} rejected"
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

    [LoggerMessage(2202, LogLevel.Warning, "The sync of {Symbol} {Timeframe} from {Provider} stopped early: {Reason}")]
    public static partial void SyncCutShort(this ILogger logger, string symbol, string timeframe, string provider, string reason);

    [LoggerMessage(2203, LogLevel.Warning, "{Provider} sent {Count} invalid bars of {Symbol} {Timeframe}; the first: {Reason}")]
    public static partial void BarsRejected(
        this ILogger logger,
        string provider,
        int count,
        string symbol,
        string timeframe,
        string reason
    );

    [LoggerMessage(2204, LogLevel.Warning, "The lease {Lease} could not be renewed ({Reason}); retrying")]
    public static partial void LeaseNotRenewed(this ILogger logger, string lease, string reason);

    [LoggerMessage(2205, LogLevel.Warning, "The lease {Lease} is lost")]
    public static partial void LeaseIsLost(this ILogger logger, string lease);

    [LoggerMessage(2206, LogLevel.Warning, "The lease {Lease} could not be released; it will expire")]
    public static partial void LeaseNotReleased(this ILogger logger, Exception exception, string lease);

    [LoggerMessage(2207, LogLevel.Error, "The lease {Lease} is no longer renewed and counts as lost")]
    public static partial void LeaseRenewalEnded(this ILogger logger, Exception exception, string lease);
}
