using Microsoft.Extensions.Logging;

namespace Wyckoff.Live;

/// <summary>Every log message of live streams: event ids from 2400.</summary>
internal static partial class LiveLog
{
    [LoggerMessage(2400, LogLevel.Information, "Live: connected to {Url}; {Feeds} feeds")]
    public static partial void LiveConnected(this ILogger logger, Uri url, int feeds);

    [LoggerMessage(2401, LogLevel.Warning, "Live: not connected ({Reason}); the next attempt is in {Pause}")]
    public static partial void LiveLost(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(
        2402,
        LogLevel.Error,
        "Live: the provider refuses the connection ({Reason}). Look at Key, Secret and Feed under Wyckoff:Providers:Alpaca; the next attempt is in {Pause}"
    )]
    public static partial void LiveRefused(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(
        2403,
        LogLevel.Error,
        "Live: the provider refuses the subscription ({Reason}); the feeds it was for are kept by the sync alone"
    )]
    public static partial void SubscriptionRefused(this ILogger logger, string reason);

    [LoggerMessage(2404, LogLevel.Warning, "Live: a message was not taken: {Reason}")]
    public static partial void MessageRejected(this ILogger logger, string reason);

    [LoggerMessage(2405, LogLevel.Debug, "Live: {Symbol} {Timeframe}: {Range} is asked of the provider")]
    public static partial void RepairAsked(this ILogger logger, string symbol, string timeframe, string range);

    [LoggerMessage(
        2406,
        LogLevel.Warning,
        "Live: {Symbol} {Timeframe}: {Range} could not be had from the provider; the next attempt is in {Pause}"
    )]
    public static partial void RepairFailed(
        this ILogger logger,
        Exception exception,
        string symbol,
        string timeframe,
        string range,
        TimeSpan pause
    );

    [LoggerMessage(2407, LogLevel.Warning, "Live: {Bars} bars could not be written and are kept; the next attempt is in {Pause}")]
    public static partial void WriteFailed(this ILogger logger, Exception exception, int bars, TimeSpan pause);

    [LoggerMessage(
        2408,
        LogLevel.Error,
        "Live: the database does not take {Bars} bars of {Symbol} {Timeframe}, the first of {Timestamp}; they are asked of the provider again"
    )]
    public static partial void BarsRefused(
        this ILogger logger,
        Exception exception,
        int bars,
        string symbol,
        string timeframe,
        DateTimeOffset timestamp
    );

    [LoggerMessage(2409, LogLevel.Information, "Live: {Symbol}: a trade was cancelled or corrected; its minutes are asked of the provider")]
    public static partial void TradeUndone(this ILogger logger, string symbol);

    [LoggerMessage(2410, LogLevel.Warning, "Live: {Bars} bars were not written before the end; the next start asks the provider for them")]
    public static partial void NotWritten(this ILogger logger, int bars);

    [LoggerMessage(2411, LogLevel.Information, "Live: subscribed to {Added} more feeds and {Removed} fewer")]
    public static partial void SubscriptionChanged(this ILogger logger, int added, int removed);
}
