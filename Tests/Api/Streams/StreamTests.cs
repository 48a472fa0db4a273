using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Api.Streams;

/// <summary>Tests of the events that a client of a stream receives over real connections.</summary>
public sealed class StreamTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Open = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static int _symbols;

    private readonly string _symbol = $"LIVE{Interlocked.Increment(ref _symbols)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_comes_first_and_then_every_change()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        var ticker = await AddTickerAsync(_symbol);
        await WriteAsync(server, ticker, 0, 40);

        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1Min&last=30");
        var known = new StreamedBars();
        var snapshot = await client.NextAsync("snapshot");
        known.Apply(snapshot);
        Assert.Equal(
            (_symbol, "1m", 1, "1", 30),
            (snapshot.Symbol, snapshot.Data.GetProperty("timeframe").GetString(), snapshot.Version, snapshot.Id, snapshot.Bars.Count())
        );
        Assert.Equal(Open.AddMinutes(10), snapshot.Bars.First().GetProperty("timestamp").GetDateTimeOffset());

        // A new bar.
        await WriteAsync(server, ticker, 40, 1);
        var added = await client.NextAsync("bars");
        Assert.Equal((2, "2", 1), (added.Version, added.Id, added.Bars.Count()));
        Assert.Equal((Open.AddMinutes(40), Open.AddMinutes(41)), Assert.Single(Ranges(added)));
        Assert.Equal(
            """{"timestamp":"2024-03-04T15:10:00Z","open":104,"high":105.00000001,"low":103,"close":104.5,"volume":"""
                + """1040.5,"tradeCount":40,"vwap":100.125}""",
            added.Bars.Single().GetRawText()
        );
        known.Apply(added);

        // A corrected bar, with the later bars whose ratios change.
        await WriteAsync(server, ticker, 35, 1, rise: 1);
        known.Apply(await client.NextAsync("bars"));
        Assert.Equal(10_500_000_000, known.Of(_symbol)[Time(35)].Close);

        // A deleted bar lies in a range of the event, but is not among its bars.
        await database.ExecuteAsync(
            $"DELETE FROM ohlcv_bars WHERE symbol = '{_symbol}' AND timeframe = '1m' AND timestamp = '{Open.AddMinutes(38):O}'"
        );
        var deleted = await client.NextAsync("bars");
        known.Apply(deleted);
        Assert.False(known.Of(_symbol).ContainsKey(Time(38)));

        // A late bar is sent although it is older than the snapshot.
        await WriteAsync(server, ticker, -100, 1);
        known.Apply(await client.NextAsync("bars"));
        Assert.True(known.Of(_symbol).ContainsKey(Time(-100)));

        var stored = await StoredAsync(server, ticker);
        Assert.Equal(
            stored.Where(bar => bar.Key >= Time(10) || bar.Key == Time(-100)),
            known.Of(_symbol).Where(bar => bar.Key >= Time(10) || bar.Key == Time(-100))
        );
    }

    [Fact]
    public async Task A_stream_that_is_open_while_an_import_is_undone_ends_with_the_stored_bars()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        var ticker = await AddTickerAsync(_symbol);
        await WriteAsync(server, ticker, 0, 30);
        var csv = new StringBuilder("time,open,high,low,close,volume\n");
        for (var minute = 10; minute < 50; minute++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{Open.AddMinutes(minute):yyyy-MM-ddTHH:mm:ssZ},7,8,6,7,1\n");
        }

        using var file = new StringContent(csv.ToString(), Encoding.UTF8, "text/csv");
        using var uploaded = await server.Client.PostAsync($"/v1/imports?symbol={_symbol}&timeframe=1m&onConflict=replace", file, Token);
        Assert.Equal(HttpStatusCode.Created, uploaded.StatusCode);

        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m&last=100");
        var known = new StreamedBars();
        known.Apply(await client.NextAsync("snapshot"));
        Assert.Equal(50, known.Of(_symbol).Count);
        using var undone = await server.Client.DeleteAsync(uploaded.Headers.Location, Token);
        Assert.Equal(HttpStatusCode.OK, undone.StatusCode);
        var stored = await StoredAsync(server, ticker);
        Assert.Equal(30, stored.Count);
        known.Apply(await client.NextAsync("bars"));
        Assert.Equal(stored.OrderBy(bar => bar.Key), known.Of(_symbol).OrderBy(bar => bar.Key));
    }

    [Fact]
    public async Task A_stream_is_resumed_from_the_last_event_id()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        var ticker = await AddTickerAsync(_symbol);
        await WriteAsync(server, ticker, 0, 5);
        var path = $"/v1/bars/{_symbol}/stream?timeframe=1m";
        await using (var first = await server.OpenAsync(path))
        {
            await first.NextAsync("snapshot");
            Assert.Equal(TimeSpan.FromSeconds(2), first.Retry);
        }

        // Nothing has changed since, so nothing is repeated, and the next event is the next change.
        await using (var second = await server.OpenAsync(path, "1"))
        {
            await WriteAsync(server, ticker, 5, 1);
            Assert.Equal("2", (await second.NextAsync("bars")).Id);
        }

        await WriteAsync(server, ticker, 6, 1);
        await WriteAsync(server, ticker, 7, 1);
        await WriteAsync(server, ticker, 60, 1);
        await using var third = await server.OpenAsync($"{path}&lastEventId=2");
        var missed = await third.NextAsync("bars");
        Assert.Equal(("5", 3), (missed.Id, missed.Bars.Count()));
        Assert.Equal([(Open.AddMinutes(6), Open.AddMinutes(8)), (Open.AddMinutes(60), Open.AddMinutes(61))], Ranges(missed));

        // The header comes from the browser and is newer than the parameter in the page's address, so it wins.
        await using var fourth = await server.OpenAsync($"{path}&lastEventId=2", "4");
        Assert.Equal(5, (await fourth.NextAsync("bars")).Version);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1.1")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999")]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("2")]
    public async Task A_position_that_cannot_be_resumed_gives_a_reset_and_a_snapshot(string position)
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection);
        var ticker = await AddTickerAsync(_symbol);
        for (var i = 0; i < 3; i++)
        {
            await WriteAsync(server, ticker, i, 1);
        }

        // The change of version 2 is no longer known, and the range of version 4 is unbounded.
        await database.ExecuteAsync($"DELETE FROM market.bar_changes WHERE ticker_id = {ticker} AND timeframe = '1m' AND version = 2");
        await database.ExecuteAsync($"SELECT market.record_change({ticker}, '1m', tstzrange(NULL, NULL))");
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m&last=2", position);
        var reset = await client.NextAsync("reset");
        Assert.Equal((_symbol, "1m"), (reset.Symbol, reset.Data.GetProperty("timeframe").GetString()));
        Assert.NotEmpty(reset.Data.GetProperty("reason").GetString()!);
        var snapshot = await client.NextAsync("snapshot");
        Assert.Equal(("4", 2), (snapshot.Id, snapshot.Bars.Count()));

        // The stream continues from the snapshot.
        await WriteAsync(server, ticker, 3, 1);
        Assert.Equal("5", (await client.NextAsync("bars")).Id);
    }

    [Fact]
    public async Task A_change_too_large_for_one_event_resets_open_streams()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        var ticker = await AddTickerAsync(_symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m&last=600");
        var empty = await client.NextAsync("snapshot");
        Assert.Equal(("0", 0), (empty.Id, empty.Bars.Count()));
        await WriteAsync(server, ticker, 0, 501);
        await client.NextAsync("reset");
        Assert.Equal(501, (await client.NextAsync("snapshot")).Bars.Count());
        await WriteAsync(server, ticker, 501, 500);
        Assert.Equal(500, (await client.NextAsync("bars")).Bars.Count());
    }

    [Fact]
    public async Task One_stream_has_the_events_of_several_symbols()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        string[] symbols = [.. Enumerable.Range(0, 3).Select(i => $"{_symbol}_{i}")];
        var tickers = new List<int>();
        foreach (var symbol in symbols)
        {
            tickers.Add(await AddTickerAsync(symbol));
            await WriteAsync(server, tickers[^1], 0, tickers.Count);
        }

        var path = $"/v1/stream?symbols={string.Join(',', symbols).ToLowerInvariant()}&timeframe=1m";
        var known = new StreamedBars();
        await using (var client = await server.OpenAsync(path))
        {
            for (var i = 0; i < 3; i++)
            {
                known.Apply(await client.NextAsync("snapshot"));
            }

            Assert.Equal("1.1.1", client.LastEventId);
            Assert.Equal([1, 2, 3], symbols.Select(symbol => known.Of(symbol).Count));
            await WriteAsync(server, tickers[1], 10, 1);
            var change = await client.NextAsync("bars");
            known.Apply(change);
            Assert.Equal((symbols[1], "1.2.1"), (change.Symbol, change.Id));
        }

        await WriteAsync(server, tickers[0], 10, 1);
        await WriteAsync(server, tickers[2], 10, 2);
        await using (var again = await server.OpenAsync(path, "1.2.1"))
        {
            var (first, second) = (await again.NextAsync("bars"), await again.NextAsync("bars"));
            known.Apply(first);
            known.Apply(second);
            Assert.Equal(new HashSet<string> { symbols[0], symbols[2] }, [first.Symbol, second.Symbol]);
            Assert.Equal("2.2.2", again.LastEventId);
            Assert.Equal([2, 3, 5], symbols.Select(symbol => known.Of(symbol).Count));
        }

        // A connection that broke before it had received all snapshots.
        await using var half = await server.OpenAsync(path, "2.-.1");
        var events = new[] { (await half.ReadAsync())!, (await half.ReadAsync())! };
        Assert.Equal([("bars", symbols[2]), ("snapshot", symbols[1])], events.Select(each => (each.Name, each.Symbol)).Order());
    }

    [Fact]
    public async Task Invalid_requests_are_refused_with_the_reason()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection);
        await AddTickerAsync(_symbol);
        await RefusedAsync("/v1/bars/NOBODY/stream", HttpStatusCode.NotFound, "/problems/unknown-symbol");
        await RefusedAsync($"/v1/stream?symbols={_symbol},NOBODY", HttpStatusCode.NotFound, "/problems/unknown-symbol");
        var wrong = await RefusedAsync(
            "/v1/bars/%20/stream?timeframe=7m&last=1001&limit=3",
            HttpStatusCode.BadRequest,
            "/problems/invalid-parameters"
        );
        Assert.Equal(
            ["last", "limit", "symbol", "timeframe"],
            wrong.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal)
        );
        await RefusedAsync("/v1/stream", HttpStatusCode.BadRequest, "/problems/invalid-parameters");
        await RefusedAsync("/v1/stream?symbols=A,,B", HttpStatusCode.BadRequest, "/problems/invalid-parameters");
        await RefusedAsync(
            $"/v1/stream?symbols={string.Join(',', Enumerable.Range(0, 101).Select(i => $"S{i}"))}",
            HttpStatusCode.BadRequest,
            "/problems/invalid-parameters"
        );
        await RefusedAsync($"/v1/bars/{_symbol}/stream", HttpStatusCode.NotAcceptable, "/problems/not-acceptable", "application/json");

        async Task<JsonElement> RefusedAsync(string path, HttpStatusCode status, string type, string accept = "text/event-stream")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", accept } } };
            using var response = await server.Client.SendAsync(request, Token);
            Assert.Equal(status, response.StatusCode);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
            Assert.Equal(type, problem.GetProperty("type").GetString());
            return problem;
        }
    }

    [Fact]
    public async Task The_number_of_streams_is_limited_and_a_closed_one_makes_room()
    {
        await using var server = await StreamServer.StartAsync(database.AppConnection, settings: ("Wyckoff:Streams:MaxReaders", "2"));
        await AddTickerAsync(_symbol);
        var path = $"/v1/bars/{_symbol}/stream";
        await using var stays = await server.OpenAsync(path);
        await using (await server.OpenAsync(path))
        {
            using var refused = await server.Client.GetAsync(path, Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(10), refused.Headers.RetryAfter?.Delta);
            Assert.Equal(
                "/problems/too-many-streams",
                (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("type").GetString()
            );
        }

        await Eventually.GetAsync(
            async () =>
            {
                using var response = await server.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Token);
                return response.StatusCode;
            },
            status => status == HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task A_deleted_ticker_ends_its_streams_with_a_gone_event()
    {
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            settings: ("Wyckoff:Streams:PollAlone", "00:00:00.1")
        );
        var ticker = await AddTickerAsync(_symbol);
        await AddTickerAsync(_symbol + "_OTHER");
        await using var one = await server.OpenAsync($"/v1/bars/{_symbol}/stream");
        await using var two = await server.OpenAsync($"/v1/stream?symbols={_symbol}_OTHER,{_symbol}");
        await one.NextAsync("snapshot");
        await two.NextAsync("snapshot");
        await two.NextAsync("snapshot");
        await database.ExecuteAsync($"DELETE FROM market.tickers WHERE id = {ticker}");
        foreach (var client in new[] { one, two })
        {
            Assert.Equal(_symbol, (await client.NextAsync("gone")).Symbol);
            Assert.Null(await client.ReadAsync());
        }
    }

    [Fact]
    public async Task A_quiet_stream_has_heartbeats_and_ends_when_the_service_stops()
    {
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            settings:
            [
                ("Wyckoff:Streams:Heartbeat", "00:00:00.2"),
                ("Wyckoff:Streams:Retry", "00:00:00.5"),
                ("Wyckoff:Api:AnswerWithin", "00:00:01"),
            ]
        );
        await AddTickerAsync(_symbol);
        using var response = await server.Client.GetAsync($"/v1/bars/{_symbol}/stream", HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.True(response.Headers.CacheControl?.NoStore);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        using var lines = new StreamReader(stream, Encoding.UTF8);
        Assert.Equal("retry: 500", await lines.ReadLineAsync(Token));
        // The stream lasts longer than the timeout of other requests.
        for (var comments = 0; comments < 8; )
        {
            comments += await lines.ReadLineAsync(Token).AsTask().WaitAsync(Eventually.Bound, Token) == ":" ? 1 : 0;
        }

        var stop = server.StopAsync();
        // The stream ends with a complete response; a service that waited for its streams would abort them after its shutdown timeout.
        await lines.ReadToEndAsync(Token).WaitAsync(Eventually.Bound, Token);
        await stop;
    }

    [Fact]
    public async Task Despite_reconnections_every_version_has_the_right_bars_and_none_is_repeated()
    {
        const int Seed = 20_261_121;
        const int Steps = 80;
        const int LastMinute = 1000;
        await using var server = await StreamServer.StartAsync(database.AppConnection, await TestServers.Current.RedisAsync());
        string[] symbols = [.. Enumerable.Range(0, 3).Select(i => $"{_symbol}_{i}")];
        int[] tickers = [.. await Task.WhenAll(symbols.Select(AddTickerAsync))];
        var history = symbols.Select(_ => new Dictionary<long, Dictionary<long, IncomingBar>> { [0] = [] }).ToArray();
        var path = $"/v1/stream?symbols={string.Join(',', symbols)}&timeframe=1m&last=1000";
        var writers = Task.WhenAll(symbols.Select((_, i) => Task.Run(() => MutateAsync(i), Token)));
        var readers = Enumerable.Range(0, 6).Select(i => Task.Run(() => FollowAsync(new Random(Seed + 100 + i)), Token)).ToArray();
        await writers;

        var seen = 0;
        foreach (var events in await Task.WhenAll(readers))
        {
            foreach (var (symbol, version, bars) in events)
            {
                Assert.True(history[symbol].TryGetValue(version, out var expected), $"There is no version {version} of {symbols[symbol]}.");
                Assert.Equal(expected!.OrderBy(bar => bar.Key), bars.OrderBy(bar => bar.Key));
                seen++;
            }
        }

        Assert.True(seen > 6 * 3, $"{seen} events were seen.");

        async Task MutateAsync(int symbol)
        {
            var random = new Random(Seed + symbol);
            var bars = new Dictionary<long, IncomingBar>();
            var next = 0;
            for (var step = 0; step <= Steps; step++)
            {
                long version;
                if (random.Next(6) == 0 && bars.Count > 0 && step < Steps)
                {
                    var (from, to) = (random.Next(-20, next), random.Next(1, 8));
                    if (!bars.Keys.Any(time => time >= Time(from) && time < Time(from + to)))
                    {
                        continue;
                    }

                    await using var delete = database.App.CreateCommand(
                        $"""
                        DELETE FROM ohlcv_bars
                         WHERE symbol = '{symbols[symbol]}' AND timeframe = '1m'
                           AND timestamp >= '{Open.AddMinutes(from):O}' AND timestamp < '{Open.AddMinutes(from + to):O}'
                        """
                    );
                    await delete.ExecuteNonQueryAsync(Token);
                    Enumerable.Range(from, to).ToList().ForEach(minute => bars.Remove(Time(minute)));
                    version = await database.ScalarAsync<long>(
                        $"SELECT version FROM market.bar_windows WHERE ticker_id = {tickers[symbol]} AND timeframe = '1m'"
                    );
                }
                else
                {
                    // New, corrected or late bars; the last step writes the bar at which the readers stop.
                    var first =
                        step == Steps ? LastMinute
                        : random.Next(3) == 0 ? random.Next(-20, next + 1)
                        : next;
                    var written = Enumerable.Range(first, random.Next(1, 4)).Select(minute => Bar(minute, random.Next(0, 5))).ToArray();
                    next = Math.Max(next, first + written.Length);
                    var result = await server.Writer.WriteAsync(
                        [new(tickers[symbol], Timeframe.Minute1, written)],
                        new()
                        {
                            Source = "test",
                            Policy = ConflictPolicy.Replace,
                            RollUp = false,
                        },
                        Token
                    );
                    if (result.Changes.Count == 0)
                    {
                        continue;
                    }

                    Array.ForEach(written, bar => bars[bar.Time] = bar);
                    version = Assert.Single(result.Changes).Version;
                }

                lock (history[symbol])
                {
                    history[symbol][version] = new(bars);
                }

                if (random.Next(4) == 0)
                {
                    await Task.Delay(random.Next(1, 40), Token);
                }
            }
        }

        async Task<List<(int Symbol, long Version, Dictionary<long, IncomingBar> Bars)>> FollowAsync(Random random)
        {
            var known = new StreamedBars();
            var events = new List<(int, long, Dictionary<long, IncomingBar>)>();
            string? position = null;
            while (!IsDone())
            {
                await using var client = await server.OpenAsync(path, position);
                for (var left = random.Next(0, 30); left > 0 && !IsDone(); left--)
                {
                    var change = (await client.ReadAsync())!;
                    Assert.NotEqual("reset", change.Name);
                    known.Apply(change);
                    events.Add((Array.IndexOf(symbols, change.Symbol), change.Version, new(known.Of(change.Symbol))));
                    position = change.Id;
                }
            }

            return events;

            bool IsDone() =>
                Array.TrueForAll(symbols, symbol => known.Version(symbol) > 0 && known.Of(symbol).ContainsKey(Time(LastMinute)));
        }
    }

    private static long Time(int minute) => IncomingBar.TimeOf(Open.AddMinutes(minute));

    private static IncomingBar Bar(int minute, int rise)
    {
        var price = (10_000 + (minute * 10) + (rise * 100)) * (IncomingBar.One / 100);
        return new(
            Time(minute),
            price,
            price + IncomingBar.One + 1,
            price - IncomingBar.One,
            price + (IncomingBar.One / 2),
            (1000 + minute) * (Int128)IncomingBar.One + IncomingBar.One / 2,
            Math.Abs(minute),
            10_012_500_000
        );
    }

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Ranges(StreamEvent change) =>
        change
            .Data.GetProperty("ranges")
            .EnumerateArray()
            .Select(range => (range.GetProperty("from").GetDateTimeOffset(), range.GetProperty("to").GetDateTimeOffset()));

    private static Task WriteAsync(StreamServer server, int ticker, int first, int count, int rise = 0) =>
        server.Writer.WriteAsync(
            [new(ticker, Timeframe.Minute1, Enumerable.Range(first, count).Select(minute => Bar(minute, rise)).ToArray())],
            new() { Source = "test", Policy = ConflictPolicy.Replace },
            Token
        );

    private static async Task<Dictionary<long, IncomingBar>> StoredAsync(StreamServer server, int ticker)
    {
        var reader = (BarReader)server.Services.GetService(typeof(BarReader))!;
        await using var rows = await reader.OpenAsync(
            ticker,
            Timeframe.Minute1,
            BarFields.Usual,
            IncomingBar.TimeOf(Open.AddDays(-1)),
            IncomingBar.TimeOf(Open.AddDays(1)),
            long.MaxValue,
            long.MaxValue,
            version: null,
            Token
        );
        var bars = new Dictionary<long, IncomingBar>();
        await foreach (var bar in rows.ReadAllAsync(Token))
        {
            var trades = bar.TradeCount == BarRow.Null ? IncomingBar.Unknown : (int)bar.TradeCount;
            var vwap = bar.Vwap == BarRow.Null ? 0 : bar.Vwap;
            bars.Add(bar.Time, new(bar.Time, bar.Open, bar.High, bar.Low, bar.Close, bar.Volume, trades, vwap));
        }

        return bars;
    }

    private Task<int> AddTickerAsync(string symbol) =>
        database.ScalarAsync<int>(
            string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO market.tickers (symbol, timezone) VALUES ('{symbol}', 'UTC') RETURNING id"
            )
        );
}
