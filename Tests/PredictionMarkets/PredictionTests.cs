using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.PredictionMarkets;

namespace Wyckoff.Tests.PredictionMarkets;

public sealed class PredictionTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, ValidRow> _valid = new ValidRow[]
    {
        new(
            "prediction.markets",
            "condition_id = '0x1'; question = 'Will it rain?'; outcomes = ARRAY['Yes', 'No']; clob_token_ids = ARRAY['y', 'n']"
        ),
        new(
            "prediction.resolutions",
            "condition_id = '0x1'; outcome = 'Yes'; winner_token_id = 'y'; resolved_at = '2031-01-01'; payout_price = 1; "
                + "detection_method = 'price'"
        ),
        new("prediction.price_snapshots", "ts = '2031-01-01'; token_id = 'y'; price = 0.5; volume_24h = 10"),
        new("prediction.orderbook_snapshots", "ts = '2031-01-01'; token_id = 'y'; bids = '[]'; asks = '[]'; spread = 0.01; midpoint = 0.5"),
        new("prediction.trades", "ts = '2031-01-01'; token_id = 'y'; side = 'BUY'; price = 0.5; size = 3; trade_id = 't1'"),
    }.ToDictionary(row => row.Table, StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables => [.. _valid.Keys];

    [Theory, MemberData(nameof(Tables))]
    public async Task The_app_role_can_insert_a_valid_row(string table) =>
        Assert.Null(await ValidRow.BrokenByAsync(database.App, InsertReferencedRows(table) + _valid[table].Insert(), Token));

    [Theory]
    [InlineData("markets", "condition_id = ''", "chk_markets_condition_id")]
    [InlineData("markets", "clob_token_ids = ARRAY['y']", "chk_markets_clob_token_ids")]
    [InlineData("resolutions", "payout_price = 1.1", "chk_resolutions_payout_price")]
    [InlineData("resolutions", "detection_method = ''", "chk_resolutions_detection_method")]
    [InlineData("resolutions", "condition_id = '0x2'", "fk_resolutions_market")]
    [InlineData("price_snapshots", "price = 1.00000001", "chk_price_snapshots_price")]
    [InlineData("price_snapshots", "price = -0.00000001", "chk_price_snapshots_price")]
    [InlineData("price_snapshots", "volume_24h = -1", "chk_price_snapshots_volume_24h")]
    [InlineData("orderbook_snapshots", "bids = '{}'", "chk_orderbook_snapshots_bids")]
    [InlineData("orderbook_snapshots", "asks = '{}'", "chk_orderbook_snapshots_asks")]
    [InlineData("orderbook_snapshots", "spread = -0.01", "chk_orderbook_snapshots_spread")]
    [InlineData("orderbook_snapshots", "midpoint = 1.01", "chk_orderbook_snapshots_midpoint")]
    [InlineData("trades", "side = 'buy'", "chk_trades_side")]
    [InlineData("trades", "price = 2", "chk_trades_price")]
    [InlineData("trades", "size = 0", "chk_trades_size")]
    [InlineData("trades", "trade_id = ''", "chk_trades_trade_id")]
    public async Task An_invalid_row_violates_the_expected_constraint(string table, string overrides, string constraint)
    {
        table = "prediction." + table;
        Assert.Equal(
            constraint,
            await ValidRow.BrokenByAsync(database.App, InsertReferencedRows(table) + _valid[table].Insert(overrides), Token)
        );
    }

    [Fact]
    public async Task A_trade_id_is_unique_over_all_time()
    {
        var trade = _valid["prediction.trades"];
        Assert.Equal(
            "pk_trade_keys",
            await ValidRow.BrokenByAsync(database.App, trade.Insert() + ";" + trade.Insert("ts = '2031-02-01'"), Token)
        );
        Assert.Null(
            await ValidRow.BrokenByAsync(database.App, trade.Insert("trade_id = NULL") + ";" + trade.Insert("trade_id = NULL"), Token)
        );
    }

    [Fact]
    public async Task Concurrent_writers_of_the_same_trades_store_them_once_without_deadlock()
    {
        var random = new Random(7);
        var ids = Enumerable.Range(0, 200).Select(i => $"race{i}").ToArray();
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async i =>
                {
                    string[] shuffled;
                    lock (random)
                    {
                        shuffled = [.. ids];
                        random.Shuffle(shuffled);
                    }

                    await using var command = database.App.CreateCommand(
                        """
                        INSERT INTO prediction.trades (ts, token_id, side, price, size, trade_id)
                        SELECT '2031-01-01', 'y', 'SELL', 0.4, 1, id FROM unnest($1) AS id
                        """
                    );
                    command.Parameters.Add(new() { Value = shuffled });
                    try
                    {
                        await command.ExecuteNonQueryAsync(Token);
                        return "ok";
                    }
                    catch (PostgresException e)
                    {
                        return e.ConstraintName ?? e.SqlState;
                    }
                })
        );
        Assert.Single(results, "ok");
        Assert.Equal(19, results.Count(result => result == "pk_trade_keys"));
        Assert.Equal(200L, await database.ScalarAsync<long>("SELECT count(*) FROM prediction.trades WHERE trade_id LIKE 'race%'"));
    }

    [Fact]
    public async Task COPY_into_trades_also_writes_their_keys()
    {
        await using (var connection = await database.App.OpenConnectionAsync(Token))
        {
            await using var copy = await connection.BeginTextImportAsync(
                "COPY prediction.trades (ts, token_id, side, price, size, trade_id) FROM STDIN",
                Token
            );
            await copy.WriteAsync("2031-01-02 00:00Z\tc\tBUY\t0.5\t2\tcopied\n");
        }

        Assert.Equal(1L, await database.ScalarAsync<long>("SELECT count(*) FROM prediction.trade_keys WHERE trade_id = 'copied'"));
    }

    [Fact]
    public async Task Deleting_a_market_deletes_its_resolution()
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand(
            _valid["prediction.markets"].Insert()
                + ";"
                + _valid["prediction.resolutions"].Insert()
                + "; DELETE FROM prediction.markets; SELECT count(*) FROM prediction.resolutions",
            connection
        );
        Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
    }

    [Theory]
    [InlineData("UPDATE prediction.price_snapshots SET price = 0")]
    [InlineData("DELETE FROM prediction.trades")]
    [InlineData("TRUNCATE prediction.orderbook_snapshots")]
    [InlineData("DELETE FROM prediction.trade_keys")]
    [InlineData("INSERT INTO prediction.trade_keys VALUES ('x', now())")]
    [InlineData("CREATE TABLE prediction.mine (x int)")]
    public async Task The_app_role_cannot_change_facts(string sql) =>
        Assert.Equal("42501", await ValidRow.BrokenByAsync(database.App, sql, Token));

    [Fact]
    public async Task Markets_and_candles_are_readable_through_the_context()
    {
        await using (var write = database.Context())
        {
            write.Add(new Market("0xc", "Who wins?", ["A", "B"], ["ta", "tb"], slug: "who-wins"));
            await write.SaveChangesAsync(Token);
        }

        await database.ExecuteAsync(
            """
            INSERT INTO prediction.price_snapshots (ts, token_id, price, volume_24h)
            VALUES ('2031-01-01 10:05Z', 'ctx', 0.25, 1), ('2031-01-01 10:55Z', 'ctx', 0.75, 2);
            INSERT INTO prediction.trades (ts, token_id, side, price, size) VALUES ('2031-01-01 10:05Z', 'ctx', 'BUY', 0.5, 4)
            """
        );
        if (!database.Edition.HasPolicies)
        {
            await using var refresh = database.Worker.CreateCommand(
                "SELECT prediction.refresh_price_candles_1h(), prediction.refresh_trade_volume_1h()"
            );
            await refresh.ExecuteNonQueryAsync(Token);
        }

        await using var context = database.Context();
        Assert.Equal(["A", "B"], (await context.Set<Market>().SingleAsync(m => m.ClobTokenIds.Contains("tb"), Token)).Outcomes);
        Assert.Equal(
            new PriceCandle(new(2031, 1, 1, 10, 0, 0, TimeSpan.Zero), "ctx", 0.25m, 0.75m, 0.25m, 0.75m, 1.5m, 2),
            await context.Set<PriceCandle>().SingleAsync(c => c.TokenId == "ctx", Token)
        );
        Assert.Equal(2m, (await context.Set<TradeVolume>().SingleAsync(v => v.TokenId == "ctx", Token)).Notional);
        Assert.Equal(PredictionSide.Buy, (await context.Set<PredictionTrade>().SingleAsync(t => t.TokenId == "ctx", Token)).Side);
    }

    private static string InsertReferencedRows(string table) =>
        table == "prediction.resolutions" ? _valid["prediction.markets"].Insert() + ";" : "";
}
