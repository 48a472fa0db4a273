namespace Wyckoff.Ingestor.Sync;

/// <summary>Log messages of feeds: event ids from 2250.</summary>
internal static partial class FeedLog
{
    [LoggerMessage(2250, LogLevel.Error, "The feed of {Symbol} {Timeframe} from {Provider} failed; it is tried again in {Delay}")]
    public static partial void FeedFailed(
        this ILogger logger,
        Exception exception,
        string symbol,
        string timeframe,
        string provider,
        TimeSpan delay
    );

    [LoggerMessage(2251, LogLevel.Warning, "The feed of {Symbol} {Timeframe} from {Provider} went to another instance")]
    public static partial void FeedLost(this ILogger logger, string symbol, string timeframe, string provider);

    [LoggerMessage(
        2252,
        LogLevel.Warning,
        "The feed of {Symbol} {Timeframe} from {Provider} was broken off: the database is away ({Reason}); it is tried again in {Delay}"
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
    public static partial void FileTaken(this ILogger logger, string file, string outcome, long inserted, long rejected, string? error);

    [LoggerMessage(2254, LogLevel.Error, "{File} could not be imported; it is tried again when it has changed")]
    public static partial void FileFailed(this ILogger logger, Exception exception, string file);

    [LoggerMessage(2255, LogLevel.Warning, "The folder {Folder} cannot be listed ({Reason}); it is looked at again")]
    public static partial void FolderAway(this ILogger logger, string folder, string reason);

    [LoggerMessage(2256, LogLevel.Information, "The folder {Folder} is back")]
    public static partial void FolderIsBack(this ILogger logger, string folder);
}
