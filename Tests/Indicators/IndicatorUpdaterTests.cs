using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using Wyckoff.Timescale;

namespace Wyckoff.Tests.Indicators;

public sealed class PlainIndicatorUpdaterTests(PlainDatabase database) : IndicatorUpdaterTests<PlainDatabase>(database);

public sealed class CommunityIndicatorUpdaterTests(CommunityDatabase database) : IndicatorUpdaterTests<CommunityDatabase>(database);

/// <summary>Whatever changes in the bars, after an update every row of indicators equals that of a pass over all bars.</summary>
public abstract class IndicatorUpdaterTests<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : TestDatabase
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(8)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None)));
    private static int _tickers;

    // Read here, so that a missing server skips the test. Within the property it would count as a counterexample.
    private readonly TimescaleEdition _edition = database.Edition;

    /// <summary>A run of bars to write from a position in the series; without a price they are deleted.</summary>
    public sealed record Write(int Slot, int Bars, int? Price);

    public sealed record History(Timeframe Timeframe, (Write[] Writes, bool Updates)[] Batches);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The series is long enough that most changes do not affect its end.
    private static Gen<History> Histories() =>
        from timeframe in Gen.Elements(Timeframe.Minute1, Timeframe.Hour4, Timeframe.Day1)
        from batches in Gen.ArrayOf(
                from writes in Gen.ArrayOf(
                        from slot in Gen.Choose(0, 1500)
                        from bars in Gen.Frequency((4, Gen.Choose(1, 3)), (2, Gen.Choose(100, 600)))
                        from price in Gen.Frequency((5, Gen.Choose(-500, 500).Select(n => (int?)n)), (1, Gen.Constant((int?)null)))
                        select new Write(slot, bars, price)
                    )
                    .Resize(6)
                from updates in Gen.Elements(true, false)
                select (writes, updates)
            )
            .Resize(6)
        select new History(timeframe, batches);

    [Fact]
    public void Indicators_are_correct_after_late_corrected_and_deleted_bars_in_any_order() =>
        Prop.ForAll(
                Histories().ToArbitrary(),
                history =>
                {
                    var ticker = NewTicker();
                    foreach (var (writes, updates) in history.Batches)
                    {
                        foreach (var write in writes)
                        {
                            if (write.Price is { } price)
                            {
                                Insert(ticker, history.Timeframe, write.Slot, write.Bars, price);
                            }
                            else
                            {
                                Delete(ticker, history.Timeframe, write.Slot, write.Bars);
                            }
                        }

                        if (updates)
                        {
                            Update(ticker, history.Timeframe);
                        }
                    }

                    Update(ticker, history.Timeframe);
                    Compare(ticker, history.Timeframe);
                    // Recomputing all bars writes nothing.
                    var again = Updater().RecomputeAsync(ticker, history.Timeframe, Token).GetAwaiter().GetResult();
                    Assert.Equal((0, 0), (again.Written, again.Deleted));
                }
            )
            .Check(Seeded);

    [Fact]
    public async Task A_new_bar_writes_one_row_and_a_correction_at_most_400()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Hour1, 0, 2000, 10);
        Assert.Equal(new(1, false, 2000, 2000, 0), await Updater().UpdateAsync(ticker, Timeframe.Hour1, Token));
        Insert(ticker, Timeframe.Hour1, 2000, 1, 11);
        Assert.Equal(new(2, false, 1, 1, 0), await Updater().UpdateAsync(ticker, Timeframe.Hour1, Token));
        Insert(ticker, Timeframe.Hour1, 700, 1, 12);
        var corrected = (await Updater().UpdateAsync(ticker, Timeframe.Hour1, Token))!;
        Assert.Equal(IndicatorSeries.Window, corrected.Computed);
        // The effect of a small change falls below the eighth decimal before that.
        Assert.InRange(corrected.Written, 100, IndicatorSeries.Window);
        Assert.Equal(new(3, false, 0, 0, 0), await Updater().UpdateAsync(ticker, Timeframe.Hour1, Token));
        Compare(ticker, Timeframe.Hour1);
    }

    [Fact]
    public async Task All_indicators_are_computed_when_changes_are_no_longer_stored()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Day1, 0, 50, 10);
        await Updater().UpdateAsync(ticker, Timeframe.Day1, Token);
        Insert(ticker, Timeframe.Day1, 10, 1, 20);
        Insert(ticker, Timeframe.Day1, 49, 1, 30);
        await database.ExecuteAsync("DELETE FROM market.bar_changes WHERE ticker_id = $1 AND version = 2", ticker);
        Assert.True((await Updater().UpdateAsync(ticker, Timeframe.Day1, Token))!.Full);
        Compare(ticker, Timeframe.Day1);
    }

    [Fact]
    public async Task Bars_without_a_window_are_computed_on_request()
    {
        var ticker = NewTicker();
        await database.ExecuteAsync(
            """
            INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio,
              low_history, source)
            SELECT $1, timestamptz '1990-01-01Z' + n * interval '1 day', 1, 2, 1, 1 + n % 7 * 0.1, n, 1, 1, 1, true, 'x'
              FROM generate_series(1, 12000) n
            """,
            ticker
        );
        Assert.Equal(12_000, (await Updater().RecomputeAsync(ticker, Timeframe.Day1, Token)).Computed);
        Compare(ticker, Timeframe.Day1);
    }

    [Fact]
    public async Task A_second_update_of_the_same_window_returns_at_once()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Day1, 0, 30, 10);
        await using var connection = await database.App.OpenConnectionAsync(Token);
        // A lock on the bars table blocks the first update.
        await using var admin = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await admin.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("LOCK TABLE market.bars_1d IN ACCESS EXCLUSIVE MODE", admin))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var first = Updater().UpdateAsync(ticker, Timeframe.Day1, Token);
        await Eventually.GetAsync(
            () => database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'market.bars_1d'::regclass"),
            waiting => waiting > 0 || first.IsCompleted
        );
        Assert.False(first.IsCompleted);

        Assert.Null(await Updater().UpdateAsync(ticker, Timeframe.Day1, Token));
        await transaction.RollbackAsync(Token);
        Assert.Equal(30, (await first)!.Written);
        Assert.NotNull(await Updater().UpdateAsync(ticker, Timeframe.Day1, Token));
    }

    [Fact]
    public async Task No_rows_are_written_for_a_ticker_that_was_deleted_meanwhile()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Day1, 0, 30, 10);
        await database.ExecuteAsync("CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM market.bars_1d WHERE false; DELETE FROM kept");
        await database.ExecuteAsync("INSERT INTO kept SELECT * FROM market.bars_1d WHERE ticker_id = $1", ticker);
        await database.ExecuteAsync("DELETE FROM market.tickers WHERE id = $1", ticker);
        // Simulates an update that read the bars before the ticker was deleted.
        await database.ExecuteAsync("INSERT INTO market.bars_1d SELECT * FROM kept");
        Assert.Equal(0, (await Updater().RecomputeAsync(ticker, Timeframe.Day1, Token)).Written);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.indicators WHERE ticker_id = $1", ticker));
        await database.ExecuteAsync("DELETE FROM market.bars_1d WHERE ticker_id = $1", ticker);
    }

    [Fact]
    public async Task Rows_in_compressed_chunks_are_corrected()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Minute5, 0, 3000, 10);
        await Updater().UpdateAsync(ticker, Timeframe.Minute5, Token);
        if (_edition.HasPolicies)
        {
            Assert.NotEqual(
                0L,
                await database.ScalarAsync<long>(
                    "SELECT count(compress_chunk(c, if_not_compressed => true)) FROM show_chunks('market.indicators') c"
                )
            );
        }

        Insert(ticker, Timeframe.Minute5, 1000, 1, 99);
        Delete(ticker, Timeframe.Minute5, 2000, 1);
        var update = (await Updater().UpdateAsync(ticker, Timeframe.Minute5, Token))!;
        Assert.Equal((false, 1), (update.Full, update.Deleted));
        Compare(ticker, Timeframe.Minute5);
    }

    [Fact]
    public async Task An_update_cancelled_while_it_takes_the_lock_leaves_no_lock_in_the_pool()
    {
        var ticker = NewTicker();
        Insert(ticker, Timeframe.Hour1, 0, 5, 10);
        // Shadows PostgreSQL's function: it takes the lock but does not return.
        await database.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION public.pg_advisory_lock(bigint) RETURNS void LANGUAGE sql AS
              'SELECT pg_catalog.pg_advisory_lock($1), pg_catalog.pg_sleep(600)'
            """
        );
        await using var source = NpgsqlDataSource.Create(database.AppConnection + ";Search Path=public,pg_catalog");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var update = new IndicatorUpdater(source, TimeProvider.System).RecomputeAsync(ticker, Timeframe.Hour1, cancel.Token);
        await Eventually.HoldsAsync(async () => await LocksAsync() == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => update);
        Assert.Equal(0, await LocksAsync());
        Assert.NotNull(await Updater().UpdateAsync(ticker, Timeframe.Hour1, Token));

        Task<long> LocksAsync() =>
            database.ScalarAsync<long>(
                """
                SELECT count(*)
                  FROM pg_locks
                 WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            );
    }

    private IndicatorUpdater Updater() => new(database.App, TimeProvider.System);

    private void Update(int ticker, Timeframe timeframe) =>
        Assert.NotNull(Updater().UpdateAsync(ticker, timeframe, Token).GetAwaiter().GetResult());

    // With a gap, so that the search for earlier bars has to widen its span.
    private static DateTimeOffset Time(Timeframe timeframe, int slot) => Start + timeframe.Width * (slot + (slot > 800 ? 500 : 0));

    private void Insert(int ticker, Timeframe timeframe, int slot, int bars, int price) =>
        Execute(
            $"""
            INSERT INTO {MarketSchema.QualifiedBarsTable(timeframe)} AS b
              (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT $1, t, price, price, price, price, 1 + n % 5, 0, 1, 1, true, 'x'
              FROM (SELECT t, n, $3 + 0.01 * (n * n % 97) AS price FROM unnest($2::timestamptz[]) WITH ORDINALITY w (t, n)) s
            ON CONFLICT (ticker_id, timestamp) DO UPDATE SET (open, high, low, close, volume) =
              (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume)
            """,
            ticker,
            timeframe,
            slot,
            bars,
            price
        );

    private void Delete(int ticker, Timeframe timeframe, int slot, int bars) =>
        Execute(
            $"DELETE FROM market.{MarketSchema.BarsTable(timeframe)} WHERE ticker_id = $1 AND timestamp = ANY($2)",
            ticker,
            timeframe,
            slot,
            bars
        );

    // Records the change in the same transaction, as every writer does.
    private void Execute(string sql, int ticker, Timeframe timeframe, int slot, int bars, params object[] more)
    {
        using var connection = database.App.OpenConnection();
        using var transaction = connection.BeginTransaction();
        Run(sql, [ticker, Enumerable.Range(slot, bars).Select(place => Time(timeframe, place).UtcDateTime).ToArray(), .. more]);
        Run(
            "SELECT market.record_change($1, $2, tstzrange($3, $4))",
            ticker,
            timeframe.Name,
            Time(timeframe, slot),
            Time(timeframe, slot + bars - 1) + timeframe.Width
        );
        transaction.Commit();

        void Run(string statement, params object[] parameters)
        {
            using var command = new NpgsqlCommand(statement, connection);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new() { Value = parameter });
            }

            command.ExecuteNonQuery();
        }
    }

    private void Compare(int ticker, Timeframe timeframe)
    {
        var expected = new List<(DateTimeOffset, IndicatorValues)>();
        using (
            var bars = database.App.CreateCommand(
                $"""
                SELECT timestamp, close, volume
                  FROM market.{MarketSchema.BarsTable(timeframe)}
                 WHERE ticker_id = $1
                 ORDER BY timestamp
                """
            )
        )
        {
            bars.Parameters.Add(new() { Value = ticker });
            using var reader = bars.ExecuteReader();
            var series = new IndicatorSeries(timeframe);
            while (reader.Read())
            {
                var timestamp = reader.GetFieldValue<DateTimeOffset>(0);
                expected.Add(
                    (
                        timestamp,
                        series.Next(
                            IncomingBar.TimeOf(timestamp),
                            (long)(reader.GetDecimal(1) * IncomingBar.One),
                            (Int128)(reader.GetDecimal(2) * IncomingBar.One)
                        )
                    )
                );
            }
        }

        using var command = database.App.CreateCommand(
            """
            SELECT timestamp, sma_20, sma_50, ema_12, ema_26, rsi_14, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower,
              volume_24h
              FROM market.indicators WHERE ticker_id = $1 AND timeframe = $2 ORDER BY timestamp
            """
        );
        command.Parameters.Add(new() { Value = ticker });
        command.Parameters.Add(new() { Value = timeframe.Name });
        using var rows = command.ExecuteReader();
        var stored = new List<(DateTimeOffset, IndicatorValues)>();
        while (rows.Read())
        {
            decimal? At(int column) => rows.IsDBNull(column) ? null : rows.GetDecimal(column);
            stored.Add(
                (
                    rows.GetFieldValue<DateTimeOffset>(0),
                    new(At(1), At(2), At(3), At(4), At(5), At(6), At(7), At(8), At(9), At(10), At(11), rows.GetDecimal(12))
                )
            );
        }

        Assert.Equal(expected, stored);
    }

    private int NewTicker()
    {
        using var command = database.App.CreateCommand("INSERT INTO tickers (symbol) VALUES ($1) RETURNING id");
        command.Parameters.Add(new() { Value = $"I{Interlocked.Increment(ref _tickers)}" });
        return (int)command.ExecuteScalar()!;
    }
}
