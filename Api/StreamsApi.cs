using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Requests;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Streaming;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Bars as they change: server-sent events.</summary>
public static class StreamsApi
{
    private const string EventStream = "text/event-stream";
    private const int MaxSymbols = 100;

    private static readonly Parameter<IReadOnlyList<Symbol>> Symbols = new("symbols", "Ticker symbols, with commas between; each once.", ReadSymbols) { Required = true, Example = "SPY,AAPL" };

    private static readonly Parameter<int> Last = Parameters.Whole("last", "So many bars has a snapshot, the newest.", 0, 1000, 500);

    private static readonly Parameter<string> LastEventId =
        Parameters.Text("lastEventId", "The id of the last event that was received: what has changed since is sent. For clients that cannot send the header Last-Event-ID, which comes first.", 4000) with { Example = "12" };

    private static readonly Parameter[] OfOne = [Parameters.Symbol, Parameters.StoredTimeframe, Last, LastEventId];
    private static readonly Parameter[] OfMany = [Symbols, Parameters.StoredTimeframe, Last, LastEventId];

    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group.MapGet("/bars/{symbol}/stream", (HttpContext context) => OpenAsync(context, OfOne))
            .WithName("StreamBars")
            .WithSummary("The newest bars of a symbol, and from then on every change of its bars.")
            .WithDescription("Server-sent events: a snapshot, then what changes. A stream that breaks off is taken up again with the id of its last event, without gap or repetition.")
            .Takes(OfOne)
            .Answers(EventStream, Example("12"))
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.NotAcceptable, Problems.TooManyStreams);
        group.MapGet("/stream", (HttpContext context) => OpenAsync(context, OfMany))
            .WithName("StreamManyBars")
            .WithSummary("The same for several symbols, over one connection.")
            .WithDescription("Each event is of one symbol; its id says how far all of them are.")
            .Takes(OfMany)
            .Answers(EventStream, Example("12.45"))
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.NotAcceptable, Problems.TooManyStreams);
    }

    private static string Example(string id) =>
        $$"""
        retry: 2000

        event: snapshot
        data: {"symbol":"SPY","timeframe":"1m","version":12,"bars":[{"timestamp":"2024-12-31T20:59:00Z","open":586.1,"high":586.32,"low":586.02,"close":586.08,"volume":412000,"tradeCount":3120,"vwap":586.15}]}
        id: {{id}}


        """;

    private static async Task<IResult> OpenAsync(HttpContext context, IReadOnlyList<Parameter> parameters)
    {
        var inputs = new Inputs(context, parameters);
        IReadOnlyList<Symbol> symbols = parameters == OfOne ? [inputs.Get(Parameters.Symbol, default)] : inputs.Get(Symbols, []);
        var timeframe = inputs.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var last = inputs.Get(Last, 500);
        var lastEventId = inputs.Get(LastEventId, "");
        if (inputs.AreWrong)
        {
            return inputs.Problem();
        }

        if (!Accepts(context.Request))
        {
            return Problems.Of(Problems.NotAcceptable, $"{EventStream} is all there is here.");
        }

        var windows = new List<StreamedWindow>();
        var unknown = new List<Symbol>();
        foreach (var symbol in symbols)
        {
            if (await context.RequestServices.GetRequiredService<BarStore>().FindTickerAsync(symbol, context.RequestAborted) is { } id)
            {
                windows.Add(new(id, symbol, timeframe));
            }
            else
            {
                unknown.Add(symbol);
            }
        }

        if (unknown.Count > 0)
        {
            return Problems.Of(Problems.UnknownSymbol, $"There is no symbol '{string.Join("', '", unknown)}'.");
        }

        if (context.Request.Headers.TryGetValue("Last-Event-ID", out var header) && header.ToString() is { Length: > 0 } given)
        {
            lastEventId = given;
        }

        if (context.RequestServices.GetRequiredService<BarFeed>().Open(windows, StreamPosition.Parse(lastEventId, windows.Count), last) is not { } stream)
        {
            context.Response.Headers.RetryAfter = "10";
            return Problems.Of(Problems.TooManyStreams, "This server has as many streams open as it may have. Try again after Retry-After seconds.");
        }

        return new EventStreamResult(stream);
    }

    private static bool Accepts(HttpRequest request) =>
        request.Headers.Accept.Count == 0
        || (MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types) && types.Any(type => type.Quality != 0 && new MediaTypeHeaderValue(EventStream).IsSubsetOf(type)));

    private static string? ReadSymbols(string text, out IReadOnlyList<Symbol> symbols)
    {
        var read = new List<Symbol>();
        symbols = read;
        foreach (var part in text.Split(','))
        {
            if (Parameters.ReadSymbol(part, out var symbol) is { } wrong)
            {
                return wrong;
            }

            if (read.Contains(symbol))
            {
                return $"{symbol} is there twice: each symbol once is expected.";
            }

            if (read.Count == MaxSymbols)
            {
                return string.Create(CultureInfo.InvariantCulture, $"There are more than {MaxSymbols} symbols: open several streams.");
            }

            read.Add(symbol);
        }

        return null;
    }

    /// <summary>Sends a stream until it ends, its reader leaves, or is too slow.</summary>
    private sealed class EventStreamResult(BarStream stream) : IResult
    {
        // What is written before it is sent: half of what Kestrel holds for a reader before it has us wait.
        private const int Batch = 32 * 1024;

        // How long a slow reader has to take what was written for it already.
        private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

        public async Task ExecuteAsync(HttpContext context)
        {
            using var opened = stream;
            var options = context.RequestServices.GetRequiredService<IOptions<StreamOptions>>().Value;
            await using var left = context.RequestAborted.Register(static stream => ((BarStream)stream!).Call(), stream);
            context.Response.ContentType = EventStream;
            context.Response.Headers.CacheControl = "no-store";
            // For proxies that would collect an answer before they pass it on.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            // Whether a reader is too slow is decided here, and politely.
            if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            var writer = context.Response.BodyWriter;
            writer.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)options.Retry.TotalMilliseconds}\n\n")));
            // At once, so that the client knows that it is connected.
            var goesOn = await SendAsync(context, options.Patience);
            while (goesOn && stream.End == StreamEnd.None && !context.RequestAborted.IsCancellationRequested)
            {
                if (stream.Write(writer, Batch) > 0)
                {
                    goesOn = await SendAsync(context, options.Patience);
                }
                else if (stream.End == StreamEnd.None)
                {
                    await stream.WaitAsync();
                }
            }
        }

        /// <returns>Whether there is somebody who takes more.</returns>
        private async Task<bool> SendAsync(HttpContext context, TimeSpan patience)
        {
            var writer = context.Response.BodyWriter;
            // Without a token: Kestrel would take its cancellation for the end of the connection.
            var flush = writer.FlushAsync(CancellationToken.None);
            if (flush.IsCompleted)
            {
                stream.Sent();
                return !(await flush).IsCompleted;
            }

            var sending = flush.AsTask();
            try
            {
                var taken = await sending.WaitAsync(patience, context.RequestAborted);
                stream.Sent();
                return !taken.IsCompleted;
            }
            catch (TimeoutException)
            {
                stream.Drop(writer);
                try
                {
                    await writer.FlushAsync(CancellationToken.None).AsTask().WaitAsync(Farewell, context.RequestAborted);
                }
                catch (Exception e) when (e is TimeoutException or OperationCanceledException)
                {
                    context.Abort();
                }
            }
            catch (OperationCanceledException)
            {
            }

            return false;
        }
    }
}
