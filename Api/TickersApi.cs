using System.Globalization;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>Lists, adds, changes and deletes tickers.</summary>
public static class TickersApi
{
    private static readonly Parameter<string> Prefix = Parameters.Text(
        "prefix",
        "Start of the symbol, ignoring case.",
        Symbol.MaxLength
    ) with
    {
        Example = "BTC",
    };
    private static readonly Parameter<bool> Active = Parameters.Flag("active", "Only active, or only inactive tickers.");
    private static readonly Parameter<bool> AllowsNegative = Parameters.Flag("allowsNegative", "Whether prices may be zero or negative.");
    private static readonly Parameter<int> Limit = Parameters.Whole("limit", "The largest number of tickers to return.", 1, 1000, 100);

    // No example: the docs page would fill it in, and one click would delete the ticker.
    private static readonly Parameter<string> Confirm = Parameters.Text(
        "confirm",
        "The symbol again, as a confirmation.",
        Symbol.MaxLength
    ) with
    {
        Required = true,
    };

    private static readonly Parameter[] OfList = [Parameters.Search, Prefix, Parameters.AssetType, Active, Limit, Parameters.Cursor];
    private static readonly Parameter[] OfOne = [Parameters.Symbol];
    private static readonly Parameter[] OfDelete = [Parameters.Symbol, Confirm];

    // An update may repeat the symbol of the ticker, but not change it.
    private static readonly string[] FieldNames =
    [
        "symbol",
        "name",
        "exchange",
        "sector",
        "assetType",
        "timezone",
        "active",
        "allowsNegative",
    ];

    public static void MapTickers(this IEndpointRouteBuilder routes)
    {
        const string one =
            """{"symbol":"SPY","name":"SPDR S&P 500 ETF Trust","exchange":"NYSE Arca","sector":null,"assetType":"etf","""
            + """ "timezone":"America/New_York","active":true,"allowsNegative":false,"createdAt":"2024-01-02T09:00:00Z","""
            + """ "updatedAt":"2024-01-02T09:00:00Z"}""";
        var group = routes.MapGroup("/v1/tickers").WithTags("Tickers");
        group
            .MapGet("/", ListAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("ListTickers")
            .WithSummary("List tickers by symbol, page by page.")
            .Takes(OfList)
            .Produces<TickersResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"tickers":[{{one}}],"count":1,"next":null}""");
        group
            .MapGet("/{symbol}", GetAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetTicker")
            .WithSummary("Get a ticker and the range of its stored bars.")
            .WithDescription(
                "'stored' has an entry for each timeframe with bars: all bars are within [since, until), and each change "
                    + "increments the version. The ETag covers all of it; send it in If-None-Match to get 304 without a change."
            )
            .Takes(OfOne)
            .Produces<TickerDetail>()
            .Produces(StatusCodes.Status304NotModified)
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway)
            .Answers(
                "application/json",
                one[..^1] + ""","stored":[{"timeframe":"1d","version":12,"since":"2004-01-02T00:00:00Z","until":"2024-06-04T00:00:00Z"}]}"""
            );
        group
            .MapPost("/", PostAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("PostTicker")
            .WithSummary("Add a ticker.")
            .WithDescription(
                "Only the symbol is required. The time zone determines where trading days begin and end. Imports and syncs "
                    + "add tickers automatically."
            )
            .Takes([])
            .TakesJson<TickerBody>(
                """{"symbol":"QQQ","name":"Invesco QQQ Trust","exchange":"NASDAQ","assetType":"etf"}""",
                "application/json"
            )
            .Produces<TickerResponse>(StatusCodes.Status201Created)
            .Fails(Problems.InvalidParameters, Problems.TickerExists, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapPut("/{symbol}", PutAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("PutTicker")
            .WithSummary("Replace the properties of a ticker; absent properties get their defaults.")
            .WithDescription(
                "With an ETag in If-Match, only if the ticker has not changed meanwhile. After a change of the time zone, "
                    + "daily bars that were rolled up before stay as they are until they are recomputed (recompute --roll-ups)."
            )
            .Takes(OfOne)
            .TakesJson<TickerBody>("""{"name":"SPDR S&P 500 ETF Trust","exchange":"NYSE Arca","assetType":"etf"}""", "application/json")
            .Produces<TickerResponse>()
            .Fails(
                Problems.InvalidParameters,
                Problems.UnknownSymbol,
                Problems.NegativePricesStored,
                Problems.ChangedMeanwhile,
                Problems.DatabaseAway
            )
            .Answers("application/json", one);
        group
            .MapPatch("/{symbol}", PatchAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("PatchTicker")
            .WithSummary("Change some properties of a ticker; absent properties stay, null clears a property.")
            .WithDescription(
                "With an ETag in If-Match, only if the ticker has not changed meanwhile. After a change of the time zone, "
                    + "daily bars that were rolled up before stay as they are until they are recomputed (recompute --roll-ups)."
            )
            .Takes(OfOne)
            .TakesJson<TickerBody>("""{"exchange":"NYSE Arca"}""", "application/json", "application/merge-patch+json")
            .Produces<TickerResponse>()
            .Fails(
                Problems.InvalidParameters,
                Problems.UnknownSymbol,
                Problems.NegativePricesStored,
                Problems.ChangedMeanwhile,
                Problems.DatabaseAway
            )
            .Answers("application/json", one);
        group
            .MapDelete("/{symbol}", DeleteAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("DeleteTicker")
            .WithSummary("Delete a ticker with all its bars, indicators, features, feeds and syncs. This cannot be undone.")
            .WithDescription(
                "Runs in one transaction, which takes a while with decades of minute bars. If the client disconnects "
                    + "before the end, nothing is deleted. The response lists what was stored."
            )
            .Takes(OfDelete)
            .Produces<TickerDeleted>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"symbol":"SPY","deleted":[{"timeframe":"1d","version":12,"since":"2004-01-02T00:00:00Z","until":"2024-06-04T00:00:00Z"}]}
                """
            )
            .DisableRequestTimeout();
    }

    private static async Task<IResult> ListAsync(HttpContext context, TickerStore store, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfList);
        var filter = new TickerFilter(
            reader.Get(Parameters.Search),
            reader.Get(Prefix)?.ToUpperInvariant(),
            reader.Get(Parameters.AssetType),
            reader.Find(Active)
        );
        var limit = reader.Get(Limit, 100);
        var query = "tickers" + filter;
        var after = reader.FindPosition<Symbol>(query, position => Symbol.TryParse(position, out var symbol) ? symbol : null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        // One ticker more than the limit tells whether there is another page.
        var tickers = await store.ListAsync(filter, after, limit + 1, cancellationToken);
        var page = tickers.Take(limit).Select(TickerResponse.Of).ToList();
        return TypedResults.Ok(new TickersResponse(page, page.Count, tickers.Count > limit ? Cursor.Make(query, page[^1].Symbol) : null));
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var symbol = reader.Get(Parameters.Symbol);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (await store.FindAsync(symbol, cancellationToken) is not var (ticker, stored))
        {
            return await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken);
        }

        // Versions only increase and windows are only added, so every change changes the sum of the versions.
        var tag = new EntityTagHeaderValue(
            string.Create(CultureInfo.InvariantCulture, $"\"{ticker.Revision}-{stored.Sum(window => window.Version)}\"")
        );
        var headers = context.Response.GetTypedHeaders();
        headers.ETag = tag;
        headers.CacheControl = new() { NoCache = true };
        return context
            .Request.GetTypedHeaders()
            .IfNoneMatch.Any(given => given.Equals(EntityTagHeaderValue.Any) || given.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(TickerDetail.Of(ticker, stored));
    }

    private static async Task<IResult> PostAsync(HttpContext context, TickerStore store, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, FieldNames);
        var symbol = body.Get(Parameters.Symbol, default);
        var ticker = Read(body, reader, TickerFields.Default);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var path = $"{context.Request.PathBase}/v1/tickers/{Uri.EscapeDataString(symbol.Value)}";
        try
        {
            if (await store.AddAsync(symbol, ticker, cancellationToken) is { } added)
            {
                Tag(context, added);
                return TypedResults.Created(path, TickerResponse.Of(added));
            }
        }
        catch (UnknownTimeZoneException)
        {
            return UnknownZone(reader, ticker);
        }

        context.Response.Headers.Location = path;
        return Problems.Of(
            Problems.TickerExists,
            $"The ticker '{symbol}' exists already: change it with PATCH.",
            new KeyValuePair<string, object?>("symbol", symbol.Value)
        );
    }

    private static Task<IResult> PutAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        CancellationToken cancellationToken
    ) => ChangeAsync(context, store, search, _ => TickerFields.Default, cancellationToken);

    private static Task<IResult> PatchAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        CancellationToken cancellationToken
    ) => ChangeAsync(context, store, search, TickerFields.Of, cancellationToken);

    private static async Task<IResult> ChangeAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        Func<TickerRecord, TickerFields> start,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var symbol = reader.Get(Parameters.Symbol);
        var body = await JsonBodyReader.ReadAsync(context, reader, FieldNames);
        if (body.Has("symbol") && body.Get(Parameters.Symbol, default) != symbol)
        {
            reader.AddError("symbol", $"The symbol cannot be changed; expected '{symbol}' or no symbol.");
        }

        // Find errors of the body before the database is read.
        Read(body, reader, TickerFields.Default);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var matches = true;
        var wanted = TickerFields.Default;
        try
        {
            var changed = await store.ChangeAsync(
                symbol,
                ticker => (matches = Matches(context, ticker)) ? wanted = Read(body, reader, start(ticker)) : null,
                cancellationToken
            );
            if (changed is null)
            {
                return await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken);
            }

            Tag(context, changed);
            return matches ? TypedResults.Ok(TickerResponse.Of(changed)) : ChangedMeanwhile(symbol);
        }
        catch (UnknownTimeZoneException)
        {
            return UnknownZone(reader, wanted);
        }
        catch (NegativePricesException e)
        {
            return Problems.Of(Problems.NegativePricesStored, e.Message, new KeyValuePair<string, object?>("symbol", symbol.Value));
        }
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfDelete);
        var symbol = reader.Get(Parameters.Symbol);
        var confirmed = reader.Get(Confirm, "");
        if (!reader.HasErrors && (!Symbol.TryParse(confirmed, out var said) || said != symbol))
        {
            reader.AddError(Confirm.Name, $"{Parameters.Quote(confirmed)} is not '{symbol}': repeat the symbol of the ticker to delete.");
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return await store.DeleteAsync(symbol, ticker => Matches(context, ticker), cancellationToken) switch
        {
            null => await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken),
            (_, false, _) => ChangedMeanwhile(symbol),
            var (_, _, stored) => TypedResults.Ok(new TickerDeleted(symbol.Value, [.. stored.Select(StoredResponse.Of)])),
        };
    }

    private static TickerFields Read(JsonBodyReader body, RequestReader reader, TickerFields start)
    {
        var zone = body.Text("timezone", 64, start.Timezone);
        if (body.Has("timezone") && !Ticker.IsTimezone(zone))
        {
            reader.AddError("timezone", $"{Parameters.Quote(zone)} is not an IANA time zone such as America/New_York or UTC.");
        }

        return new(
            body.TextOrNull("name", 255, start.Name),
            body.TextOrNull("exchange", 50, start.Exchange),
            body.TextOrNull("sector", 100, start.Sector),
            body.Text("assetType", 20, start.AssetType),
            zone,
            body.Get(Active, start.IsActive),
            body.Get(AllowsNegative, start.AllowsNegative)
        );
    }

    // Only the part of the ETag before the versions counts: changes of bars do not change the ticker.
    private static bool Matches(HttpContext context, TickerRecord ticker)
    {
        var given = context.Request.Headers.IfMatch;
        return given.Count == 0
            || (
                EntityTagHeaderValue.TryParseStrictList([.. given.OfType<string>()], out var tags)
                && tags.Any(tag =>
                    tag.Equals(EntityTagHeaderValue.Any)
                    || (
                        !tag.IsWeak
                        && (tag.Tag == $"\"{ticker.Revision}\"" || tag.Tag.StartsWith($"\"{ticker.Revision}-", StringComparison.Ordinal))
                    )
                )
            );
    }

    private static void Tag(HttpContext context, TickerRecord ticker) =>
        context.Response.GetTypedHeaders().ETag = new($"\"{ticker.Revision}\"");

    private static IResult ChangedMeanwhile(Symbol symbol) =>
        Problems.Of(Problems.ChangedMeanwhile, $"The ticker '{symbol}' does not match If-Match: read it again and repeat the change.");

    private static IResult UnknownZone(RequestReader reader, TickerFields fields)
    {
        reader.AddError("timezone", $"{Parameters.Quote(fields.Timezone)} is not a time zone that the database knows.");
        return reader.Problem();
    }
}

/// <summary>A page of tickers. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record TickersResponse(IReadOnlyList<TickerResponse> Tickers, int Count, string? Next);

/// <summary>A ticker. Its time zone determines where its trading days begin and end.</summary>
public sealed record TickerResponse(
    string Symbol,
    string? Name,
    string? Exchange,
    string? Sector,
    string AssetType,
    string Timezone,
    bool Active,
    bool AllowsNegative,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static TickerResponse Of(TickerRecord ticker) =>
        new(
            ticker.Symbol.Value,
            ticker.Name,
            ticker.Exchange,
            ticker.Sector,
            ticker.AssetType,
            ticker.Timezone,
            ticker.IsActive,
            ticker.AllowsNegative,
            ticker.CreatedAt,
            ticker.UpdatedAt
        );
}

/// <summary>A ticker and its stored bars, finest timeframe first.</summary>
public sealed record TickerDetail(
    string Symbol,
    string? Name,
    string? Exchange,
    string? Sector,
    string AssetType,
    string Timezone,
    bool Active,
    bool AllowsNegative,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<StoredResponse> Stored
)
{
    public static TickerDetail Of(TickerRecord ticker, IReadOnlyList<StoredWindow> stored) =>
        new(
            ticker.Symbol.Value,
            ticker.Name,
            ticker.Exchange,
            ticker.Sector,
            ticker.AssetType,
            ticker.Timezone,
            ticker.IsActive,
            ticker.AllowsNegative,
            ticker.CreatedAt,
            ticker.UpdatedAt,
            [.. stored.Select(StoredResponse.Of)]
        );
}

/// <summary>The stored bars of one timeframe: all are within [since, until). Each change increments the version.</summary>
public sealed record StoredResponse(string Timeframe, long Version, DateTimeOffset? Since, DateTimeOffset? Until)
{
    public static StoredResponse Of(StoredWindow window) => new(window.Timeframe.Name, window.Version, window.Since, window.Until);
}

/// <summary>A deleted ticker, and what was stored of it.</summary>
public sealed record TickerDeleted(string Symbol, IReadOnlyList<StoredResponse> Deleted);

/// <summary>The properties of a ticker that a request can set.</summary>
public sealed record TickerBody
{
    /// <summary>1 to 20 letters, digits or . - _ / ^ = :</summary>
    public string? Symbol { get; init; }

    public string? Name { get; init; }

    public string? Exchange { get; init; }

    /// <summary>Sector of the economy, in any classification.</summary>
    public string? Sector { get; init; }

    /// <summary>stock (default), etf, crypto, forex, commodity, index …</summary>
    public string? AssetType { get; init; }

    /// <summary>IANA time zone; default: America/New_York.</summary>
    public string? Timezone { get; init; }

    /// <summary>Whether the ticker is in use; default: true. The overview omits inactive tickers.</summary>
    public bool? Active { get; init; }

    /// <summary>Whether prices may be zero or negative, as those of spreads; default: false.</summary>
    public bool? AllowsNegative { get; init; }
}
