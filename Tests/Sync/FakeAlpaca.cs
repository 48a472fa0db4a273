using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

/// <summary>A fault to inject into an answer.</summary>
internal enum Fault
{
    None,
    Throttled,
    ServerError,
    Reset,
    Truncated,
    Html,
    NaN,
    NaNText,
    HighBelowLow,
    Duplicated,
    Unsorted,
    OutsideRange,
    OffGrid,
    Silent,
}

internal sealed record FakeBar(
    DateTimeOffset Time,
    decimal Open,
    decimal High,
    decimal Low,
    decimal Close,
    decimal Volume,
    int Trades,
    decimal Vwap
);

/// <summary>A request that the server received, and how it was answered.</summary>
internal sealed record LoggedRequest(
    string Symbol,
    DateTimeOffset Start,
    DateTimeOffset End,
    string? Token,
    string Query,
    Fault Fault,
    int Status
);

/// <summary>
/// A server that answers like Alpaca's bars endpoint, with keys, limits, pages and errors, and injects the faults that a test chooses.
/// </summary>
internal sealed class FakeAlpaca : IAsyncDisposable
{
    public const string KeyId = "PKTEST",
        SecretKey = "s3cr3t-of-the-test";

    private readonly WebApplication _app;

    private FakeAlpaca(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>The bars per symbol, oldest first.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<FakeBar>> Bars { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<LoggedRequest> Log { get; } = new();

    /// <summary>Chooses the fault of the next answer.</summary>
    public Func<Fault> NextFault { get; set; } = () => Fault.None;

    public string? RetryAfter { get; set; }

    /// <summary>Runs when a request arrives, with the first and last instant of the requested range.</summary>
    public Func<DateTimeOffset, DateTimeOffset, Task> RequestReceived { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs before a request is answered.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    public static async Task<FakeAlpaca> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FakeAlpaca(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Url = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <summary>Creates the real provider with the address of this server.</summary>
    public AlpacaProvider Provider(
        AlpacaOptions? options = null,
        TimeProvider? time = null,
        int seed = 1,
        ILogger<AlpacaProvider>? logger = null
    )
    {
        options ??= new();
        (options.Url, options.KeyId, options.SecretKey) = (Url, options.KeyId ?? KeyId, options.SecretKey ?? SecretKey);
        time ??= TimeProvider.System;
        return new(
            options,
            new HttpClient(new SocketsHttpHandler()) { Timeout = Timeout.InfiniteTimeSpan },
            new(options.RequestsPerMinute, TimeSpan.FromMinutes(1), time),
            time,
            new Random(seed),
            logger ?? NullLogger<AlpacaProvider>.Instance
        );
    }

    /// <summary>Creates random bars on the grid of the timeframe, with gaps.</summary>
    public static IReadOnlyList<FakeBar> Make(Random random, Timeframe timeframe, DateTimeOffset start, int slots, double density = 0.7) =>
        [
            .. Enumerable
                .Range(0, slots)
                .Where(_ => random.NextDouble() < density)
                .Select(slot =>
                {
                    var low = 10 + random.Next(1, 90_000_000) / 1_000_000m;
                    var high = low + random.Next(0, 5_000_000) / 1_000_000m;
                    decimal Between() => low + decimal.Round((high - low) * random.Next(0, 1001) / 1000m, 8);
                    return new FakeBar(
                        start + timeframe.Width * slot,
                        Between(),
                        high,
                        low,
                        Between(),
                        random.Next(0, 1_000_000) + random.Next(0, 100) / 100m,
                        random.Next(0, 5000),
                        Between()
                    );
                }),
        ];

    public static IncomingBar Incoming(FakeBar bar)
    {
        Assert.Null(
            IncomingBar.TryCreate(bar.Time, bar.Open, bar.High, bar.Low, bar.Close, bar.Volume, bar.Trades, bar.Vwap, out var incoming)
        );
        return incoming;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var path = context.Request.Path.Value!.Split('/');
        if (context.Request.Headers["APCA-API-KEY-ID"] != KeyId || context.Request.Headers["APCA-API-SECRET-KEY"] != SecretKey)
        {
            await RespondAsync(context, StatusCodes.Status403Forbidden, """{"message":"forbidden."}""");
            return;
        }

        if (path is not ["", "v2", "stocks", var symbol, "bars"])
        {
            await RespondAsync(context, StatusCodes.Status404NotFound, """{"message":"endpoint not found."}""");
            return;
        }

        symbol = Uri.UnescapeDataString(symbol);
        var limit = int.Parse(query["limit"].FirstOrDefault() ?? "1000", CultureInfo.InvariantCulture);
        var (start, end) = (Instant(query["start"]!), Instant(query["end"]!));
        var token = query["page_token"].FirstOrDefault();
        if (limit is < 1 or > 10_000 || !Timeframe.TryParse(query["timeframe"], out var timeframe) || query["sort"] != "asc")
        {
            await RespondAsync(context, StatusCodes.Status400BadRequest, """{"message":"invalid limit, timeframe or sort"}""");
            return;
        }

        if (symbol == "BAD!" || !Bars.TryGetValue(symbol, out var bars))
        {
            await RespondAsync(context, StatusCodes.Status400BadRequest, $$"""{"message":"invalid symbol: {{symbol}}"}""");
            return;
        }

        if (query["feed"] == "sip")
        {
            await RespondAsync(
                context,
                StatusCodes.Status403Forbidden,
                """{"message":"subscription does not permit querying recent SIP data"}"""
            );
            return;
        }

        var after = token is null
            ? DateTimeOffset.UnixEpoch
            : Instant(Encoding.UTF8.GetString(Convert.FromBase64String(token)).Split('|')[1]);
        // A page token covers everything before the bar that it names.
        await RequestReceived(after + timeframe.Width > start ? after + timeframe.Width : start, end);
        await BeforeAnswer();
        var fault = NextFault();
        var matching = bars.Where(bar => bar.Time >= start && bar.Time <= end && bar.Time > after).ToList();
        var page = matching.Take(limit).ToList();
        var next = matching.Count > limit ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{symbol}|{page[^1].Time:O}")) : null;
        var status = fault switch
        {
            Fault.Throttled => StatusCodes.Status429TooManyRequests,
            Fault.ServerError => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status200OK,
        };
        Log.Enqueue(new(symbol, start, end, token, context.Request.QueryString.Value!, fault, status));
        if (status != StatusCodes.Status200OK)
        {
            if (RetryAfter is not null)
            {
                context.Response.Headers.RetryAfter = RetryAfter;
            }

            await RespondAsync(context, status, """{"message":"too many requests."}""");
            return;
        }

        if (fault == Fault.Silent)
        {
            var gone = new TaskCompletionSource();
            context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return;
        }

        var answered = page.Count == 0 ? "null" : $"[{string.Join(',', Distort(page, fault, timeframe))}]";
        var nextToken = next is null ? "null" : $"\"{next}\"";
        var json = $$"""{"bars":{{answered}},"symbol":"{{symbol}}","next_page_token":{{nextToken}}}""";
        switch (fault)
        {
            case Fault.Reset:
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = json.Length;
                await context.Response.WriteAsync(json[..(json.Length / 2)]);
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case Fault.Truncated:
                await RespondAsync(context, status, json[..(json.Length - 1 - json.Length / 3)]);
                break;
            case Fault.Html:
                await RespondAsync(context, status, "<html>Bad gateway</html>");
                break;
            default:
                await RespondAsync(context, status, json);
                break;
        }
    }

    private static IEnumerable<string> Distort(List<FakeBar> page, Fault fault, Timeframe timeframe)
    {
        var middle = page.Count / 2;
        var texts = page.Select(
                (bar, i) =>
                    i != middle
                        ? Json(bar)
                        : fault switch
                        {
                            Fault.NaN => Json(bar).Replace("\"v\":", "\"v\":NaN,\"x\":", StringComparison.Ordinal),
                            Fault.NaNText => Json(bar).Replace("\"v\":", "\"v\":\"NaN\",\"x\":", StringComparison.Ordinal),
                            Fault.HighBelowLow => Json(bar with { High = bar.Low / 2 }),
                            Fault.OffGrid => Json(bar with { Time = bar.Time + TimeSpan.FromSeconds(7) }),
                            _ => Json(bar),
                        }
            )
            .ToList();
        switch (fault)
        {
            case Fault.Duplicated:
                texts.Insert(middle, texts[middle]);
                break;
            case Fault.Unsorted:
                texts.Reverse();
                break;
            case Fault.OutsideRange:
                texts.Add(Json(page[^1] with { Time = page[^1].Time + timeframe.Width * 100_000 }));
                texts.Insert(0, Json(page[0] with { Time = page[0].Time - timeframe.Width * 100_000 }));
                break;
        }

        return texts;
    }

    /// <summary>A bar as Alpaca writes it in answers and in messages of its stream, which have additional fields.</summary>
    public static string Json(FakeBar bar, string fields = "")
    {
        var prices = string.Create(
            CultureInfo.InvariantCulture,
            $$""" "c":{{bar.Close}},"h":{{bar.High}},"l":{{bar.Low}},"o":{{bar.Open}}"""
        );
        var amounts = string.Create(CultureInfo.InvariantCulture, $$""" "n":{{bar.Trades}},"v":{{bar.Volume}},"vw":{{bar.Vwap}}""");
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{{{fields}}{{prices}},{{amounts}},"t":"{{bar.Time:yyyy-MM-ddTHH:mm:ssZ}}"}"""
        );
    }

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static async Task RespondAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        var bytes = Encoding.UTF8.GetBytes(json);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }
}
