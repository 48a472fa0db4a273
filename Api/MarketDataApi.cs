using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Sync;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Bars and tickers.</summary>
public static class MarketDataApi
{
    private const int DefaultLimit = 500;
    private const int MaxLimit = 10_000;

    public static void MapMarketData(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group.MapGet("/bars/{symbol}", GetBarsAsync)
            .WithName("GetBars")
            .WithSummary("The newest bars of a symbol within a range, oldest first.");
    }

    private static async Task<Results<Ok<BarsResponse>, ValidationProblem, ProblemHttpResult>> GetBarsAsync(
        BarStore store,
        SyncService sync,
        TimeProvider time,
        [Description("Ticker symbol, e.g. SPY.")] string symbol,
        [Description("1m, 5m, 15m, 30m, 1h, 4h or 1d; 1Min, 1Hour, 1Day and the like mean the same.")] string timeframe = "1d",
        [Description("First instant, ISO 8601 (UTC unless it says otherwise). Default: as far back as the limit reaches.")] string? from = null,
        [Description("End, not included, ISO 8601. Default: now.")] string? to = null,
        [Description("At most so many bars, 1 to 10000; the newest of the range.")] int limit = DefaultLimit,
        [Description("missing: fetch from the provider first what of the range is not there. Needs 'from'.")] string? fetch = null,
        [Description("Whom to fetch it from. Default: the provider that is configured.")] string? provider = null,
        CancellationToken cancellationToken = default)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (!Symbol.TryParse(symbol, out var wanted))
        {
            errors["symbol"] = [$"'{symbol}' is not a symbol: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected."];
        }

        if (!Timeframe.TryParse(timeframe, out var width))
        {
            errors["timeframe"] = [$"'{timeframe}' is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected."];
        }

        if (limit is < 1 or > MaxLimit)
        {
            errors["limit"] = [string.Create(CultureInfo.InvariantCulture, $"{limit} is out of range: 1 to {MaxLimit} is expected.")];
        }

        var end = Instant("to", to, time.GetUtcNow() + TimeSpan.FromDays(1), errors);
        var start = Instant("from", from, DateTimeOffset.UnixEpoch, errors);
        if (errors.Count == 0 && start >= end)
        {
            errors["from"] = [$"'{from}' is not before '{to}': a range [from, to) is expected."];
        }

        if (fetch is not (null or "missing"))
        {
            errors["fetch"] = [$"'{fetch}' cannot be fetched: missing is expected, or nothing."];
        }
        else if (fetch is not null && errors.Count == 0 && await SyncApi.FetchMissingAsync(sync, wanted, width, from is null ? null : start, end, provider, errors, cancellationToken) is { Outcome: not SyncOutcome.Success, StillMissing.Count: > 0 } result)
        {
            return TypedResults.Problem(result.Error, statusCode: StatusCodes.Status502BadGateway, title: "Not all of the range could be fetched");
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if (await store.FindTickerAsync(wanted, cancellationToken) is not { } ticker)
        {
            return TypedResults.Problem($"There is no symbol '{wanted}'.", statusCode: StatusCodes.Status404NotFound, title: "Unknown symbol");
        }

        var bars = await store.ReadNewestAsync(ticker, width, new TimeRange(start, end), limit, cancellationToken);
        return TypedResults.Ok(new BarsResponse(wanted.Value, width.Name, bars.Count, [.. bars.Select(BarResponse.Of)]));
    }

    internal static DateTimeOffset Instant(string name, string? text, DateTimeOffset otherwise, Dictionary<string, string[]> errors)
    {
        if (text is null)
        {
            return otherwise;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
        {
            return instant;
        }

        errors[name] = [$"'{text}' is not a time: ISO 8601 is expected, such as 2024-06-03 or 2024-06-03T14:30:00Z."];
        return otherwise;
    }
}

/// <summary>Bars of one symbol and timeframe.</summary>
public sealed record BarsResponse(string Symbol, string Timeframe, int Count, IReadOnlyList<BarResponse> Bars);

/// <summary>One bar. Timestamp is its open in UTC; of a daily bar, the session date at midnight UTC.</summary>
public sealed record BarResponse(
    DateTimeOffset Timestamp, decimal Open, decimal High, decimal Low, decimal Close, decimal Volume, int? TradeCount, decimal? Vwap,
    decimal Spread, decimal SpreadRatio, decimal VolumeRatio, bool LowHistory, string Source, decimal? QualityScore)
{
    public static BarResponse Of(OhlcvBar bar) => new(
        bar.Timestamp, bar.Open, bar.High, bar.Low, bar.Close, bar.Volume, bar.TradeCount, bar.Vwap,
        bar.Spread, bar.SpreadRatio, bar.VolumeRatio, bar.LowHistory, bar.Source, bar.QualityScore);
}
