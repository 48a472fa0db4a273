using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Parquet;
using Wyckoff.Parquet;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Api.Bars;

/// <summary>Compares bars over HTTP with an independent model: all rows of the tables, and plain arithmetic.</summary>
public sealed class BarQueryTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly string[] Periods =
    [
        "1m",
        "3m",
        "5m",
        "10m",
        "15m",
        "30m",
        "1h",
        "2h",
        "4h",
        "6h",
        "1d",
        "2d",
        "1w",
        "1mo",
        "1q",
        "1y",
    ];
    private static bool _filled;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed record Row(
        DateTimeOffset Time,
        decimal Open,
        decimal High,
        decimal Low,
        decimal Close,
        decimal Volume,
        int? Trades,
        decimal? Vwap,
        bool Filled = false
    );

    public async ValueTask InitializeAsync()
    {
        if (_filled)
        {
            return;
        }

        // Minute bars with gaps across a change to daylight saving time, daily bars of four years, and a ticker without bars.
        var tickers = new TickerDirectory(database.App);
        var writer = new BarWriter(database.App, tickers);
        var holes = await tickers.GetOrAddAsync(Symbol.Parse("HOLES"), Token);
        await tickers.GetOrAddAsync(Symbol.Parse("NONE"), Token);
        var random = new Random(20_261_121);
        var minutes = new List<IncomingBar>();
        for (var day = new DateTime(2024, 3, 4); day < new DateTime(2024, 3, 16); day = day.AddDays(1))
        {
            if (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
            {
                continue;
            }

            var open = IncomingBar.TimeOf(TimeZoneInfo.ConvertTimeToUtc(day.AddHours(9.5), holes.Zone));
            minutes.AddRange(
                Enumerable.Range(0, 390).Where(_ => random.Next(10) > 0).Select(minute => Bar(random, open + minute * 60_000_000L))
            );
        }

        await writer.WriteAsync([new(holes.Id, Timeframe.Minute1, minutes.ToArray())], new() { Source = "test" }, Token);
        var days = Enumerable
            .Range(0, 1500)
            .Where(day => day % 7 is not (2 or 3) && random.Next(20) > 0)
            .Select(day => Bar(random, IncomingBar.TimeOf(new DateTimeOffset(2020, 1, 2, 0, 0, 0, TimeSpan.Zero).AddDays(day))))
            .ToArray();
        await writer.WriteAsync([new(holes.Id, Timeframe.Day1, days)], new() { Source = "test" }, Token);
        _filled = true;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Every_range_period_and_page_has_the_bars_of_the_tables(bool cached, int seed)
    {
        await using var api = Api(cached);
        var client = api.CreateClient();
        var random = new Random(seed);
        var stored = new Dictionary<string, List<Row>>(StringComparer.Ordinal);
        for (var round = 0; round < 150; round++)
        {
            var period = Periods[random.Next(Periods.Length)];
            if (!stored.TryGetValue(period, out var all))
            {
                stored[period] = all = await ModelAsync(period);
            }

            var intraday = period.EndsWith('m') || period.EndsWith('h');
            var first = intraday ? new DateTimeOffset(2024, 3, 3, 0, 0, 0, TimeSpan.Zero) : new(2019, 12, 1, 0, 0, 0, TimeSpan.Zero);
            var (from, to) = (
                first.AddMinutes(random.Next(intraday ? 20_000 : 2_200_000)),
                first.AddMinutes(random.Next(intraday ? 20_000 : 2_200_000))
            );
            if (from > to)
            {
                (from, to) = (to, from);
            }

            var limit = random.Next(3) == 0 ? random.Next(1, 8) : random.Next(1, 900);
            var (hasFrom, hasTo, descending, last) = (random.Next(3) > 0, random.Next(2) == 0, random.Next(3) == 0, random.Next(4) == 0);
            var range = all.Where(row => (!hasFrom || row.Time >= from) && (!hasTo || row.Time < to)).ToList();
            var query =
                $"/v1/bars/HOLES?timeframe={period}"
                + (hasFrom ? $"&from={from:yyyy-MM-ddTHH:mm:ssZ}" : "")
                + (hasTo ? $"&to={to.ToUnixTimeSeconds()}" : "");
            if (hasFrom && hasTo && from == to)
            {
                continue;
            }

            if (last)
            {
                Assert.Equal(range.TakeLast(limit), await RowsAsync(client, $"{query}&last={limit}"));
                continue;
            }

            var pages = new List<Row>();
            var expected =
                descending ? Enumerable.Reverse(range).ToList()
                : hasFrom ? range
                : [.. range.TakeLast(limit)];
            string? cursor = null;
            for (var page = 0; page < 6; page++)
            {
                using var answer = JsonDocument.Parse(
                    await client.GetStringAsync(
                        $"{query}&limit={limit}" + (descending ? "&order=desc" : "") + (cursor is null ? "" : $"&cursor={cursor}"),
                        Token
                    )
                );
                var rows = Rows(answer.RootElement);
                Assert.Equal(answer.RootElement.GetProperty("count").GetInt32(), rows.Count);
                Assert.True(rows.Count <= limit);
                pages.AddRange(rows);
                cursor = answer.RootElement.GetProperty("next").GetString();
                Assert.True(cursor is null || rows.Count == limit);
                if (cursor is null)
                {
                    break;
                }
            }

            Assert.Equal(cursor is null ? expected : expected.Take(pages.Count), pages);
        }
    }

    [Fact]
    public async Task All_formats_have_the_same_bars()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        foreach (
            var query in new[]
            {
                "timeframe=1m&last=700",
                "timeframe=1m&last=20",
                "timeframe=1d&from=2022-01-01&limit=1000",
                "timeframe=2h&last=5&fill=previous",
                "timeframe=1m&last=30&fill=null",
                "timeframe=1w&last=30",
                "timeframe=1m&from=2030-01-01",
                "timeframe=1d&last=9&fields=all",
                "timeframe=1d&last=9&fields=close,source,tradeCount",
            }
        )
        {
            var url = $"/v1/bars/HOLES?{query}";
            using var json = JsonDocument.Parse(await client.GetStringAsync(url, Token));
            var bars = json.RootElement.GetProperty("bars").EnumerateArray().Select(bar => bar.GetRawText()).ToList();

            var lines = (await client.GetStringAsync(url + "&format=ndjson", Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(bars, lines);

            using var columns = JsonDocument.Parse(await client.GetStringAsync(url + "&layout=columns", Token));
            var names = columns.RootElement.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Array).ToList();
            Assert.Equal(
                bars,
                Enumerable
                    .Range(0, bars.Count)
                    .Select(i => "{" + string.Join(',', names.Select(name => $"\"{name.Name}\":{name.Value[i].GetRawText()}")) + "}")
            );

            var csv = (await client.GetStringAsync(url + "&format=csv", Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(bars.Count, csv.Length - 1);
            Assert.Equal(
                json.RootElement.GetProperty("bars")
                    .EnumerateArray()
                    .Select(bar =>
                        $"HOLES,{json.RootElement.GetProperty("timeframe").GetString()},"
                        + string.Join(
                            ',',
                            bar.EnumerateObject()
                                .Select(field =>
                                    field.Value.ValueKind == JsonValueKind.Null ? ""
                                    : field.Value.ToString() is "True" or "False" ? field.Value.GetRawText()
                                    : field.Value.ToString()
                                )
                        )
                    ),
                csv.Skip(1)
            );

            if (!query.Contains("fields=close", StringComparison.Ordinal) && !query.Contains("fields=all", StringComparison.Ordinal))
            {
                using var file = new MemoryStream(await client.GetByteArrayAsync(url + "&format=parquet", Token));
                using var reader = ParquetReader.Open(file);
                Assert.Equal(bars.Count, reader.Rows);
                if (!query.Contains("null", StringComparison.Ordinal) && bars.Count > 0)
                {
                    using var barReader = ParquetBarReader.Open(file, new());
                    var read = new List<decimal>();
                    foreach (var batch in barReader.Read(Token))
                    {
                        foreach (var row in batch.ToArray())
                        {
                            // Rows that fill gaps are read as rejects.
                            Assert.Equal(row.Reason is null ? null : BarFile.FillsGap, row.Reason);
                            if (row.Reason is null)
                            {
                                read.Add(row.Bar.Close / (decimal)IncomingBar.One);
                            }
                        }
                    }

                    Assert.Equal(
                        json.RootElement.GetProperty("bars")
                            .EnumerateArray()
                            .Where(bar => !bar.TryGetProperty("filled", out var filled) || !filled.GetBoolean())
                            .Select(bar => bar.GetProperty("close").GetDecimal()),
                        read
                    );
                }
            }
        }
    }

    [Theory]
    [InlineData("csv", BarFormat.Csv)]
    [InlineData("parquet", BarFormat.Parquet)]
    public async Task A_download_of_all_fields_has_the_bytes_of_an_export(string name, BarFormat format)
    {
        await using var api = Api(cached: true);
        var file = await api.CreateClient()
            .GetByteArrayAsync($"/v1/bars/HOLES?timeframe=1m&from=1970-01-01&fields=all&format={name}", Token);
        using var output = new MemoryStream();
        var ticker = await api.Services.GetRequiredService<TickerDirectory>().FindAsync(Symbol.Parse("HOLES"), Token);
        using (var writer = BarFileWriter.Create(format, output))
        {
            var export = new BarExport(api.Services.GetRequiredService<BarReader>());
            Assert.True(await export.WriteAsync(writer, ticker!.Symbol, ticker.Id, Timeframe.Minute1, null, null, Token) > 0);
            await writer.FinishAsync(Token);
        }

        Assert.Equal(output.ToArray(), file);
    }

    [Fact]
    public async Task Brotli_compresses_a_response_better_than_gzip()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        Assert.InRange(await LengthAsync("br"), 1, await LengthAsync("gzip") * 9 / 10);

        async Task<int> LengthAsync(string encoding)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/bars/HOLES?timeframe=1m&limit=500")
            {
                Headers = { { "Accept-Encoding", encoding } },
            };
            using var response = await client.SendAsync(request, Token);
            Assert.Equal([encoding], response.Content.Headers.ContentEncoding);
            return (await response.Content.ReadAsByteArrayAsync(Token)).Length;
        }
    }

    [Theory]
    [InlineData(
        "timeframe=1d&last=9",
        "open high low close volume trade_count vwap spread spread_ratio volume_ratio low_history source quality_score"
    )]
    [InlineData("timeframe=1d&last=9&fields=close,source,tradeCount", "close trade_count source")]
    [InlineData("timeframe=1w&last=9&fields=high,close", "high close")]
    public async Task A_Parquet_file_has_all_fields_or_the_requested_ones(string query, string expected)
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        using var file = new MemoryStream(await client.GetByteArrayAsync($"/v1/bars/HOLES?{query}&format=parquet", Token));
        using var reader = ParquetReader.Open(file);
        Assert.Equal($"symbol timeframe timestamp {expected}", string.Join(' ', reader.Columns.Select(column => column.Name)));
        Assert.Equal(9, reader.Rows);
        var closes = reader
            .Read([reader.Columns.Single(column => column.Name == "close")], Token)
            .SelectMany(batch => Enumerable.Range(0, batch.Count).Select(row => (decimal)batch[0].Unscaled(row) / IncomingBar.One));
        using var json = JsonDocument.Parse(await client.GetStringAsync($"/v1/bars/HOLES?{query}", Token));
        Assert.Equal(json.RootElement.GetProperty("bars").EnumerateArray().Select(bar => bar.GetProperty("close").GetDecimal()), closes);
    }

    [Theory]
    [InlineData("previous")]
    [InlineData("linear")]
    [InlineData("null")]
    public async Task Gaps_are_filled_on_the_grid_also_across_pages(string fill)
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        var (from, to) = (
            new DateTimeOffset(2024, 3, 7, 14, 30, 0, TimeSpan.Zero),
            new DateTimeOffset(2024, 3, 8, 20, 0, 0, TimeSpan.Zero)
        );
        var bars = (await ModelAsync("1m")).Where(row => row.Time >= from && row.Time < to).ToList();
        var expected = new List<Row>();
        foreach (var (before, after) in bars.Zip(bars.Skip(1)))
        {
            expected.Add(before);
            for (var time = before.Time.AddMinutes(1); time < after.Time; time = time.AddMinutes(1))
            {
                var close =
                    fill == "previous"
                        ? before.Close
                        : decimal.Round(
                            before.Close
                                + (after.Close - before.Close)
                                    * (decimal)(time - before.Time).TotalMinutes
                                    / (decimal)(after.Time - before.Time).TotalMinutes,
                            8,
                            MidpointRounding.AwayFromZero
                        );
                expected.Add(new(time, close, close, close, close, 0, 0, null, true));
            }
        }

        expected.Add(bars[^1]);
        foreach (var limit in new[] { 50_000, 311 })
        {
            var filled = new List<Row>();
            for (var cursor = ""; cursor is not null; )
            {
                using var answer = JsonDocument.Parse(
                    await client.GetStringAsync(
                        $"/v1/bars/HOLES?timeframe=1m&from={from:yyyy-MM-ddTHH:mm:ssZ}&to={to:yyyy-MM-ddTHH:mm:ssZ}"
                            + $"&fill={fill}&limit={limit}&cursor={cursor}",
                        Token
                    )
                );
                if (fill == "null")
                {
                    Assert.All(
                        answer.RootElement.GetProperty("bars").EnumerateArray(),
                        bar =>
                            Assert.Equal(bar.GetProperty("filled").GetBoolean(), bar.GetProperty("close").ValueKind == JsonValueKind.Null)
                    );
                    filled.AddRange(
                        answer
                            .RootElement.GetProperty("bars")
                            .EnumerateArray()
                            .Select(bar => new Row(
                                bar.GetProperty("timestamp").GetDateTimeOffset(),
                                0,
                                0,
                                0,
                                0,
                                0,
                                null,
                                null,
                                bar.GetProperty("filled").GetBoolean()
                            ))
                    );
                }
                else
                {
                    filled.AddRange(Rows(answer.RootElement));
                }

                cursor = answer.RootElement.GetProperty("next").GetString();
            }

            Assert.Equal(
                fill == "null" ? expected.Select(row => new Row(row.Time, 0, 0, 0, 0, 0, null, null, row.Filled)) : expected,
                filled
            );
        }
    }

    [Fact]
    public async Task Filled_bars_count_when_counting_from_the_end()
    {
        await using var api = Api(cached: true);
        var rows = await RowsAsync(api.CreateClient(), "/v1/bars/HOLES?timeframe=1m&last=2000&fill=previous");
        Assert.Equal(2000, rows.Count);
        Assert.Equal(Enumerable.Range(0, 2000).Select(minute => rows[0].Time.AddMinutes(minute)), rows.Select(row => row.Time));
        Assert.Equal((await ModelAsync("1m"))[^1], rows[^1]);
    }

    [Fact]
    public async Task Times_are_written_in_the_requested_zone()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        using var minutes = JsonDocument.Parse(
            await client.GetStringAsync("/v1/bars/HOLES?timeframe=1h&from=2024-03-08&to=2024-03-12&timezone=America/New_York", Token)
        );
        var times = minutes
            .RootElement.GetProperty("bars")
            .EnumerateArray()
            .Select(bar => bar.GetProperty("timestamp").GetString()!)
            .ToList();
        Assert.Contains("2024-03-08T09:00:00-05:00", times);
        Assert.Contains("2024-03-11T09:00:00-04:00", times);
        using var days = JsonDocument.Parse(
            await client.GetStringAsync("/v1/bars/HOLES?timeframe=1mo&last=1&timezone=America/New_York", Token)
        );
        Assert.Equal("2024-03-01T00:00:00-05:00", days.RootElement.GetProperty("bars")[0].GetProperty("timestamp").GetString());
    }

    [Fact]
    public async Task The_ETag_is_the_version_and_unchanged_bars_give_304()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        var tickers = new TickerDirectory(database.App);
        var ticker = await tickers.GetOrAddAsync(Symbol.Parse("TAGGED"), Token);
        var writer = new BarWriter(database.App, tickers);
        var random = new Random(1);
        await writer.WriteAsync(
            [new(ticker.Id, Timeframe.Day1, new[] { Bar(random, 0), Bar(random, 86_400_000_000) })],
            new() { Source = "test" },
            Token
        );
        foreach (
            var query in new[] { "last=2", "from=1970-01-01", "last=2&format=csv", "from=1970-01-01&fields=all", "last=1&timeframe=1w" }
        )
        {
            using var first = await client.GetAsync($"/v1/bars/TAGGED?{query}", Token);
            var tag = Assert.Single(first.Headers.GetValues("ETag"));
            var version = long.Parse(Assert.Single(first.Headers.GetValues("Wyckoff-Version")), CultureInfo.InvariantCulture);
            Assert.Equal(HttpStatusCode.NotModified, await StatusAsync(client, query, tag));
            Assert.Equal(HttpStatusCode.NotModified, await StatusAsync(client, query, $"\"other\", {tag}"));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, query + "&order=desc", tag));
            Assert.True(
                first.Headers.CacheControl!.NoCache != query.StartsWith("from", StringComparison.Ordinal)
                    || first.Headers.CacheControl.NoCache
            );

            await writer.WriteAsync(
                [new(ticker.Id, Timeframe.Day1, new[] { Bar(random, 0) })],
                new() { Source = "test", Policy = ConflictPolicy.Replace },
                Token
            );
            using var second = await client.GetAsync($"/v1/bars/TAGGED?{query}", Token);
            Assert.Equal((version + 1).ToString(CultureInfo.InvariantCulture), Assert.Single(second.Headers.GetValues("Wyckoff-Version")));
            Assert.InRange(second.Content.Headers.LastModified!.Value, first.Content.Headers.LastModified!.Value, DateTimeOffset.MaxValue);
            Assert.InRange(
                second.Headers.Date ?? TimeProvider.System.GetUtcNow(),
                second.Content.Headers.LastModified.Value,
                second.Content.Headers.LastModified.Value.AddMinutes(1)
            );
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, query, tag));
        }

        using var closed = await client.GetAsync("/v1/bars/TAGGED?from=1970-01-01&to=1971-01-01", Token);
        Assert.Equal("max-age=60", closed.Headers.CacheControl!.ToString());

        async Task<HttpStatusCode> StatusAsync(HttpClient http, string query, string tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/bars/TAGGED?{query}");
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            using var response = await http.SendAsync(request, Token);
            Assert.Equal(
                response.StatusCode == HttpStatusCode.NotModified ? 0 : 1,
                Math.Min(1, (await response.Content.ReadAsByteArrayAsync(Token)).Length)
            );
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Several_symbols_latest_bars_and_bars_as_of_an_instant_are_correct()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        using var several = JsonDocument.Parse(await client.GetStringAsync("/v1/bars?symbols=holes,NONE,HOLES&timeframe=1m&last=3", Token));
        Assert.Equal(
            ["HOLES", "NONE"],
            several.RootElement.GetProperty("series").EnumerateArray().Select(series => series.GetProperty("symbol").GetString())
        );
        var minutes = await ModelAsync("1m");
        Assert.Equal(minutes.TakeLast(3), Rows(several.RootElement.GetProperty("series")[0]));
        Assert.Empty(Rows(several.RootElement.GetProperty("series")[1]));
        Assert.Equal(
            4,
            (await client.GetStringAsync("/v1/bars?symbols=HOLES,NONE&timeframe=1m&last=3&format=csv", Token))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Length
        );
        Assert.All(
            (await client.GetStringAsync("/v1/bars?symbols=HOLES,NONE&timeframe=1m&last=3&format=ndjson", Token)).Split(
                '\n',
                StringSplitOptions.RemoveEmptyEntries
            ),
            line => Assert.StartsWith("{\"symbol\":\"HOLES\",", line, StringComparison.Ordinal)
        );

        using var latest = JsonDocument.Parse(await client.GetStringAsync("/v1/bars/HOLES/latest?timeframe=1m", Token));
        Assert.Equal(minutes[^1], Row1(latest.RootElement.GetProperty("bar")));
        using var all = JsonDocument.Parse(await client.GetStringAsync("/v1/latest?symbols=NONE,HOLES&timeframe=1m", Token));
        Assert.Equal(JsonValueKind.Null, all.RootElement.GetProperty("latest")[0].GetProperty("bar").ValueKind);

        // At 14:31:30 the bar of 14:31 is not complete. During a day, the bar of that day is not.
        foreach (
            var (timeframe, at, complete) in new (string, string, Func<Row, bool>)[]
            {
                ("1m", "2024-03-05T14:41:30Z", row => row.Time.AddMinutes(1) <= new DateTimeOffset(2024, 3, 5, 14, 41, 30, TimeSpan.Zero)),
                ("1m", "2024-03-05T14:41:00Z", row => row.Time.AddMinutes(1) <= new DateTimeOffset(2024, 3, 5, 14, 41, 0, TimeSpan.Zero)),
                ("1h", "2024-03-05T14:41:00Z", row => row.Time.AddHours(1) <= new DateTimeOffset(2024, 3, 5, 14, 41, 0, TimeSpan.Zero)),
                ("1d", "2022-03-05T04:59:59Z", row => row.Time < new DateTimeOffset(2022, 3, 4, 0, 0, 0, TimeSpan.Zero)),
                ("1d", "2022-03-05T05:00:00Z", row => row.Time < new DateTimeOffset(2022, 3, 5, 0, 0, 0, TimeSpan.Zero)),
            }
        )
        {
            using var asOf = JsonDocument.Parse(
                await client.GetStringAsync($"/v1/asof?symbols=HOLES,NONE&timeframe={timeframe}&at={at}", Token)
            );
            Assert.Equal((await ModelAsync(timeframe)).Last(complete), Row1(asOf.RootElement.GetProperty("bars")[0].GetProperty("bar")));
        }
    }

    [Fact]
    public async Task After_a_write_the_recent_bars_are_read_once_and_another_replica_finds_them_in_Redis()
    {
        var redis = await TestServers.Current.RedisAsync();
        await using var one = new ApiServer(database.AppConnection, redis);
        await using var two = new ApiServer(database.AppConnection, redis);
        var tickers = new TickerDirectory(database.App);
        var ticker = await tickers.GetOrAddAsync(Symbol.Parse("SHARED"), Token);
        var writer = new BarWriter(database.App, tickers);
        var random = new Random(2);
        var (first, second) = (one.CreateClient(), two.CreateClient());
        var (cacheOne, cacheTwo) = (Cache(one), Cache(two));
        await Eventually.HoldsAsync(() => Redis(one).Current is not null && Redis(two).Current is not null);
        for (var round = 1; round <= 3; round++)
        {
            await writer.WriteAsync(
                [new(ticker.Id, Timeframe.Day1, new[] { Bar(random, round * 86_400_000_000L) })],
                new() { Source = "test" },
                Token
            );
            var before = cacheOne.Snapshot().Rebuilds;
            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => first.GetStringAsync("/v1/bars/SHARED?last=50", Token)));
            Assert.Single(answers.Distinct(StringComparer.Ordinal));
            Assert.Contains($"\"version\":{round},", answers[0], StringComparison.Ordinal);
            Assert.Equal(before + 1, cacheOne.Snapshot().Rebuilds);
            // The first replica writes to Redis shortly after its response. The value begins with the version.
            var hits = cacheTwo.Snapshot().RedisHits;
            await Eventually.GetAsync(KeptAsync, version => version == round);
            Assert.Equal(answers[0], await second.GetStringAsync("/v1/bars/SHARED?last=50", Token));
            Assert.Equal(hits + 1, cacheTwo.Snapshot().RedisHits);
        }

        Assert.Equal(0, cacheTwo.Snapshot().Rebuilds);

        async Task<long> KeptAsync()
        {
            var connection = Redis(two).Current!;
            var keys = connection.GetServers().Single().KeysAsync(pattern: $"wyckoff:*:bars:{ticker.Incarnation}:{ticker.Id}:*");
            await foreach (var key in keys.WithCancellation(Token))
            {
                return long.Parse((string)(await connection.GetDatabase().StringGetRangeAsync(key, 0, 15))!, CultureInfo.InvariantCulture);
            }

            return 0;
        }

        static RedisConnection Redis(ApiServer server) => server.Services.GetRequiredService<RedisConnection>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deleted_and_added_symbol_is_the_new_ticker_at_once(bool cached)
    {
        await using var api = Api(cached);
        var client = api.CreateClient();
        var symbol = cached ? "AGAINC" : "AGAINU";
        var random = new Random(3);
        for (var round = 1; round <= 3; round++)
        {
            // As if by another process whose messages do not arrive.
            var tickers = new TickerDirectory(database.App);
            var ticker = await tickers.GetOrAddAsync(Symbol.Parse(symbol), Token);
            await new BarWriter(database.App, tickers).WriteAsync(
                [new(ticker.Id, Timeframe.Day1, Enumerable.Range(0, round).Select(day => Bar(random, day * 86_400_000_000L)).ToArray())],
                new() { Source = "test" },
                Token
            );
            foreach (var query in new[] { "last=9", "from=1970-01-01", "last=9&fields=all" })
            {
                Assert.Equal(
                    round,
                    JsonDocument
                        .Parse(await client.GetStringAsync($"/v1/bars/{symbol}?{query}", Token))
                        .RootElement.GetProperty("count")
                        .GetInt32()
                );
            }

            Assert.Contains("\"close\"", await client.GetStringAsync($"/v1/latest?symbols={symbol}", Token), StringComparison.Ordinal);
            await database.ExecuteAsync($"DELETE FROM market.tickers WHERE symbol = '{symbol}'");
            foreach (
                var url in new[]
                {
                    $"/v1/bars/{symbol}?last=9",
                    $"/v1/bars/{symbol}?from=1970-01-01",
                    $"/v1/bars/{symbol}/latest",
                    $"/v1/asof?symbols={symbol}&at=2020-01-01",
                }
            )
            {
                Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(url, Token)).StatusCode);
            }
        }
    }

    [Fact]
    public async Task The_cache_in_the_process_does_not_exceed_its_maximum_size()
    {
        await using var api = new ApiServer(
            database.AppConnection,
            settings: new(StringComparer.Ordinal) { ["Wyckoff:Cache:InProcessBytes"] = "1048576" }
        );
        var client = api.CreateClient();
        foreach (var period in Periods)
        {
            foreach (var format in new[] { "json", "ndjson", "csv" })
            {
                await client.GetStringAsync($"/v1/bars/HOLES?timeframe={period}&last=500&format={format}", Token);
            }
        }

        var figures = Cache(api).Snapshot();
        Assert.InRange(figures.Bytes, 1, 1_048_576);
        Assert.InRange(figures.Windows, 1, 3 * Periods.Length - 1);
    }

    [Fact]
    public async Task A_cancelled_request_also_cancels_its_query_in_the_database()
    {
        await using var api = Api(cached: false);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var blocker = await database.Owner.OpenConnectionAsync(Token);
        await using var transaction = await blocker.BeginTransactionAsync(Token);
        await using (var block = new NpgsqlCommand("LOCK TABLE market.bars_4h IN ACCESS EXCLUSIVE MODE", blocker))
        {
            await block.ExecuteNonQueryAsync(Token);
        }

        var asked = api.CreateClient().GetAsync("/v1/bars/HOLES?timeframe=4h&from=2024-01-01", gone.Token);
        await Eventually.GetAsync(WaitingAsync, waiting => waiting == 1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Eventually.GetAsync(WaitingAsync, waiting => waiting == 0);

        async Task<long> WaitingAsync()
        {
            await using var command = database.Admin.CreateCommand(
                """
                SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE '%bars_4h%' AND state = 'active' AND wait_event_type = 'Lock'
                """
            );
            return (long)(await command.ExecuteScalarAsync(Token))!;
        }
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1000000000", "limit")]
    [InlineData("limit=60000", "limit")]
    [InlineData("last=5&limit=5", "limit")]
    [InlineData("last=0", "last")]
    [InlineData("timeframe=1s", "timeframe")]
    [InlineData("from=2024-01-02&to=2024-01-02", "from")]
    [InlineData("from=2024-01-03&to=2024-01-02", "from")]
    [InlineData("from=soon", "from")]
    [InlineData("timezone=Mars/Olympus", "timezone")]
    [InlineData("timezone=../../etc/passwd", "timezone")]
    [InlineData("fields=close,nonsense", "fields")]
    [InlineData("timeframe=3m&fields=spreadRatio", "fields")]
    [InlineData("fill=maybe", "fill")]
    [InlineData("fill=null&order=desc", "order")]
    [InlineData("order=up", "order")]
    [InlineData("adjust=split", "adjust")]
    [InlineData("format=xml", "format")]
    [InlineData("layout=columns&format=csv", "layout")]
    [InlineData("cursor=AAAA&from=2024-01-01", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    [InlineData("limit=5&limit=6", "limit")]
    [InlineData("tiemframe=1d", "tiemframe")]
    public async Task An_invalid_parameter_is_named(string query, string field)
    {
        await using var api = Api(cached: true);
        using var response = await api.CreateClient().GetAsync($"/v1/bars/HOLES?{query}", Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        Assert.Equal("/problems/invalid-parameters", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_cursor_of_another_query_is_refused()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        using var first = JsonDocument.Parse(await client.GetStringAsync("/v1/bars/HOLES?from=2020-01-01&limit=3", Token));
        var cursor = first.RootElement.GetProperty("next").GetString()!;
        Assert.Equal(
            HttpStatusCode.OK,
            (await client.GetAsync($"/v1/bars/HOLES?from=2020-01-01&limit=9&cursor={cursor}", Token)).StatusCode
        );
        foreach (
            var other in new[]
            {
                "HOLES?from=2020-01-02&limit=3",
                "HOLES?from=2020-01-01&limit=3&order=desc",
                "HOLES?from=2020-01-01&timeframe=1w",
                "NONE?from=2020-01-01&limit=3",
                "HOLES?last=3",
            }
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync($"/v1/bars/{other}&cursor={cursor}", Token)).StatusCode);
        }

        var forged = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await client.GetAsync($"/v1/bars/HOLES?from=2020-01-01&limit=3&cursor={forged}", Token)).StatusCode
        );
    }

    [Fact]
    public async Task An_unsupported_format_gives_406_and_the_preferred_format_is_chosen()
    {
        await using var api = Api(cached: true);
        var client = api.CreateClient();
        foreach (
            var (accept, expected) in new[]
            {
                ("text/csv", "text/csv"),
                ("application/xml;q=0.9, application/x-ndjson", "application/x-ndjson"),
                ("text/*", "text/csv"),
                ("*/*", "application/json"),
                ("image/png, */*;q=0.1", "application/json"),
                ("image/png", null),
                ("text/csv;q=0", null),
                ("garbage", null),
            }
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/bars/HOLES?last=1");
            request.Headers.TryAddWithoutValidation("Accept", accept);
            using var response = await client.SendAsync(request, Token);
            Assert.Equal(expected is null ? HttpStatusCode.NotAcceptable : HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(expected ?? "application/problem+json", response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Too_many_symbols_are_refused()
    {
        await using var api = Api(cached: true);
        using var response = await api.CreateClient()
            .GetAsync("/v1/bars?symbols=" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"S{i}")), Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("more than 100", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/asof?at=2024-03-05T15:00:00Z")]
    [InlineData("/v1/latest?")]
    public async Task Reads_of_many_symbols_are_limited_in_concurrency(string url)
    {
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol) SELECT 'MANY' || n FROM generate_series(1, 20) n ON CONFLICT DO NOTHING"
        );
        await using var api = Api(cached: false);
        using var client = api.CreateClient();
        Task<string> answer;
        await using (var connection = await database.Admin.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await using var hold = new NpgsqlCommand("LOCK TABLE market.bars_4h IN ACCESS EXCLUSIVE MODE", connection, transaction);
            await hold.ExecuteNonQueryAsync(Token);
            answer = client.GetStringAsync(
                $"{url}&timeframe=4h&symbols={string.Join(',', Enumerable.Range(1, 20).Select(n => $"MANY{n}"))}",
                Token
            );
            await Eventually.GetAsync(WaitingAsync, waiting => waiting == 8);
            await transaction.RollbackAsync(Token);
        }

        Assert.Equal(20, (await answer).Split("\"bar\":null").Length - 1);

        Task<long> WaitingAsync() =>
            database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'market.bars_4h'::regclass");
    }

    private ApiServer Api(bool cached) =>
        new(
            database.AppConnection,
            settings: new(StringComparer.Ordinal)
            {
                ["Wyckoff:Cache:InProcess"] = cached ? "true" : "false",
                ["Wyckoff:Cache:Redis"] = cached ? "true" : "false",
            }
        );

    private static Wyckoff.Bars.Caching.BarCache Cache(ApiServer api) =>
        (Wyckoff.Bars.Caching.BarCache)api.Services.GetService(typeof(Wyckoff.Bars.Caching.BarCache))!;

    private static IncomingBar Bar(Random random, long time)
    {
        var (open, close) = (random.Next(1, 1_000_000), random.Next(1, 1_000_000));
        var (low, high) = (Math.Min(open, close) - random.Next(Math.Min(open, close)), Math.Max(open, close) + random.Next(1000));
        const long Unit = IncomingBar.One / 10_000;
        return new(
            time,
            open * Unit,
            high * Unit,
            low * Unit,
            close * Unit,
            random.Next(3) == 0 ? 0 : random.Next() * (Int128)Unit,
            random.Next(5) == 0 ? IncomingBar.Unknown : random.Next(1000),
            random.Next(4) == 0 ? 0 : (open + close) * Unit / 2
        );
    }

    /// <summary>All bars of a period, computed from the stored ones.</summary>
    private async Task<List<Row>> ModelAsync(string period)
    {
        var (source, bucket) = period switch
        {
            "3m" => ("1m", Minutes(3)),
            "10m" => ("5m", Minutes(10)),
            "2h" => ("1h", Minutes(120)),
            "6h" => ("1h", Minutes(360)),
            "2d" => ("1d", (Func<DateTimeOffset, DateTimeOffset>)(time => time.AddDays(-((time - DateTimeOffset.UnixEpoch).Days % 2)))),
            "1w" => ("1d", time => time.AddDays(-(((int)time.DayOfWeek + 6) % 7))),
            "1mo" => ("1d", time => new(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero)),
            "1q" => ("1d", time => new(time.Year, (time.Month - 1) / 3 * 3 + 1, 1, 0, 0, 0, TimeSpan.Zero)),
            "1y" => ("1d", time => new(time.Year, 1, 1, 0, 0, 0, TimeSpan.Zero)),
            _ => (period, time => time),
        };
        await using var command = database.Admin.CreateCommand(
            $"""
            SELECT timestamp, open, high, low, close, volume, trade_count, vwap
              FROM market.bars_{source} JOIN market.tickers ON id = ticker_id
             WHERE symbol = 'HOLES'
             ORDER BY timestamp
            """
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<Row>();
        while (await reader.ReadAsync(Token))
        {
            rows.Add(
                new(
                    new(reader.GetDateTime(0)),
                    reader.GetDecimal(1),
                    reader.GetDecimal(2),
                    reader.GetDecimal(3),
                    reader.GetDecimal(4),
                    reader.GetDecimal(5),
                    reader.GetValue(6) as int?,
                    reader.GetValue(7) as decimal?
                )
            );
        }

        return source == period ? rows : [.. rows.GroupBy(row => bucket(row.Time)).Select(Fold)];

        static Func<DateTimeOffset, DateTimeOffset> Minutes(int width) =>
            time => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds() / (width * 60) * (width * 60));
    }

    private static Row Fold(IGrouping<DateTimeOffset, Row> parts)
    {
        var volume = parts.Sum(part => part.Volume);
        var turnover = parts.Sum(part => (part.Vwap * 3 ?? part.High + part.Low + part.Close) * part.Volume);
        return new(
            parts.Key,
            parts.First().Open,
            parts.Max(part => part.High),
            parts.Min(part => part.Low),
            parts.Last().Close,
            volume,
            parts.Any(part => part.Trades is null) ? null : parts.Sum(part => part.Trades!.Value),
            volume == 0 ? null : decimal.Round(turnover / (3 * volume), 8, MidpointRounding.AwayFromZero)
        );
    }

    private static async Task<List<Row>> RowsAsync(HttpClient client, string url)
    {
        using var answer = JsonDocument.Parse(await client.GetStringAsync(url, Token));
        return Rows(answer.RootElement);
    }

    private static List<Row> Rows(JsonElement answer) => [.. answer.GetProperty("bars").EnumerateArray().Select(Row1)];

    private static Row Row1(JsonElement bar) =>
        new(
            bar.GetProperty("timestamp").GetDateTimeOffset(),
            bar.GetProperty("open").GetDecimal(),
            bar.GetProperty("high").GetDecimal(),
            bar.GetProperty("low").GetDecimal(),
            bar.GetProperty("close").GetDecimal(),
            bar.GetProperty("volume").GetDecimal(),
            bar.GetProperty("tradeCount") is { ValueKind: JsonValueKind.Number } trades ? trades.GetInt32() : null,
            bar.GetProperty("vwap") is { ValueKind: JsonValueKind.Number } vwap ? vwap.GetDecimal() : null,
            bar.TryGetProperty("filled", out var filled) && filled.GetBoolean()
        );
}
