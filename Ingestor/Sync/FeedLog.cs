namespace Wyckoff.Ingestor.Sync;

/// <summary>The log messages of feeds and the import folder: event ids from 2250.</summary>
internal static partial class FeedLog
{
    [LoggerMessage(
        2250,
        LogLevel.Error,
        "The sync of the feed {Symbol} {Timeframe} from {Provider} failed; the next attempt is in {Delay}"
    )]
    public static partial void FeedFailed(
        this ILogger logger,
        Exception exception,
        string symbol,
        string timeframe,
        string provider,
        TimeSpan delay
    );

    [LoggerMessage(
        2251,
        LogLevel.Warning,
        "The lease on the feed {Symbol} {Timeframe} from {Provider} is lost; another replica may sync it"
    )]
    public static partial void FeedLost(this ILogger logger, string symbol, string timeframe, string provider);

    [LoggerMessage(
        2252,
        LogLevel.Warning,
        "The sync of the feed {Symbol} {Timeframe} from {Provider} ended because the database is away ({Reason}); "
            + "the next attempt is in {Delay}"
    )]
    public static partial void FeedWithoutDatabase(
        this ILogger logger,
        string symbol,
        string timeframe,
        string provider,
        string reason,
        TimeSpan delay
    );

    [LoggerMessage(2253, LogLevel.Information, "{File}: {Outcome}, {Inserted} new bars, {Rejected} rejected; {Error}")]
    public static partial void FileImported(this ILogger logger, string file, string outcome, long inserted, long rejected, string? error);

    [LoggerMessage(2254, LogLevel.Error, "{File} could not be imported; the import is retried when the file changes")]
    public static partial void FileFailed(this ILogger logger, Exception exception, string file);

    [LoggerMessage(2255, LogLevel.Warning, "The folder {Folder} cannot be listed ({Reason}); the scan is retried")]
    public static partial void FolderAway(this ILogger logger, string folder, string reason);

    [LoggerMessage(2256, LogLevel.Information, "The folder {Folder} can be listed again")]
    public static partial void FolderIsBack(this ILogger logger, string folder);
}
