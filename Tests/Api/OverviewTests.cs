using System.Net.Http.Json;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

public sealed class OverviewTests(TestDatabase database) : ApiTestBase(database)
{
    [Fact]
    public async Task The_overview_has_the_daily_change_and_can_be_sorted_and_filtered()
    {
        // Each symbol has a bar of yesterday that closes at 100, and a bar of today whose close is changed by this percentage.
        foreach (
            var (symbol, type, change) in new[]
            {
                ("UP", "stock", 10m),
                ("DOWN", "etf", -5m),
                ("FLAT", "stock", 0m),
                ("LAIDOFF", "stock", 50m),
            }
        )
        {
            await Database.ExecuteAsync(
                $"""
                INSERT INTO market.tickers (symbol, name, asset_type, timezone)
                VALUES ('{symbol}', 'The "{symbol}" company', '{type}', 'UTC');
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                SELECT '{symbol}', '1d', date_trunc('day', now(), 'UTC') - n * interval '1 day', 100, 200, 50,
                       CASE n WHEN 0 THEN 100 + $1 ELSE 100 END, 1000.50
                  FROM generate_series(0, 1) AS n
                """.Replace("$1", change.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            );
        }

        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, timezone) VALUES ('NEW', 'UTC'), ('EMPTY', 'UTC');
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('NEW', '1d', date_trunc('day', now(), 'UTC'), 7, 7, 7, 7, 99999999999999999999);
            SELECT market.refresh_overview();
            UPDATE market.tickers SET is_active = false WHERE symbol = 'LAIDOFF'
            """
        );

        var all = (await Client.GetFromJsonAsync<OverviewResponse>("/v1/overview", Token))!;
        Assert.Equal(["UP", "FLAT", "DOWN", "NEW"], all.Tickers.Select(row => row.Symbol));
        Assert.Equal(4, all.Count);
        Assert.InRange(TimeProvider.System.GetUtcNow() - all.RefreshedAt!.Value, TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(5));
        var up = all.Tickers[0];
        Assert.Equal(
            ("The \"UP\" company", "1d", 110m, 100m, 10m, 10m, 200m, 50m, 1000.5m),
            (up.Name, up.Timeframe, up.Price, up.Price24hAgo, up.Change24h, up.Change24hPct, up.High24h, up.Low24h, up.Volume24h)
        );
        Assert.Equal(
            (null, null, 99999999999999999999m),
            (all.Tickers[3].Price24hAgo, all.Tickers[3].Change24hPct, all.Tickers[3].Volume24h)
        );
        // Numbers have no trailing zeros.
        Assert.Contains(
            "\"price\":110,\"price24hAgo\":100,\"change24h\":10,\"change24hPct\":10,",
            await Client.GetStringAsync("/v1/overview", Token),
            StringComparison.Ordinal
        );

        foreach (
            var (query, expected) in new (string, string[])[]
            {
                ("order=asc", ["DOWN", "FLAT", "UP", "NEW"]),
                ("sort=symbol", ["DOWN", "FLAT", "NEW", "UP"]),
                ("sort=symbol&order=desc", ["UP", "NEW", "FLAT", "DOWN"]),
                ("sort=price&limit=1", ["UP"]),
                ("sort=volume&limit=1", ["NEW"]),
                ("minChange=0", ["UP", "FLAT"]),
                ("maxChange=-4.5", ["DOWN"]),
                ("minChange=-5&maxChange=0", ["FLAT", "DOWN"]),
                ("assetType=etf", ["DOWN"]),
                ("assetType=bond", []),
                ("search=%22dow", ["DOWN"]),
                ("search=f", ["FLAT"]),
                ("search=%25", []),
                ("symbols=new,down,GONE,LAIDOFF", ["DOWN", "NEW"]),
            }
        )
        {
            Assert.Equal(
                expected,
                (await Client.GetFromJsonAsync<OverviewResponse>("/v1/overview?" + query, Token))!.Tickers.Select(row => row.Symbol)
            );
        }

        foreach (var sort in new[] { "change", "price", "volume", "symbol" })
        {
            foreach (var order in new[] { "asc", "desc" })
            {
                var query = $"/v1/overview?sort={sort}&order={order}";
                var whole = (await Client.GetFromJsonAsync<OverviewResponse>(query, Token))!;
                Assert.Null(whole.Next);
                var pages = new List<OverviewRow>();
                string? next = null;
                do
                {
                    var page = (
                        await Client.GetFromJsonAsync<OverviewResponse>($"{query}&limit=1{(next is null ? "" : "&cursor=" + next)}", Token)
                    )!;
                    pages.AddRange(page.Tickers);
                    next = page.Next;
                } while (next is not null);
                Assert.Equal(whole.Tickers, pages);
                using var other = await Client.GetAsync(
                    $"{query}&cursor={Wyckoff.Api.Binding.Cursor.Make("another query", "UP|1")}",
                    Token
                );
                Assert.Equal(["cursor"], await other.ReadInvalidNamesAsync());
            }
        }

        using var deleted = await Client.DeleteAsync("/v1/tickers/UP?confirm=UP", Token);
        Assert.Equal(
            ["FLAT", "DOWN", "NEW"],
            (await Client.GetFromJsonAsync<OverviewResponse>("/v1/overview", Token))!.Tickers.Select(row => row.Symbol)
        );
        // The materialized view still has the deleted ticker until the next refresh, but the new ticker has another id.
        await Database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('UP')");
        Assert.DoesNotContain("\"UP\"", await Client.GetStringAsync("/v1/overview", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zero_and_negative_prices_have_no_percentage_and_do_not_keep_the_others_from_theirs()
    {
        foreach (
            var (symbol, before, now) in new[]
            {
                ("OIL", -37.63m, 10.01m),
                ("ZERO", 0m, 5m),
                ("SUNK", 18.27m, -37.63m),
                ("FINE", 100m, 101m),
            }
        )
        {
            await Database.ExecuteAsync(
                FormattableString.Invariant(
                    $"""
                    INSERT INTO market.tickers (symbol, timezone, asset_type, allows_negative) VALUES ('{symbol}', 'UTC', 'future', true);
                    INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                    SELECT '{symbol}', '1d', date_trunc('day', now(), 'UTC') - n * interval '1 day', close, close, close, close, 1
                      FROM (VALUES (1, {before}), (0, {now})) v (n, close)
                    """
                )
            );
        }

        await Database.ExecuteAsync("SELECT market.refresh_overview()");
        Assert.Equal(
            [("FINE", 1m, 1m), ("SUNK", -55.9m, -305.9661m), ("OIL", 47.64m, null), ("ZERO", 5m, null)],
            (await Client.GetFromJsonAsync<OverviewResponse>("/v1/overview?assetType=future", Token))!.Tickers.Select(row =>
                (row.Symbol, row.Change24h, row.Change24hPct)
            )
        );
        // The other tests of this class share the database.
        await Database.ExecuteAsync("DELETE FROM market.tickers WHERE asset_type = 'future'; SELECT market.refresh_overview()");
    }

    [Theory]
    [InlineData("sort=colour&order=up&minChange=much&limit=0", "limit", "minChange", "order", "sort")]
    [InlineData("minChange=2&maxChange=1", "minChange")]
    [InlineData("maxChange=1e400", "maxChange")]
    [InlineData("min=1", "min")]
    public async Task All_invalid_parameters_are_named_at_once(string query, params string[] invalid)
    {
        using var response = await Client.GetAsync("/v1/overview?" + query, Token);
        Assert.Equal(invalid, await response.ReadInvalidNamesAsync());
    }
}
