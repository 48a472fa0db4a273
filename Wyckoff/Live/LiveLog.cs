using Microsoft.Extensions.Logging;

namespace Wyckoff.Live;

/// <summary>The log messages of live streams: event ids from 2400.</summary>
internal static partial class LiveLog
{
    [LoggerMessage(2400, LogLevel.Information, "Live: connected to {Url}; {Subscriptions} live subscriptions")]
    public static partial void LiveConnected(this ILogger logger, Uri url, int subscriptions);

    [LoggerMessage(2401, LogLevel.Warning, "Live: not connected ({Reason}); the next attempt is in {Pause}")]
    public static partial void LiveLost(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(
        2402,
        LogLevel.Error,
        "Live: the provider refuses the connection ({Reason}). Check KeyId, SecretKey and Feed under Wyckoff:Providers:Alpaca; "
            + "the next attempt is in {Pause}"
    )]
    public static partial void LiveRefused(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(
        2403,
        LogLevel.Error,
        "Live: the provider refuses a live subscription ({Reason}); only the sync keeps its feed up to date"
    )]
    public static partial void SubscriptionRefused(this ILogger logger, string reason);

    [LoggerMessage(2404, LogLevel.Warning, "Live: a message was rejected: {Reason}")]
    public static partial void MessageRejected(this ILogger logger, string reason);

    [LoggerMessage(2405, LogLevel.Debug, "Live: {Symbol} {Timeframe}: fetching {Range} from the provider")]
    public static partial void RepairRequested(this ILogger logger, string symbol, string timeframe, string range);

    [LoggerMessage(
        2406,
        LogLevel.Warning,
        "Live: {Symbol} {Timeframe}: {Range} could not be fetched from the provider; the next attempt is in {Pause}"
    )]
    public static partial void RepairFailed(
        this ILogger logger,
        Exception exception,
        string symbol,
        string timeframe,
        string range,
        TimeSpan pause
    );

    [LoggerMessage(2407, LogLevel.Warning, "Live: {Bars} bars could not be written and stay in the buffer; the next attempt is in {Pause}")]
    public static partial void WriteFailed(this ILogger logger, Exception exception, int bars, TimeSpan pause);

    [LoggerMessage(
        2408,
        LogLevel.Error,
        "Live: the database refuses {Bars} bars of {Symbol} {Timeframe}, the first of {Timestamp}; they are fetched from the provider again"
    )]
    public static partial void BarsRefused(
        this ILogger logger,
        Exception exception,
        int bars,
        string symbol,
        string timeframe,
        DateTimeOffset timestamp
    );

    [LoggerMessage(
        2409,
        LogLevel.Information,
        "Live: {Symbol}: a trade was cancelled or corrected; the minutes in memory are fetched from the provider"
    )]
    public static partial void TradeCorrected(this ILogger logger, string symbol);

    [LoggerMessage(
        2410,
        LogLevel.Warning,
        "Live: {Bars} bars were not written before the stop; the next start fetches them from the provider"
    )]
    public static partial void NotWritten(this ILogger logger, int bars);

    [LoggerMessage(2411, LogLevel.Information, "Live: {Added} live subscriptions added, {Removed} removed")]
    public static partial void SubscriptionChanged(this ILogger logger, int added, int removed);
}
