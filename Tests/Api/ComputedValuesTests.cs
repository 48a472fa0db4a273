using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

public sealed class ComputedValuesTests(TestDatabase database) : ApiTestBase(database)
{
    [Fact]
    public async Task Indicators_keep_every_stored_digit()
    {
        await AddAsync("DIGITS");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20, sma_50, rsi_14, macd, bb_lower, volume_24h)
            SELECT id, '1d', timestamptz '2024-06-03Z', 9999999999.12345678, 100, 55.5000, -0.00000001, 'NaN', 99999999999999999999.12345678
              FROM market.tickers
             WHERE symbol = 'DIGITS'
            """
        );
        var text = await Client.GetStringAsync("/v1/indicators/digits", Token);
        Assert.Equal(
            """
            {"symbol":"DIGITS","timeframe":"1d","indicators":[{"timestamp":"2024-06-03T00:00:00Z","sma20":9999999999.12345678,
            "sma50":100,"ema12":null,"ema26":null,"rsi14":55.5,"macd":-0.00000001,"macdSignal":null,"macdHistogram":null,
            "bbUpper":null,"bbMiddle":null,"bbLower":null,"volume24h":99999999999999999999.12345678}],"count":1,"next":null}
            """.ReplaceLineEndings(""),
            text
        );
        Assert.Equal(
            """
            {"symbol":"DIGITS","timeframe":"1d","indicators":[{"timestamp":"2024-06-03T00:00:00Z","sma50":100,"rsi14":55.5}],
            "count":1,"next":null}
            """.ReplaceLineEndings(""),
            await Client.GetStringAsync("/v1/indicators/DIGITS?fields=rsi14,sma50,rsi14", Token)
        );
    }

    [Fact]
    public async Task The_newest_indicators_are_returned_in_ascending_order_even_if_they_are_years_apart()
    {
        await AddAsync("SPARSE");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20)
            SELECT id, '1m', make_timestamptz(1960 + n, 1, 2, 0, 0, 0, 'UTC'), n + 1
              FROM market.tickers, generate_series(0, 60) AS n
             WHERE symbol = 'SPARSE'
            """
        );
        var newest = (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/SPARSE?timeframe=1Min&limit=3", Token))!;
        Assert.Equal([2018, 2019, 2020], newest.Indicators.Select(row => row.Timestamp.Year));
        Assert.Equal((3, null), (newest.Count, newest.Next));
        Assert.Equal(61, (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/SPARSE?timeframe=1m", Token))!.Count);
        var before = (
            await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/SPARSE?timeframe=1m&to=1965-01-01&limit=2", Token)
        )!;
        Assert.Equal([1963, 1964], before.Indicators.Select(row => row.Timestamp.Year));
        Assert.Empty((await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/SPARSE?timeframe=1h", Token))!.Indicators);
    }

    [Fact]
    public async Task Pages_contain_every_row_once_although_rows_are_added_meanwhile()
    {
        await AddAsync("PAGED");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20)
            SELECT id, '1h', timestamptz '2024-01-01Z' + n * interval '1 hour', n + 1
              FROM market.tickers, generate_series(0, 999) AS n
             WHERE symbol = 'PAGED'
            """
        );
        var seen = new List<DateTimeOffset>();
        const string query = "/v1/indicators/PAGED?timeframe=1h&from=2024-01-02&to=2024-02-01&limit=97&fields=sma20";
        string? cursor = null;
        do
        {
            var page = (await Client.GetFromJsonAsync<IndicatorsResponse>($"{query}&cursor={cursor}", Token))!;
            Assert.Equal(page.Count, page.Indicators.Count);
            seen.AddRange(page.Indicators.Select(row => row.Timestamp));
            cursor = page.Next;
            await Database.ExecuteAsync(
                """
                INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20)
                SELECT id, '1h', timestamptz '2023-12-31Z' - random() * interval '1 year', 1
                  FROM market.tickers
                 WHERE symbol = 'PAGED'
                """
            );
        } while (cursor is not null);
        var first = DateTimeOffset.Parse("2024-01-02T00:00:00Z", CultureInfo.InvariantCulture);
        Assert.Equal(Enumerable.Range(0, 720).Select(hour => first.AddHours(hour)), seen);

        // A full page without further rows has no cursor.
        var full = (
            await Client.GetFromJsonAsync<IndicatorsResponse>(query.Replace("limit=97", "limit=720", StringComparison.Ordinal), Token)
        )!;
        Assert.Equal((720, null), (full.Count, full.Next));
    }

    [Fact]
    public async Task Ten_thousand_indicators_equal_the_rows_in_the_database()
    {
        await AddAsync("MANY");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20, ema_12, macd, volume_24h)
            SELECT id, '5m', timestamptz '2024-01-01Z' + n * interval '5 minutes', 1 + n * 0.12345678,
                   CASE n % 3 WHEN 0 THEN NULL ELSE n + 0.5 END, sin(n)::numeric(18, 8), n * 1000
              FROM market.tickers, generate_series(0, 9999) AS n
             WHERE symbol = 'MANY'
            """
        );
        var rows = (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/MANY?timeframe=5m&limit=10000", Token))!;
        Assert.Equal(10_000, rows.Count);
        await using var command = Database.App.CreateCommand(
            """
            SELECT timestamp, sma_20, ema_12, macd, volume_24h
              FROM market.indicators i
              JOIN market.tickers t ON t.id = ticker_id
             WHERE symbol = 'MANY'
             ORDER BY timestamp
            """
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        foreach (var row in rows.Indicators)
        {
            Assert.True(await reader.ReadAsync(Token));
            Assert.Equal(
                (
                    await reader.GetFieldValueAsync<DateTimeOffset>(0, Token),
                    reader.GetDecimal(1),
                    await reader.GetFieldValueAsync<decimal?>(2, Token),
                    reader.GetDecimal(3),
                    reader.GetDecimal(4)
                ),
                (row.Timestamp, row.Sma20!.Value, row.Ema12, row.Macd!.Value, row.Volume24h!.Value)
            );
        }

        Assert.False(await reader.ReadAsync(Token));
    }

    [Fact]
    public async Task Features_of_one_time_are_ordered_by_version_and_pages_can_split_them()
    {
        await AddAsync("FEATURED");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.computed_features
                (ticker_id, timeframe, timestamp, feature_version, features, model_id, state_id, state_prob, log_likelihood)
            SELECT id, '1d', timestamptz '2024-06-01Z' + n * interval '1 day', version, jsonb_build_object('day', n, 'exact', 0.10),
                   'hmm', n % 4 - 1, 0.50000000, -1234567890123456.12345678
              FROM market.tickers, generate_series(0, 9) AS n, (VALUES ('v1'), ('v2'), ('v''3|"ü')) AS v (version)
             WHERE symbol = 'FEATURED'
            """
        );
        var text = await Client.GetStringAsync("/v1/features/FEATURED?limit=1&featureVersion=v1", Token);
        Assert.Equal(
            """
            {"symbol":"FEATURED","timeframe":"1d","features":[{"timestamp":"2024-06-10T00:00:00Z","featureVersion":"v1",
            "features":{"day": 9, "exact": 0.10},"modelId":"hmm","stateId":0,"stateProb":0.5,
            "logLikelihood":-1234567890123456.12345678}],"count":1,"next":null}
            """.ReplaceLineEndings(""),
            text
        );

        var newest = (await Client.GetFromJsonAsync<FeaturesResponse>("/v1/features/FEATURED?limit=4", Token))!;
        Assert.Equal([9, 10, 10, 10], newest.Features.Select(row => row.Timestamp.Day));
        Assert.Equal(
            newest
                .Features.OrderBy(row => row.Timestamp)
                .ThenBy(row => row.FeatureVersion, StringComparer.Ordinal)
                .Select(row => row.FeatureVersion),
            newest.Features.Select(row => row.FeatureVersion)
        );

        foreach (
            var (limit, version, expected) in new[]
            {
                (4, "", 30),
                (1, "", 30),
                (7, "&featureVersion=v2", 10),
                (3, "&featureVersion=v%273%7C%22%C3%BC", 10),
                (3, "&featureVersion=none", 0),
            }
        )
        {
            var seen = new List<(DateTimeOffset, string)>();
            string? cursor = null;
            do
            {
                var page = (
                    await Client.GetFromJsonAsync<FeaturesResponse>(
                        $"/v1/features/FEATURED?from=2024-01-01&limit={limit}{version}&cursor={cursor}",
                        Token
                    )
                )!;
                seen.AddRange(page.Features.Select(row => (row.Timestamp, row.FeatureVersion)));
                cursor = page.Next;
            } while (cursor is not null);
            Assert.Equal(expected, seen.Count);
            Assert.Equal(seen.Distinct().Order(), seen.Order());
            Assert.Equal(seen.Select(row => row.Item1).Order(), seen.Select(row => row.Item1));
        }
    }

    [Theory]
    [InlineData(
        "indicators/A%20B?timeframe=1w&from=yesterday&to=2024-13-01&limit=0&fields=sma20,sma21&colour=red",
        "colour",
        "fields",
        "from",
        "limit",
        "symbol",
        "timeframe",
        "to"
    )]
    [InlineData("indicators/X?from=2024-01-02&to=2024-01-02", "from")]
    [InlineData("indicators/X?from=2199-01-02", "from")]
    [InlineData("indicators/X?limit=1000000000", "limit")]
    [InlineData("indicators/X?fields=,", "fields")]
    [InlineData("indicators/X?featureVersion=v1", "featureVersion")]
    [InlineData("indicators/X?cursor=AAAA", "cursor")]
    [InlineData("indicators/X?from=2024-01-01&cursor=AAAA", "cursor")]
    [InlineData("features/X?featureVersion=%00&timeframe=3m", "featureVersion", "timeframe")]
    [InlineData("features/X?featureVersion=012345678901234567890", "featureVersion")]
    [InlineData("features/X?fields=a", "fields")]
    public async Task All_invalid_parameters_are_named_at_once(string url, params string[] invalid)
    {
        using var response = await Client.GetAsync("/v1/" + url, Token);
        Assert.Equal(invalid, await response.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task A_cursor_is_valid_only_for_its_own_query()
    {
        foreach (var symbol in new[] { "CURSED", "OTHER" })
        {
            await AddAsync(symbol);
            await Database.ExecuteAsync(
                $"""
                INSERT INTO market.indicators (ticker_id, timeframe, timestamp)
                SELECT id, frame, timestamptz '2024-01-01Z' + n * interval '1 day'
                  FROM market.tickers, generate_series(0, 9) AS n, (VALUES ('1d'), ('1h')) AS f (frame)
                 WHERE symbol = '{symbol}'
                """
            );
        }

        var next = (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/CURSED?from=2024-01-01&limit=2", Token))!.Next;
        Assert.Equal(
            8,
            (
                await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/CURSED?from=2024-01-01&limit=20&cursor=" + next, Token)
            )!.Count
        );
        foreach (
            var url in new[]
            {
                "OTHER?from=2024-01-01",
                "CURSED?from=2024-01-02",
                "CURSED?from=2024-01-01&timeframe=1h",
                "CURSED?from=2024-01-01&to=2024-02-01",
                "CURSED?limit=2",
            }
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await Client.GetAsync($"/v1/indicators/{url}&cursor={next}", Token)).StatusCode);
        }
    }

    [Fact]
    public async Task An_unknown_symbol_is_an_error_and_a_symbol_that_was_added_again_has_no_old_rows()
    {
        foreach (var kind in new[] { "indicators", "features" })
        {
            using var response = await Client.GetAsync($"/v1/{kind}/NOBODY", Token);
            await response.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-symbol");
        }

        await AddAsync("PHOENIX");
        await Database.ExecuteAsync(
            """
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp)
            SELECT id, '1d', '2024-01-01Z' FROM market.tickers WHERE symbol = 'PHOENIX'
            """
        );
        Assert.Equal(1, (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/PHOENIX", Token))!.Count);
        await Database.ExecuteAsync(
            "DELETE FROM market.tickers WHERE symbol = 'PHOENIX'; INSERT INTO market.tickers (symbol) VALUES ('PHOENIX')"
        );
        Assert.Equal(0, (await Client.GetFromJsonAsync<IndicatorsResponse>("/v1/indicators/PHOENIX", Token))!.Count);
    }

    private Task AddAsync(string symbol) =>
        Database.ExecuteAsync($"INSERT INTO market.tickers (symbol) VALUES ('{symbol}') ON CONFLICT DO NOTHING");
}
