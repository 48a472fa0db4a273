using System.Globalization;
using System.Text;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Bars;

/// <summary>Endpoints for bars of stored timeframes and their multiples.</summary>
public static class BarsApi
{
    private const string ExampleBar =
        """{"timestamp":"2024-06-03T00:00:00Z","open":529.02,"high":530.11,"low":522.6,"close":527.8"""
        + ""","volume":46835700,"tradeCount":441203,"vwap":526.91}""";

    private const string Example = $$"""{"symbol":"SPY","timeframe":"1d","version":3,"bars":[{{ExampleBar}}],"count":1,"next":null}""";

    /// <summary>
    /// Concurrent reads of one request for many symbols: enough to hide the latency of the database, and few enough to leave
    /// connections to others.
    /// </summary>
    private const int ReadsAtATime = 8;

    private static readonly IReadOnlyList<Parameter> OneParameters =
    [
        Parameters.Symbol,
        .. BarParameters.Shared,
        BarParameters.Cursor,
        BarParameters.Fetch,
        BarParameters.Provider,
    ];
    private static readonly IReadOnlyList<Parameter> SeveralParameters = [BarParameters.Symbols, .. BarParameters.Shared];
    private static readonly IReadOnlyList<Parameter> LatestParameters = [Parameters.Symbol, BarParameters.Timeframe];
    private static readonly IReadOnlyList<Parameter> AllLatestParameters = [BarParameters.Symbols, BarParameters.Timeframe];
    private static readonly IReadOnlyList<Parameter> AsOfParameters = [BarParameters.Symbols, BarParameters.At, BarParameters.Timeframe];

    public static void MapBars(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Bars");
        group
            .MapGet("/bars/{symbol}", GetAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetBars")
            .WithSummary("Bars of a symbol.")
            .WithDescription(
                "Without 'from', the newest bars of the range, oldest first; with 'from', the bars from there on, page by page. "
                    + "JSON, NDJSON, CSV or Parquet, by 'format' or Accept. "
                    + "The ETag contains the version of the bars: a request with If-None-Match gets 304 while nothing has changed."
            )
            .Takes(OneParameters)
            .Produces<BarsResponse>(
                StatusCodes.Status200OK,
                "application/json",
                "application/x-ndjson",
                "text/csv",
                "application/vnd.apache.parquet"
            )
            .Answers("application/json", Example)
            .Fails(
                Problems.InvalidParameters,
                Problems.UnknownSymbol,
                Problems.NotAcceptable,
                Problems.ProviderFailed,
                Problems.DatabaseAway
            );
        group
            .MapGet("/bars", GetSeveralAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetBarsOfSeveral")
            .WithSummary("Bars of several symbols. In NDJSON and CSV, each row has its symbol.")
            .Takes(SeveralParameters)
            .Produces<SeveralBarsResponse>(StatusCodes.Status200OK, "application/json", "application/x-ndjson", "text/csv")
            .Answers("application/json", $$"""{"timeframe":"1d","series":[{{Example}}]}""")
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.NotAcceptable, Problems.DatabaseAway);
        group
            .MapGet("/bars/{symbol}/latest", GetLatestAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetLatestBar")
            .WithSummary("The newest bar of a symbol; it may still be open.")
            .Takes(LatestParameters)
            .Produces<LatestResponse>()
            .Answers("application/json", $$"""{"symbol":"SPY","timeframe":"1d","version":3,"bar":{{ExampleBar}}}""")
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway);
        group
            .MapGet("/latest", GetAllLatestAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetLatestBars")
            .WithSummary("The newest bar of each of several symbols.")
            .Takes(AllLatestParameters)
            .Produces<LatestBarsResponse>()
            .Answers("application/json", """{"timeframe":"1d","latest":[{"symbol":"SPY","timeframe":"1d","version":3,"bar":null}]}""")
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway);
        group
            .MapGet("/asof", GetAsOfAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetBarsAsOf")
            .WithSummary(
                "The newest bar of each of several symbols that was complete at an instant, so that nothing is from after that instant."
            )
            .Takes(AsOfParameters)
            .Produces<AsOfResponse>()
            .Answers(
                "application/json",
                """{"timeframe":"1d","at":"2024-06-03T18:00:00Z","bars":[{"symbol":"SPY","timeframe":"1d","version":3,"bar":null}]}"""
            )
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        BarAnswers answers,
        BarRequests requests,
        TickerSearch search,
        SyncService sync,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var request = requests.Find(context);
        if (request is null)
        {
            var reader = new RequestReader(context, OneParameters);
            var symbol = reader.Get(Parameters.Symbol, default);
            var query = BarQuery.Read(context, reader, symbol.Value);
            var fetch = reader.Get(BarParameters.Fetch, false);
            var provider = reader.Has(BarParameters.Provider) ? reader.Get(BarParameters.Provider, "") : null;
            if (query is null)
            {
                return NotAcceptable(context);
            }

            if (
                fetch
                && !reader.HasErrors
                && await FetchAsync(sync, time, symbol, query, provider, reader, cancellationToken) is { } failed
            )
            {
                return failed;
            }

            if (reader.HasErrors)
            {
                return reader.Problem();
            }

            request = new(symbol, query);
            if (!fetch)
            {
                requests.Keep(context, request);
            }
        }

        return await answers.WriteAsync(context, request, cancellationToken)
            ? Results.Empty
            : await Problems.UnknownSymbolAsync(search, [request.Symbol], cancellationToken);
    }

    private static async Task<IResult?> FetchAsync(
        SyncService sync,
        TimeProvider time,
        Symbol symbol,
        BarQuery query,
        string? provider,
        RequestReader reader,
        CancellationToken cancellationToken
    )
    {
        var result = await SyncApi.FetchMissingAsync(
            sync,
            symbol,
            query.Period.Source,
            query.From is { } from ? IncomingBar.InstantOf(from) : null,
            query.Until is { } until ? IncomingBar.InstantOf(until) : time.GetUtcNow(),
            provider,
            reader,
            cancellationToken
        );
        return result is { Outcome: not SyncOutcome.Success, StillMissing.Count: > 0 }
            ? Problems.Of(Problems.ProviderFailed, result.Error ?? "")
            : null;
    }

    private static async Task<IResult> GetSeveralAsync(
        HttpContext context,
        BarAnswers answers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, SeveralParameters);
        var symbols = reader.Get(BarParameters.Symbols, []);
        var query = BarQuery.Read(context, reader, null);
        if (query is null)
        {
            return NotAcceptable(context);
        }

        if (query.Format == BarFormat.Parquet)
        {
            reader.AddError("format", "A Parquet file has one symbol: json, ndjson or csv is expected.");
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var (tickers, unknown) = await FindAsync(answers, symbols, query.Period, cancellationToken);
        if (unknown.Count > 0)
        {
            return await Problems.UnknownSymbolAsync(search, unknown, cancellationToken);
        }

        context.Response.ContentType = query.ContentType;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Vary = "Accept, Accept-Encoding";
        var (head, between, tail) = query.Format switch
        {
            BarFormat.Json => ($"{{\"timeframe\":\"{query.Period}\",\"series\":[", ",", "]}"),
            BarFormat.Csv => (BarText.CsvHeader(query.Fields, query.Fill != GapFill.None), "", ""),
            _ => ("", "", ""),
        };
        for (var i = 0; i < tickers.Count; i++)
        {
            await answers.AppendAsync(context, query, tickers[i], i == 0 ? head : between, cancellationToken);
        }

        Encoding.UTF8.GetBytes(tail, context.Response.BodyWriter);
        return Results.Empty;
    }

    private static async Task<IResult> GetLatestAsync(
        HttpContext context,
        BarAnswers answers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, LatestParameters);
        var symbol = reader.Get(Parameters.Symbol, default);
        var period = reader.Get(BarParameters.Timeframe, Timeframe.Day1);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return await answers.FindTickersAsync([symbol], period.Source, cancellationToken) is [{ } ticker]
            ? Json(context, await OneAsync(answers, ticker, period, BarReader.Latest, cancellationToken))
            : await Problems.UnknownSymbolAsync(search, [symbol], cancellationToken);
    }

    private static async Task<IResult> GetAllLatestAsync(
        HttpContext context,
        BarAnswers answers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, AllLatestParameters);
        var symbols = reader.Get(BarParameters.Symbols, []);
        var period = reader.Get(BarParameters.Timeframe, Timeframe.Day1);
        return reader.HasErrors
            ? reader.Problem()
            : await EachAsync(
                context,
                answers,
                search,
                symbols,
                period,
                $"{{\"timeframe\":\"{period}\",\"latest\":[",
                _ => BarReader.Latest,
                cancellationToken
            );
    }

    private static async Task<IResult> GetAsOfAsync(
        HttpContext context,
        BarAnswers answers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, AsOfParameters);
        var symbols = reader.Get(BarParameters.Symbols, []);
        var at = reader.Get(BarParameters.At, default);
        var period = reader.Get(BarParameters.Timeframe, Timeframe.Day1);
        if (!period.IsStored && !reader.HasErrors)
        {
            reader.AddError("timeframe", $"{period} is folded while it is read: one of {string.Join(", ", Timeframe.Stored)} is expected.");
        }

        var instant = Math.Clamp(IncomingBar.TimeOf(at), BarReader.Earliest, BarReader.Latest);
        return reader.HasErrors
            ? reader.Problem()
            : await EachAsync(
                context,
                answers,
                search,
                symbols,
                period,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"timeframe\":\"{period}\",\"at\":\"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ss.FFFFFFF}Z\",\"bars\":["
                ),
                ticker => Complete(ticker, period, instant),
                cancellationToken
            );
    }

    // Bars that open before this time had closed at the instant. A daily bar closes when the next day begins in the ticker's zone.
    private static long Complete(TickerRef ticker, BarPeriod period, long at) =>
        period.IsOfDates ? new SessionClock(ticker.Zone).Bucket(Timeframe.Day1, at) : at - period.Source.Microseconds + 1;

    private static async Task<IResult> EachAsync(
        HttpContext context,
        BarAnswers answers,
        TickerSearch search,
        IReadOnlyList<Symbol> symbols,
        BarPeriod period,
        string head,
        Func<TickerRef, long> until,
        CancellationToken cancellationToken
    )
    {
        var (tickers, unknown) = await FindAsync(answers, symbols, period, cancellationToken);
        if (unknown.Count > 0)
        {
            return await Problems.UnknownSymbolAsync(search, unknown, cancellationToken);
        }

        var bars = new string[tickers.Count];
        await Parallel.ForAsync(
            0,
            bars.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtATime, CancellationToken = cancellationToken },
            async (i, token) => bars[i] = await OneAsync(answers, tickers[i], period, until(tickers[i]), token)
        );
        return Json(context, $"{head}{string.Join(',', bars)}]}}");
    }

    private static async Task<string> OneAsync(
        BarAnswers answers,
        TickerRef ticker,
        BarPeriod period,
        long until,
        CancellationToken cancellationToken
    )
    {
        var (bar, version) = await answers.NewestAsync(ticker, period, until, cancellationToken);
        return $"{BarBody.Head(ticker.Symbol.Value, period, version)}\"bar\":{bar ?? "null"}}}";
    }

    private static async Task<(List<TickerRef> Tickers, List<Symbol> Unknown)> FindAsync(
        BarAnswers answers,
        IReadOnlyList<Symbol> symbols,
        BarPeriod period,
        CancellationToken cancellationToken
    )
    {
        var found = await answers.FindTickersAsync(symbols, period.Source, cancellationToken);
        return ([.. found.OfType<TickerRef>()], [.. symbols.Where((_, i) => found[i] is null)]);
    }

    private static IResult Json(HttpContext context, string text)
    {
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Text(text, "application/json");
    }

    private static IResult NotAcceptable(HttpContext context) =>
        Problems.Of(
            Problems.NotAcceptable,
            $"{Parameters.Quote(context.Request.Headers.Accept.ToString())} cannot be given: "
                + "application/json, application/x-ndjson, text/csv or application/vnd.apache.parquet is expected."
        );
}
