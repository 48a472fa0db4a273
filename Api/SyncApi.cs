using Microsoft.Extensions.Options;
using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>Fetches bars from providers.</summary>
public static class SyncApi
{
    private const int MaxSymbols = 100;
    private const int MaxErrors = 5;

    /// <summary>The largest number of bars in one response, about a year of minute bars.</summary>
    private const int MaxBars = 600_000;

    private static readonly Parameter<DateTimeOffset> From = Parameters.From with { Required = true };
    private static readonly Parameter<bool> IgnoreImports = Parameters.Flag(
        "ignoreImports",
        "Fetch ranges again that imports have filled."
    );
    private static readonly Parameter<bool> ReturnBars = Parameters.Flag("returnBars", "Return all bars of the range.");

    private static readonly string[] FieldNames =
    [
        "symbol",
        "symbols",
        Parameters.StoredTimeframe.Name,
        From.Name,
        Parameters.To.Name,
        BarParameters.Provider.Name,
        IgnoreImports.Name,
        ReturnBars.Name,
    ];

    private const string ExampleBody = """{"symbols":["SPY"],"timeframe":"1d","from":"2024-06-03T00:00:00Z","to":"2024-06-08T00:00:00Z"}""";

    private const string Example = """
        {"timeframe":"1d","from":"2024-06-03T00:00:00Z","to":"2024-06-08T00:00:00Z","results":[{"symbol":"SPY","provider":"alpaca",
          "status":"success","fetched":5,"inserted":5,"updated":0,"rejected":0,"stillMissing":[],"error":null,"bars":null}]}
        """;

    public static void MapSync(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Sync");
        group
            .MapPost("/sync", SyncAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("Sync")
            .WithSummary("Fetch the missing bars of a range from a provider; with returnBars, return all bars of the range.")
            .Takes([])
            .TakesJson<SyncBody>(ExampleBody, "application/json")
            .Produces<SyncResponse>()
            .Answers("application/json", Example)
            .DisableRequestTimeout(); // fetching a year of minute bars takes a while
        group
            .MapGet("/providers", ListProviders)
            .Needs(EndpointAccess.Read)
            .WithName("ListProviders")
            .WithSummary("List the providers that are configured, with the timeframes they have bars of.")
            .Takes([])
            .Produces<ProvidersResponse>()
            .Answers(
                "application/json",
                """{"default":"alpaca","providers":[{"name":"alpaca","timeframes":["1m","5m","15m","30m","1h","4h","1d"]}]}"""
            );
    }

    /// <summary>Fetches the missing bars of a range before they are read (<c>fetch=missing</c>); null if the reader has errors.</summary>
    public static async Task<SyncResult?> FetchMissingAsync(
        SyncService sync,
        Symbol symbol,
        Timeframe timeframe,
        DateTimeOffset? from,
        DateTimeOffset to,
        string? provider,
        RequestReader reader,
        CancellationToken cancellationToken
    )
    {
        if (from is null)
        {
            reader.AddError(Parameters.From.Name, "Missing: fetch=missing needs the start of the range.");
        }

        RequireProvider(sync, provider, timeframe, reader);
        return reader.HasErrors ? null : await sync.EnsureAsync(new(symbol, timeframe, new(from!.Value, to), provider), cancellationToken);
    }

    private static async Task<IResult> SyncAsync(
        HttpContext context,
        SyncService sync,
        BarReader store,
        TickerDirectory tickers,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, FieldNames);
        var symbols = ReadSymbols(body, reader);
        var timeframe = body.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var from = timeframe.Bound(body.Get(From, DateTimeOffset.MinValue));
        var to = body.Find(Parameters.To) is { } end ? timeframe.Bound(end) : time.GetUtcNow();
        var provider = body.TextOrNull(BarParameters.Provider.Name, BarParameters.MaxProvider, null);
        var ignoreImports = body.Get(IgnoreImports, false);
        var returnBars = body.Get(ReturnBars, false);
        reader.RequireRange(from, to);
        RequireProvider(sync, provider, timeframe, reader);
        if (!reader.HasErrors && returnBars && (to - from) / timeframe.Width * symbols.Count > MaxBars)
        {
            reader.AddError(
                ReturnBars.Name,
                FormattableString.Invariant(
                    $"The range may have more than {MaxBars} bars: shorten it, or read the bars from /v1/bars afterwards."
                )
            );
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var range = new TimeRange(from, to);
        var results = new List<SymbolSync>();
        foreach (var symbol in symbols.Distinct())
        {
            var result = await sync.EnsureAsync(
                new(symbol, timeframe, range, provider) { IgnoreImports = ignoreImports },
                cancellationToken
            );
            results.Add(
                SymbolSync.Of(result, returnBars ? await ReadAsync(store, tickers, symbol, timeframe, range, cancellationToken) : null)
            );
        }

        return TypedResults.Ok(new SyncResponse(timeframe.Name, from, to, results));
    }

    private static IResult ListProviders(HttpContext context, BarProviders providers, IOptions<SyncOptions> options)
    {
        var reader = new RequestReader(context, []);
        return reader.HasErrors ? reader.Problem() : TypedResults.Ok(ProvidersResponse.Of(providers, options.Value.Provider));
    }

    private static List<Symbol> ReadSymbols(JsonBodyReader body, RequestReader reader)
    {
        List<Symbol> symbols = body.Find(Parameters.Symbol) is { } one ? [one] : [];
        var errors = new List<string>();
        foreach (var text in body.Texts("symbols"))
        {
            if (Parameters.ReadSymbol(text, out var symbol) is { } error)
            {
                errors.Add(error);
            }
            else
            {
                symbols.Add(symbol);
            }
        }

        if (errors.Count > 0)
        {
            reader.AddError("symbols", string.Join(' ', errors.Take(MaxErrors)));
        }
        else if (symbols.Count is 0 or > MaxSymbols)
        {
            reader.AddError("symbols", FormattableString.Invariant($"Given {symbols.Count} symbols; expected 1 to {MaxSymbols}."));
        }

        return symbols;
    }

    /// <summary>Adds an error unless the provider is configured and has bars of the timeframe.</summary>
    private static void RequireProvider(SyncService sync, string? provider, Timeframe timeframe, RequestReader reader)
    {
        try
        {
            sync.ProviderOf(provider, timeframe);
        }
        catch (NoSuchProviderException e)
        {
            reader.AddError(BarParameters.Provider.Name, e.Message);
        }
    }

    private static async Task<IReadOnlyList<BarResponse>> ReadAsync(
        BarReader store,
        TickerDirectory tickers,
        Symbol symbol,
        Timeframe timeframe,
        TimeRange range,
        CancellationToken cancellationToken
    )
    {
        if (await tickers.FindAsync(symbol, cancellationToken) is not { } ticker)
        {
            return [];
        }

        try
        {
            return await ReadAsync(store, ticker.Id, timeframe, range, cancellationToken);
        }
        catch (Exception e) when (DatabaseFaults.IsAny(e) && !cancellationToken.IsCancellationRequested)
        {
            // The bars are stored, and nothing has been sent yet: a connection that breaks while they are read must not fail the request.
            return await ReadAsync(store, ticker.Id, timeframe, range, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<BarResponse>> ReadAsync(
        BarReader store,
        int tickerId,
        Timeframe timeframe,
        TimeRange range,
        CancellationToken cancellationToken
    )
    {
        var bars = new List<BarResponse>();
        await using var rows = await store.OpenAsync(
            tickerId,
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

/// <summary>The bars to fetch: those that open within [from, to).</summary>
public sealed record SyncBody
{
    public string? Symbol { get; init; }

    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>1m, 5m, 15m, 30m, 1h, 4h or 1d.</summary>
    public string Timeframe { get; init; } = "1d";

    public DateTimeOffset? From { get; init; }

    /// <summary>Default: now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Default: the configured provider.</summary>
    public string? Provider { get; init; }

    /// <summary>Fetch ranges again that imports have filled.</summary>
    public bool IgnoreImports { get; init; }

    /// <summary>Return all bars of the range, including those stored before.</summary>
    public bool ReturnBars { get; init; }
}

/// <summary>The results of a sync by symbol.</summary>
public sealed record SyncResponse(string Timeframe, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<SymbolSync> Results);

/// <summary>The result of one symbol. Status is success, partial or failed; error has the reason if it is not success.</summary>
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

/// <summary>A range [from, to) without bars.</summary>
public sealed record MissingRange(DateTimeOffset From, DateTimeOffset To);

/// <summary>The configured providers, and the one that is used where a request names none; null if it has to name one.</summary>
public sealed record ProvidersResponse(string? Default, IReadOnlyList<ProviderResponse> Providers)
{
    public static ProvidersResponse Of(BarProviders providers, string? preferred) =>
        new(
            providers.TryGet(preferred, out var found, out _) ? found.Name : null,
            [.. providers.All.Select(provider => new ProviderResponse(provider.Name, [.. provider.Timeframes.Select(t => t.Name)]))]
        );
}

/// <summary>A provider and the timeframes it has bars of.</summary>
public sealed record ProviderResponse(string Name, IReadOnlyList<string> Timeframes);
