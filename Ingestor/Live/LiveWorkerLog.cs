namespace Wyckoff.Ingestor.Live;

/// <summary>Every log message of the live worker: event ids from 2450.</summary>
internal static partial class LiveWorkerLog
{
    [LoggerMessage(2450, LogLevel.Information, "Live: this instance has the stream of {Provider}")]
    public static partial void LiveTaken(this ILogger logger, string provider);

    [LoggerMessage(2451, LogLevel.Warning, "Live: the stream of {Provider} belongs to another instance now")]
    public static partial void LiveGiven(this ILogger logger, string provider);

    [LoggerMessage(
        2453,
        LogLevel.Warning,
        "Live: {Feeds} feeds have a timeframe that no stream has (1m and 1d have one); they are kept by the sync alone"
    )]
    public static partial void LiveFeedsLeftOut(this ILogger logger, int feeds);
}
