using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;
using Wyckoff.Quality;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>Reports on the quality of stored bars.</summary>
public static class QualityApi
{
    private static readonly Parameter<DateTimeOffset> From = Parameters.From with
    {
        Description = Parameters.From.Description + " Default: 100000 bars before the end.",
    };
    private static readonly Parameter<DateTimeOffset> To = Parameters.To with
    {
        Description = Parameters.To.Description + " Default: now.",
    };
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of entries in each list, oldest first.",
        1,
        1000,
        100
    );
    private static readonly Parameter<bool> Days = Parameters.Flag(
        "days",
        "Also list how many bars each date has, of the newest 3660 dates of the range.",
        false
    );
    private static readonly Parameter<int> Last = Parameters.Whole(
        "last",
        "The number of newest bars of each symbol to examine; fewer if the bars are sparse.",
        1,
        10_000,
        500
    );
    private static readonly Parameter[] Takes = [Parameters.Symbol, Parameters.StoredTimeframe, From, To, Limit, Days];
    private static readonly Parameter[] TakesSeveral = [BarParameters.Symbols, Parameters.StoredTimeframe, Last];

    public static void MapQuality(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group
            .MapGet("/quality/{symbol}", GetQualityAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetQuality")
            .WithSummary("Coverage, gaps, outliers, overlaps and sources of the bars of a symbol in a range.")
            .WithDescription("The expected bars are inferred from the bars of the range. Reads all bars of the range, and changes nothing.")
            .Takes(Takes)
            .Produces<QualityResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol)
            .Answers("application/json", Example);
        group
            .MapGet("/quality", GetSeveralAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetQualityOfSeveral")
            .WithSummary("Quality scores of the newest bars of several symbols.")
            .WithDescription("Summarizes the scores stored with the bars. /v1/quality/{symbol} has gaps and details.")
            .Takes(TakesSeveral)
            .Produces<QualityScoresResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"timeframe":"1d","last":500,"scores":[{"symbol":"SPY","bars":252,"from":"2024-01-02T00:00:00Z","to":"2024-12-31T00:00:00Z",
                  "meanQuality":0.9984,"lowestQuality":0.6,"flawed":1}]}
                """
            );
    }

    private static async Task<IResult> GetSeveralAsync(
        HttpContext context,
        QualityScores scores,
        TickerSearch tickers,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, TakesSeveral);
        var symbols = reader.Get(BarParameters.Symbols, []);
        var timeframe = reader.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var last = reader.Get(Last, 500);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var found = await scores.ReadAsync(symbols, timeframe, last, cancellationToken);
        var unknown = symbols.Where(symbol => found.All(score => score.Symbol != symbol.Value)).ToList();
        return unknown.Count > 0
            ? await Problems.UnknownSymbolAsync(tickers, unknown, cancellationToken)
            : TypedResults.Ok(new QualityScoresResponse(timeframe.Name, last, found));
    }

    private static async Task<IResult> GetQualityAsync(
        HttpContext context,
        QualityInspector inspector,
        TickerSearch tickers,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, Takes);
        var symbol = reader.Get(Parameters.Symbol);
        var timeframe = reader.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var limit = reader.Get(Limit, 100);
        var days = reader.Get(Days, false);
        var (from, to) = reader.Range(From, To, timeframe);
        var end = to ?? NextDay(time.GetUtcNow());
        var start = from ?? QualityInspector.DefaultStart(timeframe, end);
        reader.RequireRange(start, end);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (await inspector.FindTickerAsync(symbol, cancellationToken) is not { } ticker)
        {
            return await Problems.UnknownSymbolAsync(tickers, [symbol], cancellationToken);
        }

        return TypedResults.Ok(
            QualityResponse.Of(
                ticker,
                timeframe,
                await inspector.InspectAsync(ticker, timeframe, new TimeRange(start, end), limit, cancellationToken),
                days
            )
        );
    }

    // Whole seconds: the database knows microseconds, and a start that it rounds down would look like an older bar.
    private static DateTimeOffset NextDay(DateTimeOffset now) => now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)).AddDays(1);

    private const string Example = """
        {
          "symbol": "SPY", "timeframe": "1d", "timezone": "America/New_York",
          "from": "2024-03-01T00:00:00Z", "to": "2024-04-01T00:00:00Z",
          "coverage": {
            "first": "2024-03-01T00:00:00Z", "last": "2024-03-28T00:00:00Z", "bars": 19, "sessions": 19, "expected": 20, "missing": 1,
            "completeness": 95, "meanQuality": null, "lowestQuality": null },
          "totalGaps": 1, "gaps": [{ "from": "2024-03-12T00:00:00Z", "to": "2024-03-13T00:00:00Z", "bars": 1, "wholeDays": 1 }],
          "totalClosedDays": 1, "closedDays": ["2024-03-29"],
          "totalOutliers": { "move": 1, "flat": 0, "zero_volume": 0 },
          "outliers": [{
            "timestamp": "2024-03-22T00:00:00Z", "rule": "move", "close": 498.1, "previousClose": 512.3, "meanSpread": 1.2, "times": 11.83,
            "volume": 98000000 }],
          "overlaps": { "totalDisagreements": 0, "disagreements": [], "totalSharedCoverage": 0, "sharedCoverage": [] },
          "sources": [{ "source": "sample", "bars": 19, "first": "2024-03-01T00:00:00Z", "last": "2024-03-28T00:00:00Z" }],
          "days": null
        }
        """;
}

/// <summary>
/// The quality of the bars of one symbol and timeframe within [from, to): the first entries of each list, and its total. 'days' is null
/// unless asked for.
/// </summary>
public sealed record QualityResponse(
    string Symbol,
    string Timeframe,
    string Timezone,
    DateTimeOffset From,
    DateTimeOffset To,
    Coverage Coverage,
    long TotalGaps,
    IReadOnlyList<BarGap> Gaps,
    long TotalClosedDays,
    IReadOnlyList<DateOnly> ClosedDays,
    IReadOnlyDictionary<string, long> TotalOutliers,
    IReadOnlyList<Outlier> Outliers,
    OverlapsResponse Overlaps,
    IReadOnlyList<SourceShare> Sources,
    IReadOnlyList<DayCoverage>? Days
)
{
    private const int MaxDays = 3_660;

    public static QualityResponse Of(TickerRef ticker, Timeframe timeframe, QualityReport report, bool days) =>
        new(
            ticker.Symbol.Value,
            timeframe.Name,
            ticker.Zone.Id,
            report.Range.Start,
            report.Range.End,
            report.Coverage,
            report.Gaps.Total,
            report.Gaps.First,
            report.ClosedDays.Total,
            report.ClosedDays.First,
            report.OutliersByRule,
            report.Outliers.First,
            new(report.Disagreements.Total, report.Disagreements.First, report.SharedCoverage.Total, report.SharedCoverage.First),
            report.Sources,
            days ? [.. report.Days.TakeLast(MaxDays)] : null
        );
}

/// <summary>Overlapping data: stored bars that differ from the finer bars they cover, and ranges that two sources have delivered.</summary>
public sealed record OverlapsResponse(
    long TotalDisagreements,
    IReadOnlyList<Disagreement> Disagreements,
    long TotalSharedCoverage,
    IReadOnlyList<SharedCoverage> SharedCoverage
);

/// <summary>The quality scores of the newest bars of several symbols.</summary>
public sealed record QualityScoresResponse(string Timeframe, int Last, IReadOnlyList<QualityScore> Scores);
