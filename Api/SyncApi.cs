using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Requests;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>Fetching bars from providers, and what is fetched on a schedule.</summary>
public static class SyncApi
{
    private const int MaxSymbols = 100;

    /// <summary>Bars that one answer may hold at most: what a year of minutes has.</summary>
    private const int MaxBars = 600_000;

    private const string ExampleBody = """{"symbols":["SPY"],"timeframe":"1d","from":"2024-06-03T00:00:00Z","to":"2024-06-08T00:00:00Z"}""";

    private const string Example =
        """{"timeframe":"1d","from":"2024-06-03T00:00:00Z","to":"2024-06-08T00:00:00Z","results":[{"symbol":"SPY","provider":"alpaca","status":"success","fetched":5,"inserted":5,"updated":0,"rejected":0,"stillMissing":[],"error":null,"bars":null}]}""";

    public static void MapSync(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Sync");
        group
            .MapPost("/sync", SyncAsync)
            .WithName("Sync")
            .WithSummary(
                "Fetches from a provider what is missing of a range, and nothing else; with returnBars, answers with the complete range."
            )
            .TakesJson<SyncBody>(ExampleBody, "application/json")
            .Fails(Problems.InvalidParameters)
            .Answers("application/json", Example)
            .DisableRequestTimeout(); // a year of minutes takes the provider a while
        group
            .MapGet("/feeds", ListAsync)
            .WithName("ListFeeds")
            .WithSummary("What the Ingestor keeps current, and how the last sync of each went.")
            .Answers(
                "application/json",
                """{"feeds":[{"id":1,"symbol":"SPY","timeframe":"1m","provider":"alpaca","since":"2024-01-01T00:00:00Z","everySeconds":60,"live":false,"enabled":true,"nextDue":"2024-06-05T08:01:00Z","status":"success","lastSyncAt":"2024-06-05T08:00:00Z","error":null}]}"""
            );
    }

    /// <summary>For <c>fetch=missing</c> on the bars: fetches what is missing of the range first. What stands in the way is added to the errors.</summary>
    public static async Task<SyncResult?> FetchMissingAsync(
        SyncService sync,
        Symbol symbol,
        Timeframe timeframe,
        DateTimeOffset? from,
        DateTimeOffset to,
        string? provider,
        Dictionary<string, string[]> errors,
        CancellationToken cancellationToken
    )
    {
        if (from is null)
        {
            errors["from"] = ["With fetch=missing, the first instant wanted is expected."];
            return null;
        }

        try
        {
            return await sync.EnsureAsync(new(symbol, timeframe, new(from.Value, to), provider), cancellationToken);
        }
        catch (NoSuchProviderException e)
        {
            errors["provider"] = [e.Message];
            return null;
        }
    }

    private static async Task<Results<Ok<SyncResponse>, ValidationProblem, ProblemHttpResult>> SyncAsync(
        HttpContext context,
        SyncService sync,
        BarReader reader,
        TickerDirectory tickers,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var (body, problem) = await JsonRequests.ReadAsync<SyncBody>(context, ExampleBody, cancellationToken);
        if (body is null)
        {
            return (ProblemHttpResult)problem!;
        }

        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var symbols = new List<Symbol>();
        foreach (var text in (body.Symbols ?? []).Concat(body.Symbol is null ? [] : [body.Symbol]))
        {
            if (Symbol.TryParse(text, out var symbol))
            {
                symbols.Add(symbol);
            }
            else
            {
                errors["symbols"] = [$"'{text}' is not a symbol: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected."];
            }
        }

        if (symbols.Count is 0 or > MaxSymbols && errors.Count == 0)
        {
            errors["symbols"] = [string.Create(CultureInfo.InvariantCulture, $"{symbols.Count} symbols: 1 to {MaxSymbols} are expected.")];
        }

        if (!Timeframe.TryParse(body.Timeframe, out var timeframe))
        {
            errors["timeframe"] = [$"'{body.Timeframe}' is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected."];
        }

        var to = body.To ?? time.GetUtcNow();
        if (body.From is not { } from || from >= to)
        {
            errors["from"] = [$"'{body.From:O}' is not before '{to:O}': a range [from, to) is expected."];
            from = default;
        }

        if (errors.Count == 0 && body.ReturnBars && (to - from) / timeframe.Width * symbols.Count > MaxBars)
        {
            errors["returnBars"] =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The range may hold more than {MaxBars} bars: ask for less of it, or read them from /v1/bars afterwards."
                ),
            ];
        }

        var results = new List<SymbolSync>();
        try
        {
            if (errors.Count == 0)
            {
                foreach (var symbol in symbols.Distinct())
                {
                    var result = await sync.EnsureAsync(
                        new(symbol, timeframe, new(from, to), body.Provider) { IgnoreImports = body.IgnoreImports },
                        cancellationToken
                    );
                    results.Add(
                        SymbolSync.Of(
                            result,
                            body.ReturnBars ? await ReadAsync(reader, tickers, symbol, timeframe, new(from, to), cancellationToken) : null
                        )
                    );
                }
            }
        }
        catch (NoSuchProviderException e)
        {
            errors["provider"] = [e.Message];
        }

        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(new SyncResponse(timeframe.Name, from, to, results));
    }

    private static async Task<Ok<FeedsResponse>> ListAsync(FeedStore feeds, CancellationToken cancellationToken) =>
        TypedResults.Ok(new FeedsResponse([.. (await feeds.ListAsync(cancellationToken)).Select(FeedResponse.Of)]));

    private static async Task<IReadOnlyList<BarResponse>> ReadAsync(
        BarReader reader,
        TickerDirectory tickers,
        Symbol symbol,
        Timeframe timeframe,
        TimeRange range,
        CancellationToken cancellationToken
    )
    {
        var bars = new List<BarResponse>();
        if (await tickers.FindAsync(symbol, cancellationToken) is not { } ticker)
        {
            return bars;
        }

        await using var rows = await reader.OpenAsync(
            ticker.Id,
            timeframe,
            BarFields.All,
            IncomingBar.TimeOf(range.Start),
            IncomingBar.TimeOf(range.End),
            long.MaxValue,
            long.MaxValue,
            version: null,
            cancellationToken
        );
        await foreach (var bar in rows.ReadAllAsync(cancellationToken))
        {
            bars.Add(BarResponse.Of(bar));
        }

        return bars;
    }
}

/// <summary>What is wanted: bars that open within [from, to).</summary>
public sealed record SyncBody
{
    public string? Symbol { get; init; }

    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>1m, 5m, 15m, 30m, 1h, 4h or 1d.</summary>
    public string Timeframe { get; init; } = "1d";

    public DateTimeOffset? From { get; init; }

    /// <summary>Now, unless said otherwise.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The one that is configured, unless said otherwise.</summary>
    public string? Provider { get; init; }

    /// <summary>Ask also for what files have filled.</summary>
    public bool IgnoreImports { get; init; }

    /// <summary>Answer with the complete range, what was there already included.</summary>
    public bool ReturnBars { get; init; }
}

public sealed record SyncResponse(string Timeframe, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<SymbolSync> Results);

/// <summary>What came of one symbol. Status is success, partial or failed; error says why it is no success.</summary>
public sealed record SymbolSync(
    string Symbol,
    string Provider,
    string Status,
    long Fetched,
    long Inserted,
    long Updated,
    long Rejected,
    IReadOnlyList<MissingRange> StillMissing,
    string? Error,
    IReadOnlyList<BarResponse>? Bars
)
{
    public static SymbolSync Of(SyncResult result, IReadOnlyList<BarResponse>? bars) =>
        new(
            result.Symbol.Value,
            result.Provider,
            EnumText.Of(result.Outcome),
            result.Fetched,
            result.Inserted,
            result.Updated,
            result.Rejected,
            [.. result.StillMissing.Select(missing => new MissingRange(missing.Start, missing.End))],
            result.Error,
            bars
        );
}

/// <summary>[from, to)</summary>
public sealed record MissingRange(DateTimeOffset From, DateTimeOffset To);

public sealed record FeedsResponse(IReadOnlyList<FeedResponse> Feeds);

public sealed record FeedResponse(
    int Id,
    string Symbol,
    string Timeframe,
    string Provider,
    DateTimeOffset Since,
    int EverySeconds,
    bool Live,
    bool Enabled,
    DateTimeOffset NextDue,
    string? Status,
    DateTimeOffset? LastSyncAt,
    string? Error
)
{
    public static FeedResponse Of(FeedEntry feed) =>
        new(
            feed.Id,
            feed.Symbol.Value,
            feed.Timeframe.Name,
            feed.Provider,
            feed.Since,
            (int)feed.Every.TotalSeconds,
            feed.Live,
            feed.Enabled,
            feed.NextDue,
            feed.Status,
            feed.LastSyncAt,
            feed.Error
        );
}
