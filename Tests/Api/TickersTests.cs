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

public sealed class TickersTests(TestDatabase database) : ApiTestBase(database)
{
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
                sector = "Technology",
                assetType = "etf",
                timezone = "Europe/Berlin",
            },
            Token
        );
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal("/v1/tickers/LIFE", added.Headers.Location?.ToString());
        var ticker = (await added.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal(
            ("LIFE", "O'Neill \"& Söhne\" 株式 🚀", "Xetra", "Technology", "etf", "Europe/Berlin", true),
            (ticker.Symbol, ticker.Name, ticker.Exchange, ticker.Sector, ticker.AssetType, ticker.Timezone, ticker.Active)
        );
        Assert.Equal(ticker.Name, await Database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'LIFE'"));

        var detail = (await Client.GetFromJsonAsync<TickerDetail>(added.Headers.Location, Token))!;
        Assert.Equal((ticker.Name, ticker.Sector, ticker.UpdatedAt), (detail.Name, detail.Sector, detail.UpdatedAt));
        Assert.Empty(detail.Stored);

        using var patched = await Client.PatchAsync("/v1/tickers/life", Json("""{"name":null,"active":false}"""), Token);
        var changed = (await patched.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal(
            (null, "Xetra", "Technology", "Europe/Berlin", false),
            (changed.Name, changed.Exchange, changed.Sector, changed.Timezone, changed.Active)
        );
        Assert.True(changed.UpdatedAt > ticker.UpdatedAt);

        using var put = await Client.PutAsync("/v1/tickers/LIFE", Json("""{"symbol":"life","name":"New"}"""), Token);
        var replaced = (await put.Content.ReadFromJsonAsync<TickerResponse>(Token))!;
        Assert.Equal(
            ("New", null, null, "stock", "America/New_York", true),
            (replaced.Name, replaced.Exchange, replaced.Sector, replaced.AssetType, replaced.Timezone, replaced.Active)
        );

        using var deleted = await Client.DeleteAsync("/v1/tickers/LIFE?confirm=life", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync("/v1/tickers/LIFE", Token)).StatusCode);
    }

    [Fact]
    public async Task A_ticker_lists_its_stored_bars_and_deleting_it_deletes_them()
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
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM market.verify_orphans()"));
        Assert.Equal(20, await Database.ScalarAsync<long>("SELECT count(*) FROM ohlcv_bars WHERE timeframe = '1h' AND symbol = 'KEEP'"));
    }

    [Fact]
    public async Task A_deletion_must_repeat_the_symbol_in_confirm()
    {
        await AddAsync("PRECIOUS");
        foreach (var query in new[] { "", "?confirm=", "?confirm=PRECIOU", "?confirm=true", "?confirm=PRECIOUS&confirm=PRECIOUS" })
        {
            using var response = await Client.DeleteAsync("/v1/tickers/PRECIOUS" + query, Token);
            Assert.Equal(["confirm"], await response.ReadInvalidNamesAsync());
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
    [InlineData("""{"symbol":"W1","sector":""}""", "sector")]
    [InlineData("""{"symbol":"W1","symbol":"W2"}""", "symbol")]
    [InlineData("""{"symbol":"W1","allowsNegative":"yes"}""", "allowsNegative")]
    [InlineData("""{"symbol":"W1","timezone":"../../../etc/passwd"}""", "timezone")]
    [InlineData("""{"symbol":"W1","\ud800":1}""", "\ufffd")]
    [InlineData("""["W1"]""", "body")]
    [InlineData("""{"symbol":"W1" """, "body")]
    [InlineData("""null""", "body")]
    [InlineData("", "body")]
    public async Task All_invalid_fields_of_a_new_ticker_are_named_at_once(string body, params string[] invalid)
    {
        using var response = await Client.PostAsync("/v1/tickers", Json(body), Token);
        Assert.Superset(invalid.ToHashSet(), (await response.ReadInvalidNamesAsync()).ToHashSet());
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol IN ('W1', 'W2')"));
    }

    [Fact]
    public async Task A_time_zone_that_the_database_does_not_know_is_rejected()
    {
        await AddAsync("ZONED");
        var store = Api.Services.GetRequiredService<TickerStore>();
        var fields = TickerFields.Default with { Timezone = "Mars/Olympus" };
        await Assert.ThrowsAsync<UnknownTimeZoneException>(() => store.AddAsync(Symbol.Parse("UNZONED"), fields, Token));
        await Assert.ThrowsAsync<UnknownTimeZoneException>(() => store.ChangeAsync(Symbol.Parse("ZONED"), _ => fields, Token));
        Assert.Equal("America/New_York", (await store.FindAsync(Symbol.Parse("ZONED"), Token))!.Value.Ticker.Timezone);
    }

    [Fact]
    public async Task The_length_of_a_name_is_limited_in_characters_as_in_the_database()
    {
        var longest = string.Concat(Enumerable.Repeat("🚀", 255));
        using var fits = await Client.PostAsJsonAsync("/v1/tickers", new { symbol = "LONGEST", name = longest }, Token);
        Assert.Equal(HttpStatusCode.Created, fits.StatusCode);
        using var over = await Client.PatchAsync("/v1/tickers/LONGEST", Json($$"""{"name":"{{longest}}x"}"""), Token);
        Assert.Equal(["name"], await over.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task A_symbol_cannot_be_changed_and_an_unknown_symbol_gets_suggestions()
    {
        await AddAsync("NEIGHBOUR");
        using var renamed = await Client.PatchAsync("/v1/tickers/NEIGHBOUR", Json("""{"symbol":"OTHER","active":1}"""), Token);
        Assert.Equal(["active", "symbol"], await renamed.ReadInvalidNamesAsync());

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
            var problem = await response.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-symbol");
            Assert.Equal(["NEIGHBOUR"], problem.GetProperty("near").EnumerateArray().Select(near => near.GetString()));
            response.Dispose();
        }
    }

    [Fact]
    public async Task Adding_an_existing_symbol_is_a_conflict()
    {
        await AddAsync("TAKEN");
        using var response = await Client.PostAsJsonAsync("/v1/tickers", new { symbol = "taken", name = "Another" }, Token);
        var problem = await response.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/ticker-exists");
        Assert.Equal("TAKEN", problem.GetProperty("symbol").GetString());
        Assert.Equal("/v1/tickers/TAKEN", response.Headers.Location?.ToString());
        Assert.Equal(DBNull.Value, await Database.ScalarAsync<object>("SELECT name FROM market.tickers WHERE symbol = 'TAKEN'"));
    }

    [Fact]
    public async Task One_of_many_concurrent_requests_that_add_the_same_ticker_succeeds()
    {
        _ = Client; // Creates the client before the concurrent requests use it.
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(i => Client.PostAsJsonAsync("/v1/tickers", new { symbol = "RACE", name = $"Number {i}" }, Token))
        );
        Assert.Equal(31, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        var won = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(
            (await won.Content.ReadFromJsonAsync<TickerResponse>(Token))!.Name,
            await Database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'RACE'")
        );
    }

    [Fact]
    public async Task If_Match_and_If_None_Match_compare_the_ticker_with_the_tag()
    {
        await BarsAsync("TAGGED");
        using var first = await Client.GetAsync("/v1/tickers/TAGGED", Token);
        var tag = first.Headers.ETag!;
        Assert.Equal(
            HttpStatusCode.NotModified,
            (await SendAsync(HttpMethod.Get, "/v1/tickers/TAGGED", ("If-None-Match", tag.ToString()))).StatusCode
        );

        // New bars change the document, so If-None-Match no longer matches. The ticker itself is unchanged, so If-Match still does.
        await Database.ExecuteAsync(
            """
            UPDATE ohlcv_bars SET volume = volume + 1
             WHERE symbol = 'TAGGED' AND timeframe = '1h' AND timestamp = '2024-06-03 10:00Z'
            """
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
            await late.ReadProblemAsync(HttpStatusCode.PreconditionFailed, "/problems/changed-meanwhile");
            using var nonsense = await SendAsync(
                method,
                "/v1/tickers/TAGGED" + url,
                ("If-Match", "nonsense"),
                method == HttpMethod.Delete ? null : "{}"
            );
            Assert.Equal(HttpStatusCode.PreconditionFailed, nonsense.StatusCode);
        }

        Assert.Equal("Mine", await Database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'TAGGED'"));
        using var any = await SendAsync(HttpMethod.Patch, "/v1/tickers/TAGGED", ("If-Match", "*"), """{"name":"Any"}""");
        Assert.Equal(HttpStatusCode.OK, any.StatusCode);
    }

    [Fact]
    public async Task If_Match_loses_no_update_of_concurrent_writers()
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
        Assert.Equal("40", await Database.ScalarAsync<string>("SELECT name FROM market.tickers WHERE symbol = 'COUNTED'"));
        Assert.True(failed > 0, "No update conflicted, so this proves nothing.");
    }

    [Fact]
    public async Task Pages_contain_every_ticker_once()
    {
        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, name, asset_type, is_active)
            SELECT 'PAGE' || n, 'Number ' || n, CASE n % 3 WHEN 0 THEN 'etf' ELSE 'stock' END, n % 2 = 0
              FROM generate_series(1, 50) AS n
            """
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
                // A ticker that is deleted and added between pages does not affect the others.
                await Database.ExecuteAsync(
                    """
                    DELETE FROM market.tickers WHERE symbol = 'PAGE0';
                    INSERT INTO market.tickers (symbol, is_active) VALUES ('PAGE0', false)
                    """
                );
            } while (cursor is not null);
            Assert.Equal(expected, seen.Count(symbol => symbol != "PAGE0"));
            Assert.Equal(seen.Distinct(), seen);
            await Database.ExecuteAsync("DELETE FROM market.tickers WHERE symbol = 'PAGE0'");
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
    public async Task Invalid_parameters_of_a_list_are_named(string query, params string[] invalid)
    {
        using var response = await Client.GetAsync("/v1/tickers?" + query, Token);
        Assert.Equal(invalid, await response.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task A_cursor_is_valid_only_for_its_own_query()
    {
        await Database.ExecuteAsync("INSERT INTO market.tickers (symbol) SELECT 'CUR' || n FROM generate_series(1, 3) AS n");
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
            Assert.Equal(["cursor"], await response.ReadInvalidNamesAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slash_in_a_symbol_is_escaped(bool kestrel)
    {
        await using var api = new ApiServer(Database.AppConnection);
        if (kestrel)
        {
            api.UseKestrel(0);
        }

        var client = api.CreateClient();
        await Database.ExecuteAsync("DELETE FROM market.tickers WHERE symbol = 'BTC/USD'");
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
    public async Task A_body_that_is_not_JSON_is_an_unsupported_media_type()
    {
        using var response = await Client.PostAsync(
            "/v1/tickers",
            new StringContent("symbol=X", Encoding.UTF8, "application/x-www-form-urlencoded"),
            Token
        );
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Readers_see_a_deletion_completely_or_not_at_all()
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
    public async Task Deleting_a_ticker_deletes_its_compressed_bars_and_no_others()
    {
        Assert.SkipUnless(Database.Edition.HasPolicies, "Compression needs TimescaleDB's Community edition.");
        // More bars than one statement may decompress by default (timescaledb.max_tuples_decompressed_per_dml_transaction).
        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('PACKED'), ('STAYS');
            INSERT INTO market.bars_1m
                (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2020-01-01Z' + n * interval '1 minute', 1, 1, 1, 1, 1, 0, 0, 0, false, 'test'
              FROM market.tickers, generate_series(0, 149999) AS n
             WHERE symbol IN ('PACKED', 'STAYS');
            SELECT compress_chunk(chunk) FROM show_chunks('market.bars_1m', older_than => timestamptz '2021-01-01Z') AS chunk
            """
        );
        using var deleted = await Client.DeleteAsync("/v1/tickers/PACKED?confirm=PACKED", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(150_000, await Database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE timestamp < '2021-01-01Z'"));
    }

    [Fact]
    public async Task A_deletion_invalidates_the_ticker_cache_of_other_processes()
    {
        var redis = await TestServers.Current.RedisAsync();
        await using var one = new ApiServer(Database.AppConnection, redis);
        await using var other = new ApiServer(Database.AppConnection, redis);
        var client = one.CreateClient();
        _ = other.CreateClient();
        await AddAsync("HEARD");
        var directory = other.Services.GetRequiredService<TickerDirectory>();
        var first = (await directory.FindAsync(Symbol.Parse("HEARD"), Token))!.Id;
        Assert.Equal(first, (await directory.FindAsync(Symbol.Parse("HEARD"), Token))!.Id);

        // Subscriptions are made in the background, and publishing needs a connection.
        foreach (var listener in new[] { one, other })
        {
            var connection = listener.Services.GetRequiredService<RedisConnection>();
            var channel = new RedisChannel(TickerChanges.Channel, RedisChannel.PatternMode.Literal);
            await Eventually.HoldsAsync(() => connection.Current?.GetSubscriber().IsConnected(channel) == true);
        }

        using var deleted = await client.DeleteAsync("/v1/tickers/HEARD?confirm=HEARD", Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await Eventually.GetAsync(async () => await directory.FindAsync(Symbol.Parse("HEARD"), Token), ticker => ticker is null);
    }

    [Fact]
    public async Task Negative_prices_can_be_allowed_at_once_and_forbidden_while_none_are_stored()
    {
        await AddAsync("OIL");
        var directory = Api.Services.GetRequiredService<TickerDirectory>();
        Assert.False((await directory.FindAsync(Symbol.Parse("OIL"), Token))!.AllowsNegative);
        using var allowed = await Client.PatchAsync("/v1/tickers/OIL", Json("""{"allowsNegative":true}"""), Token);
        Assert.True((await allowed.Content.ReadFromJsonAsync<TickerResponse>(Token))!.AllowsNegative);
        // The change is announced, so that writers of this process do not use the cached ticker.
        Assert.True((await directory.FindAsync(Symbol.Parse("OIL"), Token))!.AllowsNegative);

        await Database.ExecuteAsync(
            """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('OIL', '1d', '2020-04-20', 17.73, 17.85, -40.32, -37.63, 1)
            """
        );
        foreach (
            var refused in new[]
            {
                await Client.PatchAsync("/v1/tickers/OIL", Json("""{"name":"Oil","allowsNegative":false}"""), Token),
                await Client.PutAsync("/v1/tickers/OIL", Json("""{"name":"Oil"}"""), Token),
            }
        )
        {
            var problem = await refused.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/negative-prices-stored");
            Assert.Contains(
                "OIL has bars with zero or negative prices, such as the 1d bar at 2020-04-20",
                problem.GetProperty("detail").GetString(),
                StringComparison.Ordinal
            );
            refused.Dispose();
        }

        var unchanged = (await Client.GetFromJsonAsync<TickerDetail>("/v1/tickers/OIL", Token))!;
        Assert.Equal((null, true), (unchanged.Name, unchanged.AllowsNegative));
        await Database.ExecuteAsync("DELETE FROM ohlcv_bars WHERE symbol = 'OIL'");
        using var forbidden = await Client.PatchAsync("/v1/tickers/OIL", Json("""{"allowsNegative":false}"""), Token);
        Assert.False((await forbidden.Content.ReadFromJsonAsync<TickerResponse>(Token))!.AllowsNegative);
    }

    [Fact]
    public async Task A_cached_ticker_expires_after_a_minute()
    {
        await AddAsync("SILENT");
        var time = new ManualTime(At(1));
        var directory = new TickerDirectory(Database.App, time);
        var before = (await directory.FindAsync(Symbol.Parse("SILENT"), Token))!;
        await Database.ExecuteAsync(
            """
            DELETE FROM market.tickers WHERE symbol = 'SILENT';
            INSERT INTO market.tickers (symbol, timezone) VALUES ('SILENT', 'Asia/Tokyo')
            """
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
        Database.ExecuteAsync($"INSERT INTO market.tickers (symbol) VALUES ('{symbol}') ON CONFLICT DO NOTHING");

    private async Task BarsAsync(string symbol)
    {
        await AddAsync(symbol);
        await Database.ExecuteAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT '{symbol}', '1h', timestamptz '2024-06-03Z' + n * interval '1 hour', 100, 101, 99, 100, 10
              FROM generate_series(0, 19) AS n
            """
        );
    }
}
