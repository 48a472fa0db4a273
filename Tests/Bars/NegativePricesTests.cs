using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.RollUp;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars;

/// <summary>Zero and negative prices, in the encoders, the roll-up, and the database.</summary>
public sealed class NegativePricesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly long Start = IncomingBar.TimeOf(new(2020, 4, 20, 0, 0, 0, TimeSpan.Zero));
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(40)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None)));
    private static int _tickers;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Up to 18 digits of either sign, with zeros in any place.
    private static Gen<long> Prices() =>
        from digits in Gen.Choose(0, 18)
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        from sign in Gen.Elements(1, -1)
        from zeros in Gen.Elements(1L, 10_000L, 100_000_000L)
        select sign * (((long)high << 31 | (uint)low) % (long)Math.Pow(10, digits) / zeros * zeros);

    private static Gen<IncomingBar> Bars() =>
        from prices in Gen.ArrayOf(Prices(), 4)
        from vwap in Prices()
        from volume in Gen.Frequency(
            (1, Gen.Constant((Int128)0)),
            (4, Gen.Choose(1, 1000).Select(n => n * (Int128)IncomingBar.One)),
            // Odd volumes of the smallest unit make means that are halfway between two values of the column.
            (4, Gen.Choose(1, 9).Select(n => (Int128)n)),
            (1, Gen.Choose(1, 9).Select(n => n * (IncomingBar.VolumeLimit / 10)))
        )
        select new IncomingBar(Start, prices[0], prices.Max(), prices.Min(), prices[1], volume, IncomingBar.Unknown, vwap);

    [Fact]
    public void Prices_of_both_signs_are_written_and_read_as_PostgreSQL_reads_them()
    {
        var (ticker, _) = NewTicker(allowsNegative: true);
        using var connection = database.App.OpenConnection();
        Prop.ForAll(
                Bars().ArrayOf().Resize(50).ToArbitrary(),
                bars =>
                {
                    Execute(connection, $"DELETE FROM market.bars_1m WHERE ticker_id = {ticker}");
                    for (var i = 0; i < bars.Length; i++)
                    {
                        bars[i] = bars[i] with { Time = Start + i * 60_000_000L };
                    }

                    Copy(connection, ticker, bars);
                    Assert.Equal(
                        bars.Select(bar =>
                            string.Join(
                                ' ',
                                new[] { bar.Open, bar.High, bar.Low, bar.Close, bar.Spread }
                                    .Select(price => IncomingBar.Text(price))
                                    .Append(bar.Vwap == 0 ? "-" : IncomingBar.Text(bar.Vwap))
                            )
                        ),
                        Column(
                            connection,
                            $"""
                            SELECT concat_ws(' ', trim_scale(open), trim_scale(high), trim_scale(low), trim_scale(close),
                                             trim_scale(spread), coalesce(trim_scale(vwap)::text, '-'))
                              FROM market.bars_1m WHERE ticker_id = {ticker} ORDER BY timestamp
                            """
                        )
                    );
                    Assert.Equal(bars, Scanned(connection, ticker, bars.Length));
                    Assert.Equal(
                        Column(
                            connection,
                            $$"""
                            SELECT format('"open":%s,"high":%s,"low":%s,"close":%s,"vwap":%s,"spread":%s}',
                                          trim_scale(open), trim_scale(high), trim_scale(low),
                                          trim_scale(close), coalesce(trim_scale(vwap)::text, 'null'), trim_scale(spread))
                              FROM market.bars_1m WHERE ticker_id = {{ticker}} ORDER BY timestamp
                            """
                        ),
                        Json(connection, ticker, bars.Length).Select(line => line[line.IndexOf("\"open\"", StringComparison.Ordinal)..])
                    );
                }
            )
            .Check(Seeded);
    }

    [Fact]
    public void The_mean_price_of_a_roll_up_equals_that_of_the_database()
    {
        using var connection = database.App.OpenConnection();
        Prop.ForAll(
                Bars().NonEmptyListOf().Resize(6).ToArbitrary(),
                bars =>
                {
                    var rollUp = new BarRollUp(Timeframe.Day1, _ => (Start, long.MaxValue));
                    foreach (var bar in bars)
                    {
                        Assert.False(rollUp.Add(bar, 100, out _, out _));
                    }

                    Assert.True(rollUp.TryTake(out var folded, out _));
                    using var command = new NpgsqlCommand(
                        """
                        SELECT coalesce(
                                 trim_scale(market.mean_price(sum(coalesce(3 * vwap, high + low + close) * volume), sum(volume))), 0)::text
                          FROM unnest($1::text[]::numeric[], $2::text[]::numeric[], $3::text[]::numeric[], $4::text[]::numeric[],
                                      $5::text[]::numeric[]) b (high, low, close, vwap, volume)
                        """,
                        connection
                    );
                    foreach (
                        var column in new Func<IncomingBar, string?>[]
                        {
                            bar => IncomingBar.Text(bar.High),
                            bar => IncomingBar.Text(bar.Low),
                            bar => IncomingBar.Text(bar.Close),
                            bar => bar.Vwap == 0 ? null : IncomingBar.Text(bar.Vwap),
                            bar => IncomingBar.Text(bar.Volume),
                        }
                    )
                    {
                        command.Parameters.Add(new() { Value = bars.Select(column).ToArray() });
                    }

                    Assert.Equal((string)command.ExecuteScalar()!, IncomingBar.Text(folded.Vwap));
                }
            )
            .Check(Seeded);
    }

    [Theory]
    [InlineData("0.5, 2, 0, 1", null, "low 0")]
    [InlineData("-0.5, 2, -1, 1", null, "open -0.5")]
    [InlineData("-0.5, 0, -1, -0.25", "-1", "open -0.5")]
    [InlineData("1, 1, 1, 1", "-3", "vwap -3")]
    [InlineData("0.000000001, 1, 0.000000001, 1", null, "open 0")]
    public async Task The_view_refuses_prices_that_are_not_positive_unless_the_ticker_allows_them(string prices, string? vwap, string names)
    {
        var (id, symbol) = NewTicker(allowsNegative: false);
        var insert = $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, vwap)
            VALUES ('{symbol}', '1d', '2020-04-17', 1, 1, 1, 1, 1, 1), ('{symbol}', '1d', '2020-04-20', {prices}, 1, {vwap ?? "NULL"})
            """;
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AppAsync(insert));
        Assert.Equal((PostgresErrorCodes.CheckViolation, names.Split(' ')[0]), (refused.SqlState, refused.ColumnName));
        Assert.StartsWith($"The 1d bar of {symbol} at 2020-04-20", refused.MessageText, StringComparison.Ordinal);
        Assert.EndsWith(
            $": {names}: more than 0 is expected, because the ticker does not allow negative prices.",
            refused.MessageText,
            StringComparison.Ordinal
        );
        Assert.Equal(0L, await database.ScalarAsync<long>($"SELECT count(*) FROM market.bars_1d WHERE ticker_id = {id}"));

        await database.ExecuteAsync($"UPDATE market.tickers SET allows_negative = true WHERE id = {id}");
        Assert.Equal(2, await AppAsync(insert));
    }

    [Fact]
    public async Task The_view_refuses_updates_and_bars_that_move_to_a_ticker_without_negative_prices()
    {
        var (_, allowing) = NewTicker(allowsNegative: true);
        var (_, ordinary) = NewTicker(allowsNegative: false);
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{ordinary}', '1d', '2020-04-20', 1, 1, 1, 1, 1), ('{allowing}', '1d', '2020-04-21', -1, 0, -3, -2, 1)
            """
        );
        foreach (
            var update in new[]
            {
                $"UPDATE ohlcv_bars SET low = -1 WHERE symbol = '{ordinary}'",
                $"UPDATE ohlcv_bars SET symbol = '{ordinary}' WHERE symbol = '{allowing}'",
            }
        )
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => AppAsync(update));
            Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
        }

        Assert.Equal(1, await AppAsync($"UPDATE ohlcv_bars SET low = -3.5 WHERE symbol = '{allowing}'"));
    }

    [Fact]
    public async Task A_vwap_of_zero_is_an_unknown_one()
    {
        var (id, symbol) = NewTicker(allowsNegative: true);
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, vwap)
            VALUES ('{symbol}', '1m', '2020-04-20 14:30Z', 1, 1, 1, 1, 1, 0), ('{symbol}', '1m', '2020-04-20 14:31Z', -1, -1, -1, -1, 1, -1)
            """
        );
        // The mean of 1 and -1 is 0 as well.
        Assert.Equal(
            "NULL -1.00000000 NULL",
            await database.ScalarAsync<string>(
                $"""
                SELECT string_agg(coalesce(vwap::text, 'NULL'), ' ' ORDER BY timestamp) || ' '
                       || (SELECT coalesce(vwap::text, 'NULL') FROM market.bars_5m WHERE ticker_id = {id})
                  FROM market.bars_1m WHERE ticker_id = {id}
                """
            )
        );
    }

    [Fact]
    public async Task The_spread_of_prices_near_both_limits_is_capped_in_both_ways_of_writing()
    {
        var (copied, _) = NewTicker(allowsNegative: true);
        var (inserted, symbol) = NewTicker(allowsNegative: true);
        const long limit = IncomingBar.PriceLimit - 1;
        IncomingBar[] bars =
        [
            new(Start, limit, limit, limit, limit, 1),
            new(Start + 60_000_000, -limit, -limit, -limit, -limit, 1),
            new(Start + 120_000_000, 0, limit, -limit, 0, 1),
        ];
        await new BarWriter(database.App, new(database.App)).WriteAsync(
            [new(copied, Timeframe.Minute1, bars)],
            new() { Source = "manual" },
            Token
        );
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT '{symbol}', '1m', timestamp, open, high, low, close, volume FROM market.bars_1m WHERE ticker_id = {copied}
            """
        );
        foreach (var timeframe in Timeframe.Stored)
        {
            var table = MarketSchema.QualifiedBarsTable(timeframe);
            Assert.Equal(
                1L,
                await database.ScalarAsync<long>(
                    $"SELECT count(*) FROM {table} WHERE ticker_id = {copied} AND spread = 9999999999.99999999"
                )
            );
            Assert.Equal(
                0L,
                await database.ScalarAsync<long>(
                    $"""
                    SELECT count(*)
                      FROM (SELECT * FROM {table} WHERE ticker_id = {copied}) a
                      FULL JOIN (SELECT * FROM {table} WHERE ticker_id = {inserted}) b USING (timestamp)
                     WHERE (a.open, a.high, a.low, a.close, a.vwap, a.spread, a.spread_ratio, a.quality_score, a.source)
                       IS DISTINCT FROM (b.open, b.high, b.low, b.close, b.vwap, b.spread, b.spread_ratio, b.quality_score, b.source)
                    """
                )
            );
        }
    }

    [Fact]
    public async Task A_ticker_with_negative_prices_keeps_allowing_them()
    {
        var (id, symbol) = NewTicker(allowsNegative: true);
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1h', '2020-04-20 18:00Z', -14, -10, -40.32, -37.63, 1),
              ('{symbol}', '1h', '2020-04-20 19:00Z', 1, 1, 1, 1, 1)
            """
        );
        var forbid = $"UPDATE tickers SET allows_negative = false WHERE id = {id}";
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AppAsync(forbid));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
        // The day is rolled up from the hour, and is found first.
        Assert.Equal(
            $"{symbol} has bars with zero or negative prices, such as the 1d bar at 2020-04-20 00:00:00+00 with low -40.32000000.",
            refused.MessageText
        );
        await AppAsync($"DELETE FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '1h' AND low <= 0");
        Assert.Equal(1, await AppAsync(forbid));
    }

    [Fact]
    public async Task A_ticker_does_not_stop_allowing_negative_prices_while_some_are_written()
    {
        var (id, symbol) = NewTicker(allowsNegative: true);
        await using var writer = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await writer.BeginTransactionAsync(Token);
        Execute(
            writer,
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1d', '2020-04-20', 0, 0, 0, 0, 1)
            """
        );
        var forbidding = Task.Run(() => AppAsync($"UPDATE tickers SET allows_negative = false WHERE id = {id}"), Token);
        await Eventually.HoldsAsync(async () =>
            await database.ScalarAsync<bool>(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE tickers SET allows%')"
            )
        );
        await transaction.CommitAsync(Token);
        Assert.Equal(PostgresErrorCodes.CheckViolation, (await Assert.ThrowsAsync<PostgresException>(() => forbidding)).SqlState);
    }

    private static void Copy(NpgsqlConnection connection, int ticker, IncomingBar[] bars)
    {
        CopyAsync().GetAwaiter().GetResult();

        async Task CopyAsync()
        {
            await using var copy = await BarCopy.BeginAsync(connection, "market.bars_1m", "test", null, Token);
            await copy.WriteAsync(ticker, bars.Select(bar => new FinishedBar(bar, BarDerivation.Fields.None)).ToArray(), Token);
            await copy.CompleteAsync(Token);
        }
    }

    private static List<IncomingBar> Scanned(NpgsqlConnection connection, int ticker, int count)
    {
        return ScanAsync().GetAwaiter().GetResult();

        async Task<List<IncomingBar>> ScanAsync()
        {
            await using var scan = await BarScan.BeginAsync(
                connection,
                ticker,
                Timeframe.Minute1,
                Start,
                Start + count * 60_000_000L,
                Token
            );
            var bars = new List<IncomingBar>();
            do
            {
                while (scan.TryRead(out var bar))
                {
                    bars.Add(bar.Bar);
                }
            } while (await scan.FillAsync(Token));
            return bars;
        }
    }

    private static List<string> Json(NpgsqlConnection connection, int ticker, int count)
    {
        return ReadAsync().GetAwaiter().GetResult();

        async Task<List<string>> ReadAsync()
        {
            const BarFields fields = BarFields.Open | BarFields.High | BarFields.Low | BarFields.Close | BarFields.Vwap | BarFields.Spread;
            var text = BarText.Json(fields, flagged: false, dates: false);
            var lines = new List<string>();
            await using var rows = await BarReader.OpenOnAsync(
                connection,
                ticker,
                Timeframe.Minute1,
                fields,
                [(Start, Start + count * 60_000_000L)],
                long.MaxValue,
                Token
            );
            var bytes = new byte[BarText.Longest];
            await foreach (var row in rows.ReadAllAsync(Token))
            {
                lines.Add(Encoding.UTF8.GetString(bytes, 0, text.Write(bytes, row)));
            }

            return lines;
        }
    }

    private static List<string> Column(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private async Task<int> AppAsync(string sql)
    {
        await using var command = database.App.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Token);
    }

    private (int Id, string Symbol) NewTicker(bool allowsNegative)
    {
        var symbol = $"N{Interlocked.Increment(ref _tickers)}";
        using var command = database.App.CreateCommand("INSERT INTO tickers (symbol, allows_negative) VALUES ($1, $2) RETURNING id");
        command.Parameters.Add(new() { Value = symbol });
        command.Parameters.Add(new() { Value = allowsNegative });
        return ((int)command.ExecuteScalar()!, symbol);
    }
}
