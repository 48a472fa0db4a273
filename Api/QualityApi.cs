using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Wyckoff.Api.Requests;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Quality;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>How good the stored bars are.</summary>
public static class QualityApi
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    public static void MapQuality(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group.MapGet("/quality/{symbol}", GetQualityAsync)
            .WithName("GetQuality")
            .WithSummary("Coverage, gaps, outliers, overlaps and sources of the bars of a symbol within a range.")
            .WithDescription("What is expected is learnt from the bars of the range itself. Changes nothing; reads all bars of the range.");
    }

    private static async Task<Results<Ok<QualityResponse>, ValidationProblem, ProblemHttpResult>> GetQualityAsync(
        QualityInspector inspector,
        TimeProvider time,
        [Description("Ticker symbol, e.g. SPY.")] string symbol,
        [Description("1m, 5m, 15m, 30m, 1h, 4h or 1d; 1Min, 1Hour, 1Day and the like mean the same.")] string timeframe = "1d",
        [Description("First instant, ISO 8601 (UTC unless it says otherwise). Default: 100000 times the timeframe before the end.")] string? from = null,
        [Description("End, not included, ISO 8601. Default: now.")] string? to = null,
        [Description("At most so many entries in each list, 1 to 1000; the first of the range.")] int limit = DefaultLimit,
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
        var start = Instant("from", from, QualityInspector.DefaultStart(width, end), errors);
        if (errors.Count == 0 && start >= end)
        {
            errors["from"] = [$"'{from}' is not before '{to}': a range [from, to) is expected."];
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if (await inspector.FindTickerAsync(wanted, cancellationToken) is not { } ticker)
        {
            return TypedResults.Problem($"There is no symbol '{wanted}'.", statusCode: StatusCodes.Status404NotFound, title: "Unknown symbol");
        }

        return TypedResults.Ok(QualityResponse.Of(ticker, width, await inspector.InspectAsync(ticker, width, new TimeRange(start, end), limit, cancellationToken)));
    }

    private static DateTimeOffset Instant(string name, string? text, DateTimeOffset otherwise, Dictionary<string, string[]> errors)
    {
        if (text is null)
        {
            return otherwise;
        }

        if (Parameters.ReadInstant(text, out var instant) is { } wrong)
        {
            errors[name] = [wrong];
        }

        return instant;
    }
}

/// <summary>How good the bars of one symbol and timeframe are within [from, to). Of every list its first entries, and beside it how many there are.</summary>
public sealed record QualityResponse(
    string Symbol, string Timeframe, string Timezone, DateTimeOffset From, DateTimeOffset To, Coverage Coverage,
    long TotalGaps, IReadOnlyList<BarGap> Gaps, long TotalClosedDays, IReadOnlyList<DateOnly> ClosedDays,
    IReadOnlyDictionary<string, long> TotalOutliers, IReadOnlyList<Outlier> Outliers, OverlapsResponse Overlaps, IReadOnlyList<SourceShare> Sources)
{
    public static QualityResponse Of(TickerRef ticker, Timeframe timeframe, QualityReport report) => new(
        ticker.Symbol.Value, timeframe.Name, ticker.Zone.Id, report.Range.Start, report.Range.End, report.Coverage,
        report.Gaps.Total, report.Gaps.First, report.ClosedDays.Total, report.ClosedDays.First,
        report.OutliersByRule, report.Outliers.First,
        new(report.Disagreements.Total, report.Disagreements.First, report.SharedCoverage.Total, report.SharedCoverage.First), report.Sources);
}

/// <summary>Where two say something of the same time: bars that were given and differ from what the finer ones add up to, and ranges for which two sources have answered.</summary>
public sealed record OverlapsResponse(long TotalDisagreements, IReadOnlyList<Disagreement> Disagreements, long TotalSharedCoverage, IReadOnlyList<SharedCoverage> SharedCoverage);
