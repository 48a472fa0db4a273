using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Wyckoff.Api;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Api;

public sealed class TickersTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    private readonly ApiServer _api = new(database.AppConnection);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HttpClient Client => field ??= _api.CreateClient();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_ticker_is_added_found_changed_and_deleted()
    {
        using var added = await Client.PostAsJsonAsync(
            "/v1/tickers",
            new
            {
                symbol = " life ",
                name = "O'Neill \"& Söhne\" 株式 🚀",
                exchange = "Xetra",
                assetType = "etf",
                timezone = "Europe/Berlin",
            },
            Token
        );
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal("/v1/tickers/LIFE", added.Headers.Location?.ToString());
        var ticker = (await added.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal(
            ("LIFE", "O'Neill \"& Söhne\" 株式 🚀", "Xetra", "etf", "Europe/Berlin", true),
            (ticker.Symbol, ticker.Name, ticker.Exchange, ticker.AssetType, ticker.Timezone, ticker.Active)
        );
        Assert.Equal(ticker.Name, await database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'LIFE'"));

        var detail = (await Client.GetFromJsonAsync<TickerDetail>(added.Headers.Location, Token))!;
        Assert.Equal((ticker.Name, ticker.UpdatedAt), (detail.Name, detail.UpdatedAt));
        Assert.Empty(detail.Stored);

        using var patched = await Client.PatchAsync("/v1/tickers/life", Json("""{"name":null,"active":false}"""), Token);
        var changed = (await patched.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal((null, "Xetra", "Europe/Berlin", false), (changed.Name, changed.Exchange, changed.Timezone, changed.Active));
        Assert.True(changed.UpdatedAt > ticker.UpdatedAt);

        using var put = await Client.PutAsync("/v1/tickers/LIFE", Json("""{"symbol":"life","name":"New"}"""), Token);
        var replaced = (await put.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal(
            ("New", null, "stock", "America/New_York", true),
            (replaced.Name, replaced.Exchange, replaced.AssetType, replaced.Timezone, replaced.Active)
        );

        using var deleted = await Client.DeleteAsync("/v1/tickers/LIFE?confirm=life", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync("/v1/tickers/LIFE", Token)).StatusCode);
    }

    [Fact]
    public async Task What_is_stored_is_told_and_goes_with_the_ticker()
    {
        await BarsAsync("KEEP");
        await BarsAsync("GONE");
        var detail = (await Client.GetFromJsonAsync<TickerDetail>("/v1/tickers/GONE", Token))!;
        Assert.Equal(["1h", "4h", "1d"], detail.Stored.Select(stored => stored.Timeframe));
        Assert.Equal((At(3), At(3).AddHours(20)), (detail.Stored[0].Since, detail.Stored[0].Until));
        Assert.All(detail.Stored, stored => Assert.True(stored.Version >= 1));

        using var response = await Client.DeleteAsync("/v1/tickers/GONE?confirm=GONE", Token);
        var deleted = (await response.Content.ReadFromJsonAsync<TickerDeleted>(Token))!;
        Assert.Equal(detail.Stored, deleted.Deleted);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.verify_orphans()"));
        Assert.Equal(20, await database.ScalarAsync<long>("SELECT count(*) FROM ohlcv_bars WHERE timeframe = '1h' AND symbol = 'KEEP'"));
    }

    [Fact]
    public async Task Nothing_is_deleted_without_its_symbol_being_said_once_more()
    {
        await AddAsync("PRECIOUS");
        foreach (var query in new[] { "", "?confirm=", "?confirm=PRECIOU", "?confirm=true", "?confirm=PRECIOUS&confirm=PRECIOUS" })
        {
            using var response = await Client.DeleteAsync("/v1/tickers/PRECIOUS" + query, Token);
            Assert.Equal(["confirm"], await ErrorsAsync(response));
        }

        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync("/v1/tickers/PRECIOUS", Token)).StatusCode);
    }

    [Theory]
    [InlineData("""{}""", "symbol")]
    [InlineData(
        """{"symbol":"A B","name":"","exchange":5,"assetType":null,"timezone":"Mars/Olympus","active":"yes","colour":"red"}""",
        "active",
        "assetType",
        "colour",
        "exchange",
        "name",
        "symbol",
        "timezone"
    )]
    [InlineData(
        """{"symbol":"W1","name":"a\u0000b","exchange":"\ud800","assetType":"123456789012345678901","timezone":"Eastern Standard Time"}""",
        "assetType",
        "exchange",
        "name",
        "timezone"
    )]
    [InlineData("""{"symbol":"W1","symbol":"W2"}""", "symbol")]
    [InlineData("""{"symbol":"W1","timezone":"../../../etc/passwd"}""", "timezone")]
    [InlineData("""{"symbol":"W1","\ud800":1}""", "\ufffd")]
    [InlineData("""["W1"]""", "body")]
    [InlineData("""{"symbol":"W1" """, "body")]
    [InlineData("""null""", "body")]
    [InlineData("", "body")]
    public async Task All_that_is_wrong_with_a_new_ticker_is_named(string body, params string[] wrong)
    {
        using var response = await Client.PostAsync("/v1/tickers", Json(body), Token);
        Assert.Superset(wrong.ToHashSet(), (await ErrorsAsync(response)).ToHashSet());
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol IN ('W1', 'W2')"));
    }

    [Fact]
    public async Task A_time_zone_must_be_known_to_the_database_too()
    {
        await AddAsync("ZONED");
        var store = _api.Services.GetRequiredService<TickerStore>();
        var fields = TickerFields.Default with { Timezone = "Mars/Olympus" };
        await Assert.ThrowsAsync<UnknownTimeZoneException>(() => store.AddAsync(Symbol.Parse("UNZONED"), fields, Token));
        await Assert.ThrowsAsync<UnknownTimeZoneException>(() => store.ChangeAsync(Symbol.Parse("ZONED"), _ => fields, Token));
        Assert.Equal("America/New_York", (await store.FindAsync(Symbol.Parse("ZONED"), Token))!.Value.Ticker.Timezone);
    }

    [Fact]
    public async Task What_is_too_long_is_counted_in_characters_as_the_database_counts_them()
    {
        var longest = string.Concat(Enumerable.Repeat("🚀", 255));
        using var fits = await Client.PostAsJsonAsync("/v1/tickers", new { symbol = "LONGEST", name = longest }, Token);
        Assert.Equal(HttpStatusCode.Created, fits.StatusCode);
        using var over = await Client.PatchAsync("/v1/tickers/LONGEST", Json($$"""{"name":"{{longest}}x"}"""), Token);
        Assert.Equal(["name"], await ErrorsAsync(over));
    }

    [Fact]
    public async Task A_symbol_cannot_be_changed_and_an_unknown_one_has_its_neighbours_named()
    {
        await AddAsync("NEIGHBOUR");
        using var renamed = await Client.PatchAsync("/v1/tickers/NEIGHBOUR", Json("""{"symbol":"OTHER","active":1}"""), Token);
        Assert.Equal(["active", "symbol"], await ErrorsAsync(renamed));

        foreach (
            var response in new[]
            {
                await Client.GetAsync("/v1/tickers/NIEGHBOUR", Token),
                await Client.PatchAsync("/v1/tickers/NIEGHBOUR", Json("{}"), Token),
                await Client.PutAsync("/v1/tickers/NIEGHBOUR", Json("{}"), Token),
                await Client.DeleteAsync("/v1/tickers/NIEGHBOUR?confirm=NIEGHBOUR", Token),
            }
        )
        {
            var problem = await ProblemAsync(response, HttpStatusCode.NotFound, "/problems/unknown-symbol");
            Assert.Equal(["NEIGHBOUR"], problem.GetProperty("near").EnumerateArray().Select(near => near.GetString()));
            response.Dispose();
        }
    }

    [Fact]
    public async Task A_symbol_that_is_taken_is_named()
    {
        await AddAsync("TAKEN");
        using var response = await Client.PostAsJsonAsync("/v1/tickers", new { symbol = "taken", name = "Another" }, Token);
        var problem = await ProblemAsync(response, HttpStatusCode.Conflict, "/problems/ticker-exists");
        Assert.Equal("TAKEN", problem.GetProperty("symbol").GetString());
        Assert.Equal("/v1/tickers/TAKEN", response.Headers.Location?.ToString());
        Assert.Equal(DBNull.Value, await database.ScalarAsync<object>("SELECT name FROM market.tickers WHERE symbol = 'TAKEN'"));
    }

    [Fact]
    public async Task Of_many_who_add_one_ticker_at_once_one_succeeds()
    {
        _ = Client;
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(i => Client.PostAsJsonAsync("/v1/tickers", new { symbol = "RACE", name = $"Number {i}" }, Token))
        );
        Assert.Equal(31, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        var won = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(
            (await won.Content.ReadFromJsonAsync<TickerResponse>(Token))!.Name,
            await database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'RACE'")
        );
    }

    [Fact]
    public async Task A_tag_tells_whether_it_was_changed_meanwhile()
    {
        await BarsAsync("TAGGED");
        using var first = await Client.GetAsync("/v1/tickers/TAGGED", Token);
        var tag = first.Headers.ETag!;
        Assert.Equal(
            HttpStatusCode.NotModified,
            (await SendAsync(HttpMethod.Get, "/v1/tickers/TAGGED", ("If-None-Match", tag.ToString()))).StatusCode
        );

        // New bars make another document of it, but nobody has changed what a writer of the ticker saw.
        await database.ExecuteAsync(
            "UPDATE ohlcv_bars SET volume = volume + 1 WHERE symbol = 'TAGGED' AND timeframe = '1h' AND timestamp = '2024-06-03 10:00Z'"
        );
        Assert.Equal(
            HttpStatusCode.OK,
            (await SendAsync(HttpMethod.Get, "/v1/tickers/TAGGED", ("If-None-Match", tag.ToString()))).StatusCode
        );
        using var patched = await SendAsync(HttpMethod.Patch, "/v1/tickers/TAGGED", ("If-Match", tag.ToString()), """{"name":"Mine"}""");
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);

        foreach (var (method, url) in new[] { (HttpMethod.Patch, ""), (HttpMethod.Put, ""), (HttpMethod.Delete, "?confirm=TAGGED") })
        {
            using var late = await SendAsync(
                method,
                "/v1/tickers/TAGGED" + url,
                ("If-Match", tag.ToString()),
                method == HttpMethod.Delete ? null : """{"name":"Late"}"""
            );
            await ProblemAsync(late, HttpStatusCode.PreconditionFailed, "/problems/changed-meanwhile");
            using var nonsense = await SendAsync(
                method,
                "/v1/tickers/TAGGED" + url,
                ("If-Match", "nonsense"),
                method == HttpMethod.Delete ? null : "{}"
            );
            Assert.Equal(HttpStatusCode.PreconditionFailed, nonsense.StatusCode);
        }

        Assert.Equal("Mine", await database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'TAGGED'"));
        using var any = await SendAsync(HttpMethod.Patch, "/v1/tickers/TAGGED", ("If-Match", "*"), """{"name":"Any"}""");
        Assert.Equal(HttpStatusCode.OK, any.StatusCode);
    }

    [Fact]
    public async Task Of_many_who_change_what_they_have_read_one_succeeds_at_a_time()
    {
        await AddAsync("COUNTED");
        var failed = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async _ =>
                {
                    for (var counted = 0; counted < 5; )
                    {
                        using var read = await Client.GetAsync("/v1/tickers/COUNTED", Token);
                        var count = int.Parse(
                            (await read.Content.ReadFromJsonAsync<TickerDetail>(Token))!.Name ?? "0",
                            System.Globalization.CultureInfo.InvariantCulture
                        );
                        using var written = await SendAsync(
                            HttpMethod.Patch,
                            "/v1/tickers/COUNTED",
                            ("If-Match", read.Headers.ETag!.ToString()),
                            $$"""{"name":"{{count + 1}}"}"""
                        );
                        Assert.True(written.StatusCode is HttpStatusCode.OK or HttpStatusCode.PreconditionFailed);
                        counted += written.StatusCode == HttpStatusCode.OK ? 1 : 0;
                        Interlocked.Add(ref failed, written.StatusCode == HttpStatusCode.OK ? 0 : 1);
                    }
                })
        );
        Assert.Equal("40", await database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'COUNTED'"));
        Assert.True(failed > 0, "Nobody was ever late: this has shown nothing.");
    }

    [Fact]
    public async Task Pages_hold_every_ticker_once()
    {
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, name, asset_type, is_active) SELECT 'PAGE' || n, 'Number ' || n, CASE n % 3 WHEN 0 THEN 'etf' ELSE 'stock' END, n % 2 = 0 FROM generate_series(1, 50) AS n"
        );
        foreach (
            var (query, expected) in new[]
            {
                ("prefix=page", 50),
                ("prefix=PAGE&active=true", 25),
                ("prefix=PAGE&assetType=etf", 16),
                ("search=number%204", 11),
                ("search=AGE5&limit=1", 2),
            }
        )
        {
            var seen = new List<string>();
            string? cursor = null;
            do
            {
                var page = (
                    await Client.GetFromJsonAsync<TickersResponse>(
                        $"/v1/tickers?{(query.Contains("limit", StringComparison.Ordinal) ? query : query + "&limit=7")}&cursor={cursor}",
                        Token
                    )
                )!;
                Assert.Equal(page.Count, page.Tickers.Count);
                seen.AddRange(page.Tickers.Select(ticker => ticker.Symbol));
                cursor = page.Next;
                // Those that come and go meanwhile change nothing for the others.
                await database.ExecuteAsync(
                    "DELETE FROM market.tickers WHERE symbol = 'PAGE0'; INSERT INTO market.tickers (symbol, is_active) VALUES ('PAGE0', false)"
                );
            } while (cursor is not null);
            Assert.Equal(expected, seen.Count(symbol => symbol != "PAGE0"));
            Assert.Equal(seen.Distinct(), seen);
            await database.ExecuteAsync("DELETE FROM market.tickers WHERE symbol = 'PAGE0'");
        }
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1000000000000", "limit")]
    [InlineData("active=maybe&prefix=%00", "active", "prefix")]
    [InlineData("cursor=AAAA", "cursor")]
    [InlineData("cursor=%FF%FE", "cursor")]
    [InlineData("assettype=etf&page=2", "assettype", "page")]
    [InlineData("search=a&search=b", "search")]
    public async Task A_list_that_cannot_be_is_refused(string query, params string[] wrong)
    {
        using var response = await Client.GetAsync("/v1/tickers?" + query, Token);
        Assert.Equal(wrong, await ErrorsAsync(response));
    }

    [Fact]
    public async Task A_cursor_is_good_for_its_own_query_only()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) SELECT 'CUR' || n FROM generate_series(1, 3) AS n");
        var cursor = (await Client.GetFromJsonAsync<TickersResponse>("/v1/tickers?prefix=CUR&limit=2", Token))!.Next!;
        Assert.Equal(
            ["CUR3"],
            (await Client.GetFromJsonAsync<TickersResponse>("/v1/tickers?prefix=CUR&limit=9&cursor=" + cursor, Token))!.Tickers.Select(
                ticker => ticker.Symbol
            )
        );
        foreach (
            var url in new[]
            {
                "prefix=CU&cursor=" + cursor,
                "cursor=" + cursor,
                "prefix=CUR&cursor=" + cursor[..^1],
                "prefix=CUR&cursor=" + (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..],
            }
        )
        {
            using var response = await Client.GetAsync("/v1/tickers?" + url, Token);
            Assert.Equal(["cursor"], await ErrorsAsync(response));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slash_in_a_symbol_is_escaped(bool kestrel)
    {
        await using var api = new ApiServer(database.AppConnection);
        if (kestrel)
        {
            api.UseKestrel(0);
        }

        var client = api.CreateClient();
        await database.ExecuteAsync("DELETE FROM market.tickers WHERE symbol = 'BTC/USD'");
        using var added = await client.PostAsJsonAsync("/v1/tickers", new { symbol = "BTC/USD", timezone = "UTC" }, Token);
        Assert.Equal("/v1/tickers/BTC%2FUSD", added.Headers.Location?.OriginalString);
        foreach (var path in new[] { "BTC%2FUSD", "btc%2fusd" })
        {
            Assert.Equal("BTC/USD", (await client.GetFromJsonAsync<TickerDetail>("/v1/tickers/" + path, Token))!.Symbol);
            foreach (var kind in new[] { "bars", "indicators", "features", "quality" })
            {
                Assert.Equal(
                    "BTC/USD",
                    (await client.GetFromJsonAsync<JsonElement>($"/v1/{kind}/{path}", Token)).GetProperty("symbol").GetString()
                );
            }
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/tickers/BTC/USD", Token)).StatusCode);
        using var deleted = await client.DeleteAsync("/v1/tickers/BTC%2FUSD?confirm=BTC/USD", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
    }

    [Fact]
    public async Task What_is_not_JSON_is_refused()
    {
        using var response = await Client.PostAsync(
            "/v1/tickers",
            new StringContent("symbol=X", Encoding.UTF8, "application/x-www-form-urlencoded"),
            Token
        );
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Readers_and_writers_meet_a_deletion_whole_or_not_at_all()
    {
        for (var round = 0; round < 5; round++)
        {
            await BarsAsync("VANISH");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var readers = Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            while (!stop.IsCancellationRequested)
                            {
                                using var bars = await Client.GetAsync("/v1/bars/VANISH?timeframe=1h", Token);
                                Assert.True(bars.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound);
                                Assert.True(
                                    bars.StatusCode == HttpStatusCode.NotFound
                                        || (await bars.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("count").GetInt32()
                                            is 0
                                                or 20
                                );

                                using var response = await Client.GetAsync("/v1/tickers/VANISH", Token);
                                Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound);
                                Assert.True(
                                    response.StatusCode == HttpStatusCode.NotFound
                                        || (await response.Content.ReadFromJsonAsync<TickerDetail>(Token))!.Stored.Count == 3
                                );
                            }
                        },
                        Token
                    )
                )
                .ToList();
            using var deleted = await Client.DeleteAsync("/v1/tickers/VANISH?confirm=VANISH", Token);
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }
    }

    [Fact]
    public async Task Compressed_bars_go_with_their_ticker_and_leave_the_others()
    {
        Assert.SkipUnless(database.Edition.HasPolicies, "Compression needs TimescaleDB's Community edition.");
        // More than one statement may unpack without being told so.
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('PACKED'), ('STAYS');
            INSERT INTO market.bars_1m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2020-01-01Z' + n * interval '1 minute', 1, 1, 1, 1, 1, 0, 0, 0, false, 'test' FROM market.tickers, generate_series(0, 149999) AS n WHERE symbol IN ('PACKED', 'STAYS');
            SELECT compress_chunk(chunk) FROM show_chunks('market.bars_1m', older_than => timestamptz '2021-01-01Z') AS chunk
            """
        );
        using var deleted = await Client.DeleteAsync("/v1/tickers/PACKED?confirm=PACKED", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(150_000, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE timestamp < '2021-01-01Z'"));
    }

    [Fact]
    public async Task Other_processes_hear_of_a_deletion()
    {
        var redis = await TestServers.Current.RedisAsync();
        await using var one = new ApiServer(database.AppConnection, redis);
        await using var other = new ApiServer(database.AppConnection, redis);
        var client = one.CreateClient();
        _ = other.CreateClient();
        await AddAsync("HEARD");
        var remembered = other.Services.GetRequiredService<TickerDirectory>();
        var first = (await remembered.FindAsync(Symbol.Parse("HEARD"), Token))!.Id;
        Assert.Equal(first, (await remembered.FindAsync(Symbol.Parse("HEARD"), Token))!.Id);

        // Both subscriptions are made in the background, and the one who tells needs its connection.
        foreach (var listener in new[] { one, other })
        {
            var connection = listener.Services.GetRequiredService<RedisConnection>();
            var channel = new RedisChannel(TickerChanges.Channel, RedisChannel.PatternMode.Literal);
            await Eventually.HoldsAsync(() => connection.Current?.GetSubscriber().IsConnected(channel) == true);
        }

        using var deleted = await client.DeleteAsync("/v1/tickers/HEARD?confirm=HEARD", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await Eventually.GetAsync(async () => await remembered.FindAsync(Symbol.Parse("HEARD"), Token), ticker => ticker is null);
    }

    [Fact]
    public async Task What_nobody_announces_is_found_out_within_a_minute()
    {
        await AddAsync("SILENT");
        var time = new ManualTime(At(1));
        var directory = new TickerDirectory(database.App, time);
        var before = (await directory.FindAsync(Symbol.Parse("SILENT"), Token))!;
        await database.ExecuteAsync(
            "DELETE FROM market.tickers WHERE symbol = 'SILENT'; INSERT INTO market.tickers (symbol, timezone) VALUES ('SILENT', 'Asia/Tokyo')"
        );
        Assert.Same(before, await directory.FindAsync(Symbol.Parse("SILENT"), Token));
        time.Advance(TimeSpan.FromSeconds(61));
        var after = (await directory.FindAsync(Symbol.Parse("SILENT"), Token))!;
        Assert.Equal("Asia/Tokyo", after.Zone.Id);
        Assert.NotEqual(before.Id, after.Id);
        Assert.Null(await directory.FindAsync(before.Id, Token));
    }

    private static DateTimeOffset At(int day) => new(2024, 6, day, 0, 0, 0, TimeSpan.Zero);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        Assert.Equal((status, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(type, problem.GetProperty("type").GetString());
        return problem;
    }

    private static async Task<IEnumerable<string>> ErrorsAsync(HttpResponseMessage response) =>
        (await ProblemAsync(response, HttpStatusCode.BadRequest, "/problems/invalid-parameters"))
            .GetProperty("errors")
            .EnumerateObject()
            .Select(error => error.Name)
            .Order(StringComparer.Ordinal);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string url,
        (string Name, string Value) header,
        string? body = null
    )
    {
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : Json(body) };
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return await Client.SendAsync(request, Token);
    }

    private Task AddAsync(string symbol) =>
        database.ExecuteAsync($"INSERT INTO market.tickers (symbol) VALUES ('{symbol}') ON CONFLICT DO NOTHING");

    private async Task BarsAsync(string symbol)
    {
        await AddAsync(symbol);
        await database.ExecuteAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT '{symbol}', '1h', timestamptz '2024-06-03Z' + n * interval '1 hour', 100, 101, 99, 100, 10 FROM generate_series(0, 19) AS n
            """
        );
    }
}
