using System.Globalization;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Requests;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>What has bars, and what is known of it.</summary>
public static class TickersApi
{
    private static readonly Parameter<string> Search = Parameters.Text(
        "search",
        "In the symbol or the name, in upper or lower case.",
        100
    ) with
    {
        Example = "apple",
    };
    private static readonly Parameter<string> Prefix = Parameters.Text(
        "prefix",
        "How the symbol begins, in upper or lower case.",
        Symbol.MaxLength
    ) with
    {
        Example = "BTC",
    };
    private static readonly Parameter<string> AssetType = Parameters.Text(
        "assetType",
        "stock, etf, crypto, forex, commodity, index …",
        20
    ) with
    {
        Example = "etf",
    };
    private static readonly Parameter<bool> Active = Parameters.Flag("active", "Only those in use, or only those that are not.");
    private static readonly Parameter<int> Limit = Parameters.Whole("limit", "At most so many.", 1, 1000, 100);
    private static readonly Parameter<string> Next = Parameters.Text("cursor", "'next' of the page before, with the same query.", 500);

    // Without an example: the page of the docs would fill it in, and a click would delete the ticker.
    private static readonly Parameter<string> Confirm = Parameters.Text(
        "confirm",
        "The symbol once more, so that nobody deletes twenty years by a slip.",
        Symbol.MaxLength
    ) with
    {
        Required = true,
    };

    private static readonly Parameter[] OfList = [Search, Prefix, AssetType, Active, Limit, Next];
    private static readonly Parameter[] OfOne = [Parameters.Symbol];
    private static readonly Parameter[] OfDelete = [Parameters.Symbol, Confirm];

    // Of a ticker that is there, the symbol may be said again; it cannot be changed.
    private static readonly string[] FieldNames = ["symbol", "name", "exchange", "assetType", "timezone", "active"];

    public static void MapTickers(this IEndpointRouteBuilder routes)
    {
        const string one =
            """{"symbol":"SPY","name":"SPDR S&P 500 ETF Trust","exchange":"NYSE Arca","assetType":"etf","timezone":"America/New_York","active":true,"createdAt":"2024-01-02T09:00:00Z","updatedAt":"2024-01-02T09:00:00Z"}""";
        var group = routes.MapGroup("/v1/tickers").WithTags("Tickers");
        group
            .MapGet("/", ListAsync)
            .WithName("ListTickers")
            .WithSummary("Tickers by symbol, page by page.")
            .Takes(OfList)
            .Produces<TickersResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"tickers":[{{one}}],"count":1,"next":null}""");
        group
            .MapGet("/{symbol}", GetAsync)
            .WithName("GetTicker")
            .WithSummary("One ticker, and what is stored of it.")
            .WithDescription(
                "'stored' has an entry for each timeframe there are bars of: every bar is within [since, until), and the version is up by one with each change. The ETag goes with all of it; If-None-Match is answered with 304."
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
            .WithName("PostTicker")
            .WithSummary("Add a ticker.")
            .WithDescription(
                "Only the symbol has to be given. The time zone decides where trading days begin and end. Imports and syncs add tickers by themselves."
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
            .WithName("PutTicker")
            .WithSummary("Replace what is known of a ticker; what is left out becomes what it is by default.")
            .WithDescription(
                "With If-Match and an ETag, only if nobody has changed it meanwhile. Days that were made of finer bars before a change of the time zone stay as they are until they are made anew (recompute --roll-ups)."
            )
            .Takes(OfOne)
            .TakesJson<TickerBody>("""{"name":"SPDR S&P 500 ETF Trust","exchange":"NYSE Arca","assetType":"etf"}""", "application/json")
            .Produces<TickerResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapPatch("/{symbol}", PatchAsync)
            .WithName("PatchTicker")
            .WithSummary("Change some of what is known of a ticker; what is left out stays, what is null is cleared.")
            .WithDescription(
                "With If-Match and an ETag, only if nobody has changed it meanwhile. Days that were made of finer bars before a change of the time zone stay as they are until they are made anew (recompute --roll-ups)."
            )
            .Takes(OfOne)
            .TakesJson<TickerBody>("""{"exchange":"NYSE Arca"}""", "application/json", "application/merge-patch+json")
            .Produces<TickerResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapDelete("/{symbol}", DeleteAsync)
            .WithName("DeleteTicker")
            .WithSummary("Delete a ticker with all its bars, indicators, features, feeds and syncs. There is no way back.")
            .WithDescription(
                "All of it goes in one transaction, or nothing; with decades of minutes it takes a while. A client that leaves before the end has it undone. The answer says what was stored."
            )
            .Takes(OfDelete)
            .Produces<TickerDeleted>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """{"symbol":"SPY","deleted":[{"timeframe":"1d","version":12,"since":"2004-01-02T00:00:00Z","until":"2024-06-04T00:00:00Z"}]}"""
            )
            .DisableRequestTimeout();
    }

    private static async Task<IResult> ListAsync(HttpContext context, TickerStore store, CancellationToken cancellationToken)
    {
        var inputs = new Inputs(context, OfList);
        var filter = new TickerFilter(
            inputs.Has(Search) ? inputs.Get(Search, "") : null,
            inputs.Has(Prefix) ? inputs.Get(Prefix, "").ToUpperInvariant() : null,
            inputs.Has(AssetType) ? inputs.Get(AssetType, "") : null,
            inputs.Find(Active)
        );
        var limit = inputs.Get(Limit, 100);
        var query = "tickers" + filter;
        Symbol? after = null;
        if (inputs.Has(Next))
        {
            if (Cursor.Read(query, inputs.Get(Next, "")) is { } position && Symbol.TryParse(position, out var symbol))
            {
                after = symbol;
            }
            else
            {
                inputs.Refuse(Next.Name, "It is no cursor of this query: 'next' of the page before, with all else the same, is expected.");
            }
        }

        if (inputs.AreWrong)
        {
            return inputs.Problem();
        }

        // One more than is asked for tells whether there is another page.
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
        var inputs = new Inputs(context, OfOne);
        var symbol = inputs.Get(Parameters.Symbol, default);
        if (inputs.AreWrong)
        {
            return inputs.Problem();
        }

        if (await store.FindAsync(symbol, cancellationToken) is not var (ticker, stored))
        {
            return await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken);
        }

        // Versions only go up, and windows only come: their sum is another one after every change.
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
        var inputs = new Inputs(context, []);
        var fields = await Fields.ReadAsync(context, inputs, FieldNames);
        Symbol symbol = default;
        if (fields.Has("symbol"))
        {
            if (Parameters.ReadSymbol(fields.Text("symbol", 100, "SPY"), out symbol) is { } wrong)
            {
                inputs.Refuse("symbol", wrong);
            }
        }
        else
        {
            inputs.Refuse("symbol", "It is missing.");
        }

        var ticker = Read(fields, inputs, TickerFields.Default);
        if (inputs.AreWrong)
        {
            return inputs.Problem();
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
            return UnknownZone(inputs, ticker);
        }

        context.Response.Headers.Location = path;
        return Problems.Of(
            Problems.TickerExists,
            $"There is a ticker '{symbol}' already: change it with PATCH.",
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
        var inputs = new Inputs(context, OfOne);
        var symbol = inputs.Get(Parameters.Symbol, default);
        var fields = await Fields.ReadAsync(context, inputs, FieldNames);
        if (fields.Has("symbol") && (Parameters.ReadSymbol(fields.Text("symbol", 100, ""), out var said) is not null || said != symbol))
        {
            inputs.Refuse(
                "symbol",
                $"It cannot be changed: '{symbol}' is expected, or nothing. Under another symbol it is another ticker."
            );
        }

        // What is wrong is wrong whatever is there.
        Read(fields, inputs, TickerFields.Default);
        if (inputs.AreWrong)
        {
            return inputs.Problem();
        }

        var matches = true;
        var wanted = TickerFields.Default;
        try
        {
            var changed = await store.ChangeAsync(
                symbol,
                ticker => (matches = Matches(context, ticker)) ? wanted = Read(fields, inputs, start(ticker)) : null,
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
            return UnknownZone(inputs, wanted);
        }
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context,
        TickerStore store,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var inputs = new Inputs(context, OfDelete);
        var symbol = inputs.Get(Parameters.Symbol, default);
        var confirmed = inputs.Get(Confirm, "");
        if (!inputs.AreWrong && (!Symbol.TryParse(confirmed, out var said) || said != symbol))
        {
            inputs.Refuse(
                Confirm.Name,
                $"{Parameters.Quote(confirmed)} is not '{symbol}': the symbol of the ticker that is to go, with all its bars, is expected once more."
            );
        }

        if (inputs.AreWrong)
        {
            return inputs.Problem();
        }

        return await store.DeleteAsync(symbol, ticker => Matches(context, ticker), cancellationToken) switch
        {
            null => await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken),
            (_, false, _) => ChangedMeanwhile(symbol),
            var (_, _, stored) => TypedResults.Ok(new TickerDeleted(symbol.Value, [.. stored.Select(StoredResponse.Of)])),
        };
    }

    private static TickerFields Read(Fields fields, Inputs inputs, TickerFields start)
    {
        var zone = fields.Text("timezone", 64, start.Timezone);
        if (fields.Has("timezone") && !Ticker.IsTimezone(zone))
        {
            inputs.Refuse(
                "timezone",
                $"{Parameters.Quote(zone)} is not a time zone: a name of the IANA database such as America/New_York or UTC is expected."
            );
        }

        return new(
            fields.TextOrNull("name", 255, start.Name),
            fields.TextOrNull("exchange", 50, start.Exchange),
            fields.Text("assetType", 20, start.AssetType),
            zone,
            fields.Flag("active", start.IsActive)
        );
    }

    // Bars come and go without the ticker having changed, so of a tag only the part before them counts here.
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
        Problems.Of(Problems.ChangedMeanwhile, $"The ticker '{symbol}' is not what If-Match names: read it again, and decide anew.");

    private static IResult UnknownZone(Inputs inputs, TickerFields fields)
    {
        inputs.Refuse("timezone", $"{Parameters.Quote(fields.Timezone)} is not a time zone the database knows.");
        return inputs.Problem();
    }
}

public sealed record TickersResponse(IReadOnlyList<TickerResponse> Tickers, int Count, string? Next);

/// <summary>Something that has bars. Its time zone decides where its trading days begin and end.</summary>
public sealed record TickerResponse(
    string Symbol,
    string? Name,
    string? Exchange,
    string AssetType,
    string Timezone,
    bool Active,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static TickerResponse Of(TickerRecord ticker) =>
        new(
            ticker.Symbol.Value,
            ticker.Name,
            ticker.Exchange,
            ticker.AssetType,
            ticker.Timezone,
            ticker.IsActive,
            ticker.CreatedAt,
            ticker.UpdatedAt
        );
}

/// <summary>A ticker, and what is stored of it, finest timeframe first.</summary>
public sealed record TickerDetail(
    string Symbol,
    string? Name,
    string? Exchange,
    string AssetType,
    string Timezone,
    bool Active,
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
            ticker.AssetType,
            ticker.Timezone,
            ticker.IsActive,
            ticker.CreatedAt,
            ticker.UpdatedAt,
            [.. stored.Select(StoredResponse.Of)]
        );
}

/// <summary>Bars of one timeframe: all are within [since, until). The version is up by one with each change.</summary>
public sealed record StoredResponse(string Timeframe, long Version, DateTimeOffset? Since, DateTimeOffset? Until)
{
    public static StoredResponse Of(StoredWindow window) => new(window.Timeframe.Name, window.Version, window.Since, window.Until);
}

/// <summary>What was stored of a ticker that is no more.</summary>
public sealed record TickerDeleted(string Symbol, IReadOnlyList<StoredResponse> Deleted);

/// <summary>What can be said of a ticker.</summary>
public sealed record TickerBody
{
    /// <summary>1 to 20 letters, digits or . - _ / ^ = :</summary>
    public string? Symbol { get; init; }

    public string? Name { get; init; }

    public string? Exchange { get; init; }

    /// <summary>stock (by default), etf, crypto, forex, commodity, index …</summary>
    public string? AssetType { get; init; }

    /// <summary>IANA name; America/New_York by default.</summary>
    public string? Timezone { get; init; }

    /// <summary>Whether it is in use; true by default. One that is not is left out of the overview.</summary>
    public bool? Active { get; init; }
}
