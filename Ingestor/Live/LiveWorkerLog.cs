namespace Wyckoff.Ingestor.Live;

/// <summary>The log messages of the live worker: event ids from 2450.</summary>
internal static partial class LiveWorkerLog
{
    [LoggerMessage(2450, LogLevel.Information, "Live: this replica has the stream of {Provider}")]
    public static partial void LiveStarted(this ILogger logger, string provider);

    [LoggerMessage(2451, LogLevel.Warning, "Live: this replica has lost the lease on the stream of {Provider}")]
    public static partial void LiveLeaseLost(this ILogger logger, string provider);

    [LoggerMessage(
        2453,
        LogLevel.Warning,
        "Live: {Feeds} feeds have a timeframe that is not streamed (1m and 1d are); only the sync keeps them up to date"
    )]
    public static partial void LiveFeedsUnsupported(this ILogger logger, int feeds);
}
