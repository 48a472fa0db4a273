using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars.RollUp;

public sealed class PlainRederiveTests(PlainDatabase database) : RederiveTests<PlainDatabase>(database);

public sealed class CommunityRederiveTests(CommunityDatabase database) : RederiveTests<CommunityDatabase>(database);

/// <summary>Whatever the order of writes, with late and corrected bars, every stored row equals that of one pass in order.</summary>
public abstract class RederiveTests<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : TestDatabase
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(40)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_120), FSharpOption<int>.None)));

    // The default time zone of a ticker.
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
    private static int _tickers;

    // Read here, so that a missing server skips the test. Within the property it would count as a counterexample.
    private readonly Wyckoff.Timescale.TimescaleEdition _edition = database.Edition;

    /// <summary>A bar to write at a position in the series; null deletes the bar.</summary>
    public sealed record Write(int Slot, Bar? Bar);

    public sealed record Bar(decimal Spread, decimal Volume);

    public sealed record History(Timeframe Timeframe, Write[][] Batches);

    // Zeros make means zero, tiny amounts next to huge ones make ratios reach the cap, and small integers make ratios that are halfway
    // between two values of the column.
    private static Gen<decimal> Amounts(decimal huge) =>
        Gen.Frequency(
            (3, Gen.Constant(0m)),
            (5, Gen.Choose(1, 40).Select(n => (decimal)n)),
            (2, Gen.Choose(1, int.MaxValue).Select(n => n / 100_000_000m)),
            (1, Gen.Constant(0.00000001m)),
            (1, Gen.Choose(1, 1000).Select(n => huge / n))
        );

    private static Gen<History> Histories() =>
        from timeframe in Gen.Elements(Timeframe.Minute1, Timeframe.Hour4, Timeframe.Day1)
        from batches in Gen.ArrayOf(
                Gen.ArrayOf(
                        from slot in Gen.Choose(0, 70)
                        from spread in Amounts(1_000_000m)
                        from volume in Amounts(1_000_000_000_000_000m)
                        from deletes in Gen.Frequency((6, Gen.Constant(false)), (1, Gen.Constant(true)))
                        select new Write(slot, deletes ? null : new(decimal.Round(spread, 8), decimal.Round(volume, 8)))
                    )
                    .Resize(45)
            )
            .Resize(7)
        select new History(timeframe, batches);

    [Fact]
    public void Writes_through_the_view_in_any_order_derive_the_same_as_one_pass() =>
        Prop.ForAll(
                Histories().ToArbitrary(),
                history =>
                {
                    var (ticker, symbol) = NewTicker();
                    using var connection = database.App.OpenConnection();
                    foreach (var batch in history.Batches)
                    {
                        foreach (var write in batch.Where(write => write.Bar is null))
                        {
                            Execute(
                                connection,
                                "DELETE FROM ohlcv_bars WHERE symbol = $1 AND timeframe = $2 AND timestamp = $3",
                                symbol,
                                history.Timeframe.Name,
                                Time(history, write.Slot)
                            );
                        }

                        var bars = batch.Where(write => write.Bar is not null).ToArray();
                        Execute(
                            connection,
                            """
                            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                            SELECT $1, $2, timestamp, 1, 1 + spread, 1, 1, volume
                              FROM unnest($3::timestamptz[], $4::numeric[], $5::numeric[]) w (timestamp, spread, volume)
                            """,
                            symbol,
                            history.Timeframe.Name,
                            bars.Select(write => Time(history, write.Slot)).ToArray(),
                            bars.Select(write => write.Bar!.Spread).ToArray(),
                            bars.Select(write => write.Bar!.Volume).ToArray()
                        );
                    }

                    Compare(connection, ticker, history);
                }
            )
            .Check(Seeded);

    [Fact]
    public void Rederiving_only_the_changed_range_corrects_all_affected_bars() =>
        Prop.ForAll(
                Histories().ToArbitrary(),
                history =>
                {
                    var (ticker, _) = NewTicker();
                    var table = MarketSchema.BarsTable(history.Timeframe);
                    using var connection = database.App.OpenConnection();
                    foreach (var batch in history.Batches.Where(batch => batch.Length > 0))
                    {
                        foreach (var write in batch)
                        {
                            Execute(
                                connection,
                                $"DELETE FROM {table} WHERE ticker_id = $1 AND timestamp = $2",
                                ticker,
                                Time(history, write.Slot)
                            );
                            if (write.Bar is { } bar)
                            {
                                // The derived fields are wrong on purpose, so that all of them must be derived again.
                                Execute(
                                    connection,
                                    $"""
                                    INSERT INTO {table} (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio,
                                      volume_ratio, low_history, source)
                                    VALUES ($1, $2, 1, 1 + $3, 1, 1, $4, 7, 7, 7, true, 'x')
                                    """,
                                    ticker,
                                    Time(history, write.Slot),
                                    bar.Spread,
                                    bar.Volume
                                );
                            }
                        }

                        Execute(
                            connection,
                            "SELECT market.rederive($1, $2, tstzrange($3, $4, '[]'))",
                            ticker,
                            history.Timeframe.Name,
                            Time(history, batch.Min(write => write.Slot)),
                            Time(history, batch.Max(write => write.Slot))
                        );
                    }

                    Compare(connection, ticker, history);
                    // Rederiving again changes nothing.
                    using var again = new NpgsqlCommand("SELECT market.rederive($1, $2, '(,)') IS NULL", connection)
                    {
                        Parameters =
                        {
                            new() { Value = ticker },
                            new() { Value = history.Timeframe.Name },
                        },
                    };
                    Assert.Equal(true, again.ExecuteScalar());
                }
            )
            .Check(Seeded);

    [Fact]
    public void Ratios_are_capped_and_rounded_half_away_from_zero()
    {
        using var command = database.App.CreateCommand(
            """
            SELECT market.bar_ratio(1000000, 1, 1), market.bar_ratio(1, 20000, 1), market.bar_ratio(3, 20000, 1),
              market.bar_ratio(0, 0, 20), market.bar_ratio(5, 0, 3), market.bar_ratio(0, NULL, 0)
            """
        );
        using var reader = command.ExecuteReader();
        Assert.True(reader.Read());
        Assert.Equal([999_999.9999m, 0.0001m, 0.0002m, 0m, 0m, 1m], Enumerable.Range(0, 6).Select(reader.GetDecimal));
    }

    private static DateTimeOffset Time(History history, int slot) =>
        // With a gap, so that the search for the lookback has to widen its span.
        Start + history.Timeframe.Width * (slot + (slot > 30 ? 4000 : 0));

    private static void Compare(NpgsqlConnection connection, int ticker, History history)
    {
        using var command = new NpgsqlCommand(
            $"""
            SELECT timestamp, high, volume, spread_ratio, volume_ratio, low_history, quality_score, spread = high - low
              FROM {MarketSchema.BarsTable(history.Timeframe)}
             WHERE ticker_id = $1
             ORDER BY timestamp
            """,
            connection
        )
        {
            Parameters = { new() { Value = ticker } },
        };
        using var reader = command.ExecuteReader();
        var derivation = new BarDerivation(history.Timeframe, new(NewYork));
        var stored = new List<(DateTimeOffset, BarDerivation.Fields)>();
        var derived = new List<(DateTimeOffset, BarDerivation.Fields)>();
        while (reader.Read())
        {
            var timestamp = reader.GetFieldValue<DateTimeOffset>(0);
            Assert.Null(IncomingBar.TryCreate(timestamp, 1, reader.GetDecimal(1), 1, 1, reader.GetDecimal(2), null, null, out var bar));
            Assert.True(reader.GetBoolean(7));
            stored.Add(
                (
                    timestamp,
                    new(
                        (long)(reader.GetDecimal(3) * 10_000),
                        (long)(reader.GetDecimal(4) * 10_000),
                        reader.GetBoolean(5),
                        (int)(reader.GetDecimal(6) * 100)
                    )
                )
            );
            derived.Add((timestamp, derivation.Next(bar)));
        }

        Assert.Equal(derived, stored);
    }

    private (int Id, string Symbol) NewTicker()
    {
        var symbol = $"R{Interlocked.Increment(ref _tickers)}";
        using var command = database.App.CreateCommand("INSERT INTO tickers (symbol) VALUES ($1) RETURNING id");
        command.Parameters.Add(new() { Value = symbol });
        return ((int)command.ExecuteScalar()!, symbol);
    }

    private static void Execute(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        command.ExecuteNonQuery();
    }
}
