using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars.Streaming;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Streams;

/// <summary>Streams changes of bars as server-sent events.</summary>
public static class StreamsApi
{
    internal const string MediaType = "text/event-stream";
    private const int DefaultLast = 500;

    private static readonly Parameter<int> Last = Parameters.Whole(
        "last",
        "The number of newest bars in a snapshot.",
        0,
        1000,
        DefaultLast
    );

    private static readonly Parameter<string> LastEventId = Parameters.Text(
        "lastEventId",
        "The id of the last received event: the stream resumes after it. For clients that cannot send the header Last-Event-ID, "
            + "which takes precedence.",
        4000
    ) with
    {
        Example = "12",
    };

    private static readonly Parameter[] OfOne = [Parameters.Symbol, Parameters.StoredTimeframe, Last, LastEventId];
    private static readonly Parameter[] OfMany = [BarParameters.Symbols, Parameters.StoredTimeframe, Last, LastEventId];

    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Bars");
        group
            .MapGet("/bars/{symbol}/stream", GetOneAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("StreamBars")
            .WithSummary("Stream the newest bars of a symbol, then every change of its bars.")
            .WithDescription(
                "Server-sent events: a snapshot, then changes. A broken stream is resumed with the id of its last event, "
                    + "without gaps or duplicates."
            )
            .Takes(OfOne)
            .Produces<string>(StatusCodes.Status200OK, MediaType)
            .Answers(MediaType, Example("12"))
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.NotAcceptable, Problems.TooManyStreams)
            .DisableRequestTimeout();
        group
            .MapGet("/stream", GetManyAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("StreamManyBars")
            .WithSummary("Stream the bars of several symbols over one connection.")
            .WithDescription("Each event has changes of one symbol; its id is the position of all symbols.")
            .Takes(OfMany)
            .Produces<string>(StatusCodes.Status200OK, MediaType)
            .Answers(MediaType, Example("12.45"))
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.NotAcceptable, Problems.TooManyStreams)
            .DisableRequestTimeout();
    }

    private const string Bar =
        """{"timestamp":"2024-12-31T20:59:00Z","open":586.1,"high":586.32,"low":586.02,"close":586.08,"""
        + """ "volume":412000,"tradeCount":3120,"vwap":586.15}""";

    private static string Example(string id) =>
        $$"""
            retry: 2000

            event: snapshot
            data: {"symbol":"SPY","timeframe":"1m","version":12,"bars":[{{Bar}}]}
            id: {{id}}


            """;

    private static Task<IResult> GetOneAsync(
        HttpContext context,
        BarHub hub,
        TickerDirectory tickers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        return OpenAsync(context, reader, [reader.Get(Parameters.Symbol)], hub, tickers, search, cancellationToken);
    }

    private static Task<IResult> GetManyAsync(
        HttpContext context,
        BarHub hub,
        TickerDirectory tickers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfMany);
        return OpenAsync(context, reader, reader.Get(BarParameters.Symbols, []), hub, tickers, search, cancellationToken);
    }

    private static async Task<IResult> OpenAsync(
        HttpContext context,
        RequestReader reader,
        IReadOnlyList<Symbol> symbols,
        BarHub hub,
        TickerDirectory tickers,
        TickerSearch search,
        CancellationToken cancellationToken
    )
    {
        var timeframe = reader.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var last = reader.Get(Last, DefaultLast);
        var position = reader.Get(LastEventId, "");
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (!Accepts(context.Request))
        {
            return Problems.Of(
                Problems.NotAcceptable,
                $"{Parameters.Quote(context.Request.Headers.Accept.ToString())} is not available; this endpoint returns {MediaType}."
            );
        }

        var windows = new List<WindowRef>();
        var unknown = new List<Symbol>();
        foreach (var symbol in symbols)
        {
            if (await tickers.FindAsync(symbol, cancellationToken) is { } ticker)
            {
                windows.Add(new(ticker.Id, symbol, timeframe));
            }
            else
            {
                unknown.Add(symbol);
            }
        }

        if (unknown.Count > 0)
        {
            return await Problems.UnknownSymbolAsync(search, unknown, cancellationToken);
        }

        // A browser that reconnects sends the header, which is newer than the parameter in the page's URL.
        if (context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } header])
        {
            position = header;
        }

        if (hub.Open(windows, StreamPosition.Parse(position, windows.Count), last) is { } subscription)
        {
            return new EventStream(subscription);
        }

        context.Response.Headers.RetryAfter = "10";
        return Problems.Of(Problems.TooManyStreams, Problems.TooManyStreams.Meaning);
    }

    private static bool Accepts(HttpRequest request) =>
        request.Headers.Accept.Count == 0
        || (
            MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types)
            && types.Any(type => type.Quality != 0 && new MediaTypeHeaderValue(MediaType).IsSubsetOf(type))
        );
}
