using System.Text.Json;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars;

public sealed class PlainBarViewTests(PlainDatabase database) : BarViewTests<PlainDatabase>(database);

public sealed class ApacheBarViewTests(ApacheDatabase database) : BarViewTests<ApacheDatabase>(database);

public sealed class CommunityBarViewTests(CommunityDatabase database) : BarViewTests<CommunityDatabase>(database);

/// <summary>Tests the view <c>ohlcv_bars</c> as the app role uses it.</summary>
public abstract class BarViewTests<TDatabase>(TDatabase database) : IClassFixture<TDatabase>
    where TDatabase : TestDatabase
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1Min", "1m")]
    [InlineData("5Min", "5m")]
    [InlineData("15m", "15m")]
    [InlineData("30min", "30m")]
    [InlineData("60m", "1h")]
    [InlineData("4Hour", "4h")]
    [InlineData("1D", "1d")]
    public async Task Writes_go_to_the_table_of_the_timeframe(string written, string stored)
    {
        var symbol = await TickerAsync("T" + stored.ToUpperInvariant());
        Assert.Equal(
            2,
            await AppAsync(
                $"""
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                VALUES ('{symbol}', '{written}', '2024-03-05', 10, 12, 9, 11, 100),
                  ('{symbol}', '{written}', '2024-03-06', 10, 12, 9, 11, 300)
                """
            )
        );
        Assert.Equal([stored], await TablesOfAsync(symbol));
        Assert.Equal(2L, await CountAsync($"market.bars_{stored}", symbol));
        // Bars are rolled up into coarser timeframes, except 4h bars into days.
        string[] coarser =
            stored == "4h"
                ? []
                :
                [
                    .. Timeframe
                        .Stored.Where(timeframe => timeframe.Width > Timeframe.Parse(stored).Width)
                        .Select(timeframe => timeframe.Name),
                ];
        Assert.Equal(coarser, await TablesOfAsync(symbol, aggregated: true));

        var here = $"symbol = '{symbol}' AND timeframe = '{stored}' AND timestamp = '2024-03-05'";
        Assert.Equal(1, await AppAsync($"UPDATE ohlcv_bars SET close = 10.5, volume = 50 WHERE {here}"));
        Assert.Equal(
            10.5m,
            await database.ScalarAsync<decimal>(
                $"""
                SELECT close
                  FROM market.bars_{stored} b
                  JOIN tickers t ON t.id = ticker_id
                 WHERE symbol = '{symbol}' AND timestamp = '2024-03-05'
                """
            )
        );
        Assert.Equal(
            6m,
            await database.ScalarAsync<decimal>(
                $"""
                SELECT volume_ratio
                  FROM market.bars_{stored} b
                  JOIN tickers t ON t.id = ticker_id
                 WHERE symbol = '{symbol}' AND timestamp = '2024-03-06'
                """
            )
        );

        Assert.Equal(1, await AppAsync($"DELETE FROM ohlcv_bars WHERE {here}"));
        Assert.Equal(1L, await CountAsync($"market.bars_{stored}", symbol));
        Assert.Equal(
            1m,
            await database.ScalarAsync<decimal>(
                $"""
                SELECT volume_ratio
                  FROM market.bars_{stored} b
                  JOIN tickers t ON t.id = ticker_id
                 WHERE symbol = '{symbol}' AND timestamp = '2024-03-06'
                """
            )
        );
        foreach (var timeframe in coarser.Append(stored))
        {
            Assert.Equal(1L, await CountAsync($"market.bars_{timeframe}", symbol));
            Assert.Equal((3L, 3L), (await VersionAsync(symbol, timeframe), await ChangesAsync(symbol, timeframe)));
        }
    }

    [Fact]
    public async Task Twenty_thousand_bars_of_a_new_ticker_are_inserted_by_one_statement()
    {
        var symbol = await TickerAsync("MANY");
        // When each bar is compared with each, the statement takes minutes and times out.
        Assert.Equal(
            20_000,
            await AppAsync(
                $"""
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                SELECT '{symbol}', '1m', timestamptz '2024-03-04Z' + n * interval '1 minute', 10, 12, 9, 11, n
                  FROM generate_series(1, 20000) n
                """
            )
        );
    }

    [Fact]
    public async Task Every_write_is_rolled_up_into_coarser_timeframes()
    {
        var symbol = await TickerAsync("ROLL");
        Task WriteAsync(string timeframe, string values) =>
            AppAsync(
                $"""
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, trade_count, source)
                SELECT '{symbol}', '{timeframe}', v.*
                  FROM (VALUES {values}) v
                """
            );
        async Task<string[]> BarsAsync() =>
            await database.ScalarAsync<string[]>(
                $"""
                SELECT array_agg(concat_ws(' ', timeframe, to_char(timestamp AT TIME ZONE 'UTC', 'DD HH24:MI'), trim_scale(open),
                  trim_scale(high), trim_scale(low), trim_scale(close), trim_scale(volume), trade_count, trim_scale(vwap), quality_score,
                  source) ORDER BY market.timeframe_width(timeframe), timestamp)
                  FROM ohlcv_bars
                 WHERE symbol = '{symbol}'
                """
            );

        await WriteAsync(
            "1m",
            "('2024-03-05 14:30Z'::timestamptz, 10, 12, 9, 11, 100, 5, 'a'), ('2024-03-05 14:31Z', 11, 15, 11, 14, 300, 7, "
                + "'a'), ('2024-03-06 01:00Z', 14, 14, 14, 14, 0, NULL, 'a')"
        );
        string[] hours = ["00 10 15 9 14 400 12 12.66666667 1.00 aggregated", "00 14 14 14 14 0 0.40 aggregated"];
        Assert.Equal(
            [
                "1m 05 14:30 10 12 9 11 100 5 1.00 a",
                "1m 05 14:31 11 15 11 14 300 7 1.00 a",
                "1m 06 01:00 14 14 14 14 0 0.40 a",
                "5m 05 14:30 10 15 9 14 400 12 12.66666667 1.00 aggregated",
                "5m 06 01:00 14 14 14 14 0 0.40 aggregated",
                "15m 05 14:30 10 15 9 14 400 12 12.66666667 1.00 aggregated",
                "15m 06 01:00 14 14 14 14 0 0.40 aggregated",
                "30m 05 14:30 10 15 9 14 400 12 12.66666667 1.00 aggregated",
                "30m 06 01:00 14 14 14 14 0 0.40 aggregated",
                $"1h 05 14:{hours[0]}",
                $"1h 06 01:{hours[1]}",
                $"4h 05 12:{hours[0]}",
                $"4h 06 00:{hours[1]}",
                // 01:00 UTC on the 6th is still the 5th in New York.
                "1d 05 00:00 10 15 9 14 400 12.66666667 0.40 aggregated",
            ],
            await BarsAsync()
        );

        // A written 1h bar is kept and rolled up into 4h. The day is made of the 1m bars, which cover more hours.
        await WriteAsync("1h", "('2024-03-05 14:00Z'::timestamptz, 10, 20, 9, 14, 500, 30, 'b')");
        await AppAsync($"DELETE FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '1m' AND timestamp = '2024-03-05 14:31Z'");
        Assert.Equal(
            [
                "30m 05 14:30 10 12 9 11 100 5 10.66666667 1.00 aggregated",
                "30m 06 01:00 14 14 14 14 0 0.40 aggregated",
                "1h 05 14:00 10 20 9 14 500 30 1.00 b",
                $"1h 06 01:{hours[1]}",
                "4h 05 12:00 10 20 9 14 500 30 14.33333333 1.00 aggregated",
                $"4h 06 00:{hours[1]}",
                "1d 05 00:00 10 14 9 14 100 10.66666667 0.40 aggregated",
            ],
            (await BarsAsync())[^7..]
        );

        // Coarser bars are deleted when no finer bar is left.
        await AppAsync($"DELETE FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '1m'");
        Assert.Equal(
            [
                "1h 05 14:00 10 20 9 14 500 30 1.00 b",
                "4h 05 12:00 10 20 9 14 500 30 14.33333333 1.00 aggregated",
                "1d 05 00:00 10 20 9 14 500 30 14.33333333 1.00 aggregated",
            ],
            await BarsAsync()
        );
    }

    [Fact]
    public async Task Quality_is_derived_and_a_given_quality_is_ignored()
    {
        var symbol = await TickerAsync("QUALITY", "UTC");
        var insert = $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, quality_score)
            SELECT '{symbol}', '1d', '2024-01-01'::timestamptz + n * interval '1 day', 10,
              CASE n WHEN 4 THEN 10 WHEN 21 THEN 30 ELSE 11 END, CASE WHEN n IN (4, 21) THEN 10 ELSE 9 END,
              CASE n WHEN 21 THEN 30 ELSE 10 END, CASE n WHEN 3 THEN 0 ELSE 100 END, $1
              FROM unnest(ARRAY[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 25, 30]) n
            """;
        foreach (var given in new[] { 0.1m, 0.2m })
        {
            await using var command = database.App.CreateCommand(insert);
            command.Parameters.Add(new() { Value = given });
            await command.ExecuteNonQueryAsync(Cancellation);
            // The 4th: no volume. The 5th: one price. The 22nd: a jump of 20, more than ten mean spreads. The 31st: five days after the
            // previous bar. The 26th, four days after, loses nothing.
            Assert.Equal(
                ["04 0.80", "05 0.90", "22 0.70", "31 0.60"],
                await database.ScalarAsync<string[]>(
                    $"""
                    SELECT array_agg(to_char(timestamp AT TIME ZONE 'UTC', 'DD ') || quality_score ORDER BY timestamp)
                      FROM ohlcv_bars
                     WHERE symbol = '{symbol}' AND quality_score < 1
                    """
                )
            );
        }

        // Writing a bar with another quality changes nothing.
        Assert.Equal(1L, await VersionAsync(symbol, "1d"));

        // A late bar closes the gap, so the bar after it gets its full quality.
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1d', '2024-01-28', 10, 11, 9, 10, 100)
            """
        );
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>($"SELECT count(*) FROM ohlcv_bars WHERE symbol = '{symbol}' AND quality_score = 0.60")
        );
    }

    [Fact]
    public async Task Windows_record_the_range_of_their_bars()
    {
        var symbol = await TickerAsync("REACH");
        async Task<string> ReachAsync(string timeframe) =>
            await database.ScalarAsync<string>(
                $"""
                SELECT coalesce(to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' ' ||
                  to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'unknown')
                  FROM bar_windows w
                  JOIN tickers t ON t.id = ticker_id
                 WHERE symbol = '{symbol}' AND timeframe = '{timeframe}'
                """
            );
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1h', '2024-03-05 14:00Z', 1, 1, 1, 1, 1), ('{symbol}', '1h', '2024-03-05 16:00Z', 1, 1, 1, 1, 1)
            """
        );
        Assert.Equal("2024-03-05 14:00 2024-03-05 17:00", await ReachAsync("1h"));
        Assert.Equal("2024-03-05 00:00 2024-03-06 00:00", await ReachAsync("1d"));
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1h', '2024-03-04 14:00Z', 1, 1, 1, 1, 1)
            """
        );
        Assert.Equal("2024-03-04 14:00 2024-03-05 17:00", await ReachAsync("1h"));
        Assert.Equal("2024-03-04 00:00 2024-03-06 00:00", await ReachAsync("1d"));
        await AppAsync(
            $"SELECT market.record_change(id, '1h', '[2024-03-06 14:00Z,2024-03-06 14:00Z]') FROM tickers WHERE symbol = '{symbol}'"
        );
        Assert.Equal("2024-03-04 14:00 2024-03-06 14:00", await ReachAsync("1h"));

        // After a change of an unbounded range, the range of the bars stays unknown.
        await AppAsync($"SELECT market.record_change(id, '1h', '[2024-03-06,)') FROM tickers WHERE symbol = '{symbol}'");
        Assert.Equal("unknown", await ReachAsync("1h"));
        await AppAsync($"SELECT market.record_change(id, '1h', '[2024-03-06,2024-03-07)') FROM tickers WHERE symbol = '{symbol}'");
        Assert.Equal("unknown", await ReachAsync("1h"));
        await AppAsync($"SELECT market.record_change(id, '4h', '(,2024-03-07)') FROM tickers WHERE symbol = '{symbol}'");
        Assert.Equal("unknown", await ReachAsync("4h"));
    }

    [Fact]
    public async Task A_bar_can_be_moved_to_another_timeframe_and_symbol()
    {
        var (from, to) = (await TickerAsync("FROM"), await TickerAsync("TO"));
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{from}', '1h', '2024-03-05', 10, 12, 9, 11, 100)
            """
        );
        await AppAsync($"UPDATE ohlcv_bars SET timeframe = '4h' WHERE symbol = '{from}' AND timeframe = '1h'");
        // The moved bar replaces the 4h bar aggregated from it, and the other aggregated bars are deleted.
        Assert.Equal(["4h"], await TablesOfAsync(from));
        Assert.Empty(await TablesOfAsync(from, aggregated: true));
        await AppAsync(
            $"""
            WITH moved AS (DELETE FROM ohlcv_bars WHERE symbol = '{from}' RETURNING *) INSERT INTO ohlcv_bars
            SELECT '{to}', timeframe, timestamp, open, high, low, close, volume
              FROM moved
            """
        );
        Assert.Empty(await TablesOfAsync(from));
        Assert.Equal(["4h"], await TablesOfAsync(to));
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>(
                $"SELECT count(*) FROM ohlcv_bars WHERE source = 'aggregated' AND symbol IN ('{from}', '{to}')"
            )
        );
    }

    [Fact]
    public async Task An_update_to_the_timestamp_of_another_bar_is_refused()
    {
        var symbol = await TickerAsync("MEET");
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1d', '2024-03-05', 10, 12, 9, 11, 100), ('{symbol}', '1d', '2024-03-06', 10, 12, 9, 11, 100)
            """
        );
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            AppAsync($"UPDATE ohlcv_bars SET timestamp = '2024-03-06' WHERE symbol = '{symbol}' AND timestamp = '2024-03-05'")
        );
        Assert.Equal(PostgresErrorCodes.UniqueViolation, refused.SqlState);
        Assert.Equal(2, await AppAsync($"UPDATE ohlcv_bars SET timestamp = timestamp + interval '1 day' WHERE symbol = '{symbol}'"));
        Assert.Equal(2L, await CountAsync("market.bars_1d", symbol));
    }

    [Fact]
    public async Task Aggregated_bars_never_replace_written_bars()
    {
        var symbol = await TickerAsync("AGG");
        string Bar(int close, string source) =>
            $"""
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, source)
                VALUES ('{symbol}', '1d', '2024-03-05', {close}, {close}, {close}, {close}, 1, '{source}')
                """;
        var close = $"SELECT close FROM ohlcv_bars WHERE symbol = '{symbol}'";
        await AppAsync(Bar(1, "aggregated"));
        await AppAsync(Bar(2, "aggregated"));
        Assert.Equal(2m, await database.ScalarAsync<decimal>(close));
        await AppAsync(Bar(3, "alpaca"));
        Assert.Equal(3m, await database.ScalarAsync<decimal>(close));
        await AppAsync(Bar(4, "aggregated"));
        Assert.Equal(3m, await database.ScalarAsync<decimal>(close));
        await AppAsync(Bar(5, "csv_import"));
        Assert.Equal(5m, await database.ScalarAsync<decimal>(close));
        Assert.Equal(4L, await VersionAsync(symbol, "1d"));

        // Writing an equal bar does not raise the version.
        await AppAsync(Bar(5, "csv_import"));
        Assert.Equal(4L, await VersionAsync(symbol, "1d"));

        // Several rows of one statement have the same effect as one statement each.
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, source)
            VALUES ('{symbol}', '1d', '2024-03-06', 1, 1, 1, 1, 1, 'a'), ('{symbol}', '1d', '2024-03-06', 2, 2, 2, 2, 1, 'b'),
              ('{symbol}', '1d', '2024-03-06', 3, 3, 3, 3, 1, 'aggregated')
            """
        );
        Assert.Equal(
            2m,
            await database.ScalarAsync<decimal>($"SELECT close FROM ohlcv_bars WHERE symbol = '{symbol}' AND timestamp = '2024-03-06'")
        );
    }

    [Fact]
    public async Task A_daily_bar_gets_the_timestamp_of_its_session_date()
    {
        var (york, tokyo) = (await TickerAsync("YORK"), await TickerAsync("TOKYO", "Asia/Tokyo"));
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{york}', '1d', '2024-07-02 00:00-04', 1, 1, 1, 1, 1), ('{york}', '1d', '2024-07-03 00:00Z', 1, 1, 1, 1, 1),
              ('{tokyo}', '1d', '2024-07-02 00:00+09', 1, 1, 1, 1, 1)
            """
        );
        Assert.Equal(["2024-07-02", "2024-07-03"], await DaysAsync(york));
        Assert.Equal(["2024-07-02"], await DaysAsync(tokyo));
    }

    [Theory]
    [InlineData(
        """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('NOSUCH', '1d', '2024-01-02', 1, 1, 1, 1, 1)
            """,
        "'NOSUCH'"
    )]
    [InlineData(
        """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('NOSUCH', '1M', '2024-01-02', 1, 1, 1, 1, 1)
            """,
        "'1M'"
    )]
    [InlineData("SELECT * FROM bars('NOSUCH', '1d', now())", "'NOSUCH'")]
    [InlineData("SELECT * FROM bars('NOSUCH', '2h', now())", "'2h'")]
    [InlineData("SELECT * FROM bars(NULL, '1d', now())", "'NULL'")]
    public async Task Errors_name_the_wrong_value_and_what_was_expected(string sql, string named)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AppAsync(sql));
        Assert.Contains(named, refused.MessageText, StringComparison.Ordinal);
        Assert.Contains("expected", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prices_and_volumes_are_stored_with_all_decimals()
    {
        var symbol = await TickerAsync("BOUND");
        const decimal greatest = 9_999_999_999.99999999m,
            least = 0.00000001m,
            volume = 99_999_999_999_999_999_999.99999999m;
        await using (
            var insert = database.App.CreateCommand(
                """
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, vwap)
                VALUES ($1, '1d', '2024-01-02', $2, $3, $2, $3, $4, $3)
                """
            )
        )
        {
            insert.Parameters.AddRange(
                new NpgsqlParameter[]
                {
                    new() { Value = symbol },
                    new() { Value = least },
                    new() { Value = greatest },
                    new() { Value = volume },
                }
            );
            await insert.ExecuteNonQueryAsync(Cancellation);
        }

        await using var select = database.App.CreateCommand(
            $"SELECT low, high, volume, vwap, spread FROM ohlcv_bars WHERE symbol = '{symbol}'"
        );
        await using var reader = await select.ExecuteReaderAsync(Cancellation);
        Assert.True(await reader.ReadAsync(Cancellation));
        Assert.Equal([least, greatest, volume, greatest, greatest - least], Enumerable.Range(0, 5).Select(reader.GetDecimal));
    }

    [Fact]
    public async Task Timestamps_with_an_offset_are_returned_in_utc()
    {
        var symbol = await TickerAsync("UTC");
        await AppAsync(
            $"""
            SET timezone = 'Asia/Tokyo';
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1m', '2024-01-02T09:30:00-05:00', 1, 1, 1, 1, 1);
            RESET timezone
            """
        );
        await using var select = database.App.CreateCommand($"SELECT timestamp FROM bars('{symbol}', '1Min', '2024-01-01')");
        var read = (DateTime)(await select.ExecuteScalarAsync(Cancellation))!;
        Assert.Equal(new DateTime(2024, 1, 2, 14, 30, 0, DateTimeKind.Utc), read);
        Assert.Equal(DateTimeKind.Utc, read.Kind);
    }

    [Fact]
    public async Task Two_sessions_that_lock_one_symbol_do_not_deadlock()
    {
        var symbol = await TickerAsync("TURNS");
        const int rounds = 6;
        await Task.WhenAll(WriteAsync("1m", "1d"), WriteAsync("1d", "1m"));

        Assert.Equal(2L * rounds, await VersionAsync(symbol, "1m"));
        // The versions of its own writes, and of the roll-ups of the 1m bars.
        Assert.Equal(4L * rounds, await VersionAsync(symbol, "1d"));
        // Each version changed all five bars, so the sum tells whether an update was lost.
        Assert.Equal(
            2m * rounds,
            await database.ScalarAsync<decimal>($"SELECT max(volume) FROM ohlcv_bars WHERE symbol = '{symbol}' AND source <> 'aggregated'")
        );
        Assert.Equal(
            10m * rounds,
            await database.ScalarAsync<decimal>(
                $"SELECT volume FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '1d' AND source = 'aggregated'"
            )
        );

        Task WriteAsync(params string[] frames) =>
            WriteInRoundsAsync(
                rounds,
                frames,
                (_, frame) =>
                    $"""
                        SELECT market.lock_ticker(id) FROM tickers WHERE symbol = '{symbol}';
                        INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                        SELECT '{symbol}', '{frame}', '2024-01-02'::timestamptz + n * market.timeframe_width('{frame}'), 1, 1, 1, 1,
                               coalesce(
                                   (SELECT max(volume) FROM bars('{symbol}', '{frame}', '2024-01-01') WHERE source <> 'aggregated'),
                                   0) + 1
                          FROM generate_series(0, 4) n
                        """
            );
    }

    [Fact]
    public async Task Sessions_without_explicit_locks_do_not_deadlock()
    {
        var symbol = await TickerAsync("NOLOCK");
        const int rounds = 6;
        await Task.WhenAll(WriteAsync(0, "1m", "1h", "1d"), WriteAsync(1000, "1d", "1h", "1m"));
        Assert.Equal(2L * rounds, await VersionAsync(symbol, "1m"));
        foreach (var frame in Timeframe.Stored.Select(timeframe => timeframe.Name))
        {
            // Coarser windows have more versions, because aggregated bars changed as well.
            Assert.Equal(await ChangesAsync(symbol, frame), await VersionAsync(symbol, frame));
            Assert.True(await VersionAsync(symbol, frame) >= 2L * rounds, frame);
        }

        Task WriteAsync(int volume, params string[] frames) =>
            WriteInRoundsAsync(
                rounds,
                frames,
                (round, frame) =>
                    $"""
                        INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                        VALUES ('{symbol}', '{frame}', '2024-01-02', 1, 1, 1, 1, {volume + round})
                        """
            );
    }

    [Fact]
    public async Task An_update_of_bars_that_another_session_changed_meanwhile_is_refused()
    {
        var symbol = await TickerAsync("STALE");
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '1d', '2024-01-02', 1, 1, 1, 1, 100)
            """
        );
        var update = $"UPDATE ohlcv_bars SET volume = volume + 1 WHERE symbol = '{symbol}'";
        await using var first = await database.App.OpenConnectionAsync(Cancellation);
        await using var transaction = await first.BeginTransactionAsync(Cancellation);
        await using (var command = new NpgsqlCommand(update, first, transaction))
        {
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var second = AppAsync(update);
        await database.AdvisoryLockAwaitedAsync();

        await transaction.CommitAsync(Cancellation);
        Assert.Equal(PostgresErrorCodes.SerializationFailure, (await Assert.ThrowsAsync<PostgresException>(() => second)).SqlState);
        Assert.Equal(101m, await database.ScalarAsync<decimal>($"SELECT volume FROM ohlcv_bars WHERE symbol = '{symbol}'"));
    }

    [Fact]
    public async Task Late_bars_can_be_written_to_compressed_chunks()
    {
        _ = database.AdminConnection;
        Assert.SkipUnless(database.Edition.HasPolicies, $"{database.Edition} does not compress.");
        var symbol = await TickerAsync("LATE");
        string Bars(int from, int to) =>
            $"""
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                SELECT '{symbol}', '5m', '2023-05-01'::timestamptz + n * interval '5 minutes', 1, 2, 1, 1, 10
                  FROM generate_series({from}, {to}) n
                 WHERE n <> 50
                """;
        await AppAsync(Bars(0, 99));
        Assert.NotEqual(
            0L,
            await database.ScalarAsync<long>(
                "SELECT count(compress_chunk(c)) FROM show_chunks('market.bars_5m', older_than => '2023-06-01'::timestamptz) c"
            )
        );

        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('{symbol}', '5m', '2023-05-01'::timestamptz + interval '250 minutes', 1, 2, 1, 1, 210)
            """
        );
        Assert.Equal(
            21m,
            await database.ScalarAsync<decimal>(
                $"SELECT volume_ratio FROM bars('{symbol}', '5m', '2023-05-01'::timestamptz + interval '250 minutes') LIMIT 1"
            )
        );
        Assert.Equal(
            0.5m,
            await database.ScalarAsync<decimal>(
                $"SELECT volume_ratio FROM bars('{symbol}', '5m', '2023-05-01'::timestamptz + interval '255 minutes') LIMIT 1"
            )
        );
        await AppAsync($"UPDATE ohlcv_bars SET volume = 10 WHERE symbol = '{symbol}' AND volume = 210");
        Assert.Equal(
            100L,
            await database.ScalarAsync<long>(
                $"SELECT count(*) FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '5m' AND volume_ratio = 1"
            )
        );
        await AppAsync($"DELETE FROM ohlcv_bars WHERE symbol = '{symbol}' AND timestamp >= '2023-05-01 04:00Z'");
        Assert.Equal(48L, await CountAsync("market.bars_5m", symbol));
    }

    [Fact]
    public async Task The_reader_role_can_read_but_not_write()
    {
        await using var read = database.Reader.CreateCommand(
            "SELECT count(*) FROM ohlcv_bars, market_data, market_overview, sync_status, bar_changes"
        );
        await read.ExecuteScalarAsync(Cancellation);
        await using var write = database.Reader.CreateCommand("DELETE FROM ohlcv_bars");
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => write.ExecuteNonQueryAsync(Cancellation))).SqlState
        );
        await using var payloads = database.Reader.CreateCommand("SELECT count(*) FROM sync_payloads");
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => payloads.ExecuteScalarAsync(Cancellation))).SqlState
        );
    }

    [Fact]
    public async Task The_console_role_can_write_bars_only_through_the_view()
    {
        await ConsoleAsync("INSERT INTO tickers (symbol, timezone) VALUES ('CONSOLE', 'UTC')");
        await ConsoleAsync(
            """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('CONSOLE', '1h', '2024-03-05', 10, 12, 9, 11, 100), ('CONSOLE', '1h', '2024-03-06', 10, 12, 9, 11, 300)
            """
        );
        await ConsoleAsync("UPDATE ohlcv_bars SET close = 10.5 WHERE symbol = 'CONSOLE' AND timeframe = '1h' AND timestamp = '2024-03-05'");
        await ConsoleAsync("DELETE FROM ohlcv_bars WHERE symbol = 'CONSOLE' AND timeframe = '1h' AND timestamp = '2024-03-06'");
        Assert.Equal((3L, 3L), (await VersionAsync("CONSOLE", "1h"), await ChangesAsync("CONSOLE", "1h")));
        Assert.Equal(
            10.5m,
            await database.ScalarAsync<decimal>("SELECT close FROM ohlcv_bars WHERE symbol = 'CONSOLE' AND timeframe = '1d'")
        );

        foreach (
            var statement in new[]
            {
                "DELETE FROM bars_1h",
                "UPDATE bars_1d SET close = open",
                "INSERT INTO bars_1m SELECT * FROM bars_1m",
                "UPDATE bar_windows SET version = 9",
                "DELETE FROM tickers",
            }
        )
        {
            var e = await Assert.ThrowsAsync<PostgresException>(() => ConsoleAsync(statement));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
        }
    }

    [Fact]
    public async Task Triggers_that_a_caller_adds_to_the_staging_table_do_not_run_with_the_rights_of_the_owner()
    {
        await TickerAsync("STAGED");
        await using var connection = await database.Console.OpenConnectionAsync(Cancellation);
        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        const string write = """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('STAGED', '1d', '2024-03-05', 10, 12, 9, 11, 100)
            """;
        await ExecuteAsync("CREATE TEMPORARY TABLE staged_bars (op text)");
        var e = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(write));
        Assert.Contains("staged_bars belongs to wyckoff_console: drop it", e.MessageText, StringComparison.Ordinal);
        await ExecuteAsync("DROP TABLE staged_bars");
        await ExecuteAsync(write);
        e = await Assert.ThrowsAsync<PostgresException>(() =>
            ExecuteAsync("CREATE TRIGGER mine BEFORE INSERT ON pg_temp.staged_bars EXECUTE FUNCTION market.stage_bar()")
        );
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
        await ExecuteAsync("CREATE TEMPORARY TABLE other (LIKE ohlcv_bars)");
        e = await Assert.ThrowsAsync<PostgresException>(() =>
            ExecuteAsync("CREATE TRIGGER mine BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION market.stage_bar()")
        );
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, e.SqlState);
    }

    [Fact]
    public async Task The_overview_compares_the_price_with_that_of_24_hours_ago()
    {
        var symbol = await TickerAsync("OVER", "UTC");
        await AppAsync(
            $"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT '{symbol}', '1m', date_trunc('minute', now()) - ago, close, close, close, close, volume
              FROM (VALUES (interval '25 hours', 90, 1000), ('24 hours 3 minutes', 100, 1000), ('24 hours', 105, 10),
                ('12 hours', 140, 20), ('3 minutes', 120, 30), ('2 minutes', 110, 40)) v (ago, close, volume);
            SELECT refresh_overview();
            """
        );
        await using var select = database.Reader.CreateCommand(
            $"""
            SELECT price, price_24h_ago, change_24h, change_24h_pct, high_24h, low_24h, volume_24h
              FROM market_overview
             WHERE symbol = '{symbol}' AND timeframe = '1m'
            """
        );
        await using var reader = await select.ExecuteReaderAsync(Cancellation);
        Assert.True(await reader.ReadAsync(Cancellation));
        // The last bar closed a minute ago. 24 hours before that, the bar of 24 hours and 3 minutes ago had closed, but the bar of 24 hours
        // ago had not.
        Assert.Equal([110m, 100m, 10m, 10m, 140m, 105m, 100m], Enumerable.Range(0, 7).Select(reader.GetDecimal));
    }

    [Fact]
    public async Task Deleting_a_ticker_deletes_all_its_rows()
    {
        var symbol = await TickerAsync("GONE");
        var id = await database.ScalarAsync<int>($"SELECT id FROM tickers WHERE symbol = '{symbol}'");
        await AppAsync(
            $$"""
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT '{{symbol}}', f, '2024-01-02', 1, 1, 1, 1, 1
              FROM unnest(ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d']) f;
            INSERT INTO indicators (ticker_id, timeframe, timestamp) VALUES ({{id}}, '1d', '2024-01-02');
            INSERT INTO indicator_windows (ticker_id, timeframe, version) VALUES ({{id}}, '1d', 1);
            INSERT INTO feeds (ticker_id, timeframe, provider, since) VALUES ({{id}}, '1d', 'alpaca', '2024-01-01');
            INSERT INTO computed_features (ticker_id, timeframe, timestamp, feature_version, features)
            VALUES ({{id}}, '1d', '2024-01-02', '1', '{}');
            INSERT INTO sync_coverage (ticker_id, timeframe, source, covered) VALUES ({{id}}, '1d', 'alpaca', '{[2024-01-01,2024-02-01)}');
            WITH run AS (INSERT INTO data_sync_log (ticker_id, timeframe, source, status) VALUES ({{id}}, '1d', 'alpaca', 'success')
              RETURNING id)
            INSERT INTO sync_payloads (sync_id, ticker_id, page, received_at, request, content_type, encoding, bytes, payload)
            SELECT id, {{id}}, 1, now(), '/v2/bars', 'application/json', 'gzip', 2, '\x1f8b'
              FROM run;
            """
        );
        string[] tables =
        [
            .. Timeframe.Stored.Select(MarketSchema.BarsTable),
            "indicators",
            "computed_features",
            "sync_coverage",
            "data_sync_log",
            "sync_payloads",
            "bar_windows",
            "bar_changes",
            "indicator_windows",
            "feeds",
        ];
        foreach (var table in tables)
        {
            Assert.NotEqual(0L, await database.ScalarAsync<long>($"SELECT count(*) FROM market.{table} WHERE ticker_id = {id}"));
        }

        await AppAsync($"DELETE FROM tickers WHERE id = {id}");
        foreach (var table in tables)
        {
            Assert.Equal(0L, await database.ScalarAsync<long>($"SELECT count(*) FROM market.{table} WHERE ticker_id = {id}"));
        }
    }

    [Fact]
    public async Task Bars_without_a_ticker_are_found()
    {
        const string orphans = "SELECT count(*) FROM verify_orphans() WHERE ticker_id = 987654";
        Assert.Equal(0L, await database.ScalarAsync<long>(orphans));
        await AppAsync(
            """
            INSERT INTO bars_1h (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history,
              source)
            VALUES (987654, '2024-01-02', 1, 1, 1, 1, 1, 0, 1, 1, true, 'x')
            """
        );
        Assert.Equal(
            "bars_1h",
            await database.ScalarAsync<string>("SELECT table_name FROM verify_orphans() WHERE ticker_id = 987654 AND rows = 1")
        );
        await AppAsync("DELETE FROM bars_1h WHERE ticker_id = 987654");
        Assert.Equal(0L, await database.ScalarAsync<long>(orphans));
    }

    [Fact]
    public async Task A_query_reads_one_table_and_finds_a_year_by_the_index()
    {
        var symbol = await TickerAsync("YEAR");
        await database.ExecuteAsync(
            """
            INSERT INTO tickers (symbol) SELECT 'Y' || n FROM generate_series(1, 60) n;
            INSERT INTO bars_1m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history,
              source)
            SELECT t.id, date_trunc('day', now()) - d * interval '1 day', 1, 1, 1, 1, 1, 0, 1, 1, true, 'x'
              FROM tickers t, generate_series(1, 520) d
             WHERE t.symbol = 'YEAR';
            INSERT INTO bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history,
              source)
            SELECT t.id, date_trunc('day', now(), 'UTC') - d * interval '1 day', 1, 1, 1, 1, 1, 0, 1, 1, true, 'x'
              FROM tickers t, generate_series(1, 700) d
             WHERE t.symbol LIKE 'Y%';
            ANALYZE bars_1m; ANALYZE bars_1d; ANALYZE tickers;
            """
        );
        if (database.Edition.HasHypertables)
        {
            Assert.True(
                await database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'bars_1m'")
                    >= 500
            );
        }

        foreach (
            var (query, rows) in new[]
            {
                (
                    $"""
                    SELECT *
                      FROM ohlcv_bars
                     WHERE symbol = '{symbol}' AND timeframe = '1d' AND timestamp >= NOW() - INTERVAL '1 year'
                     ORDER BY timestamp DESC
                    """,
                    364
                ),
                ($"SELECT * FROM ohlcv_bars WHERE symbol = '{symbol}' AND timeframe = '1d' ORDER BY timestamp DESC LIMIT 50", 50),
            }
        )
        {
            var plan = await PlanAsync(query);
            Assert.InRange(plan[0].Rows, rows, rows + 2);
            var read = await TablesAsync(plan.Where(node => node is { Relation: not null, Loops: > 0 }));
            Assert.Equal(["bars_1d", "tickers"], read);
            Assert.Contains(
                plan,
                node =>
                    node is { Loops: > 0, Index: { } index } && index.EndsWith("idx_bars_1d_ticker_id_timestamp", StringComparison.Ordinal)
            );
        }

        // Without a timeframe, a query reads the tables of all timeframes.
        Assert.InRange(
            await database.ScalarAsync<long>(
                $"""
                SELECT count(*)
                  FROM (SELECT * FROM ohlcv_bars WHERE symbol = '{symbol}' AND timestamp >= NOW() - INTERVAL '1 year'
                    ORDER BY timestamp DESC) q
                """
            ),
            728,
            732
        );
        Assert.Equal(
            1220L,
            await database.ScalarAsync<long>(
                $"SELECT count FROM (SELECT symbol, COUNT(*) FROM ohlcv_bars GROUP BY symbol) q WHERE symbol = '{symbol}'"
            )
        );
    }

    private sealed record Node(string? Relation, string? Index, long Loops, int Rows);

    /// <summary>Executes one transaction per round, numbered from 1, with one statement per timeframe.</summary>
    private async Task WriteInRoundsAsync(int rounds, string[] frames, Func<int, string, string> sql)
    {
        await using var connection = await database.App.OpenConnectionAsync(Cancellation);
        for (var round = 1; round <= rounds; round++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Cancellation);
            foreach (var frame in frames)
            {
                await using var write = new NpgsqlCommand(sql(round, frame), connection, transaction);
                await write.ExecuteNonQueryAsync(Cancellation);
            }

            await transaction.CommitAsync(Cancellation);
        }
    }

    private async Task<List<Node>> PlanAsync(string query)
    {
        await using var connection = await database.App.OpenConnectionAsync(Cancellation);
        await using var command = new NpgsqlCommand("EXPLAIN (ANALYZE, FORMAT JSON) " + query, connection);
        using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(Cancellation))!);
        var nodes = new List<Node>();
        Walk(plan.RootElement[0].GetProperty("Plan"));
        return nodes;

        void Walk(JsonElement node)
        {
            string? Text(string name) => node.TryGetProperty(name, out var value) ? value.GetString() : null;
            nodes.Add(
                new(
                    Text("Relation Name"),
                    Text("Index Name"),
                    (long)node.GetProperty("Actual Loops").GetDouble(),
                    (int)node.GetProperty("Actual Rows").GetDouble()
                )
            );
            if (node.TryGetProperty("Plans", out var children))
            {
                foreach (var child in children.EnumerateArray())
                {
                    Walk(child);
                }
            }
        }
    }

    /// <summary>The tables that the nodes of a plan read, with the hypertable in place of its chunks.</summary>
    private async Task<string[]> TablesAsync(IEnumerable<Node> nodes)
    {
        var relations = nodes.Select(node => node.Relation!).Distinct(StringComparer.Ordinal).ToArray();
        return await database.ScalarAsync<string[]>(
            database.Edition.HasHypertables
                ? """
                SELECT array_agg(t ORDER BY t)
                  FROM (SELECT DISTINCT
                    coalesce((SELECT hypertable_name::text FROM timescaledb_information.chunks WHERE chunk_name = r), r) AS t
                    FROM unnest($1) r) x
                """
                : "SELECT array_agg(r ORDER BY r) FROM unnest($1) r",
            (object)relations
        );
    }

    private async Task<string> TickerAsync(string symbol, string timezone = "America/New_York")
    {
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, timezone) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            symbol,
            timezone
        );
        return symbol;
    }

    private async Task<int> AppAsync(string sql)
    {
        await using var command = database.App.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task ConsoleAsync(string sql)
    {
        await using var command = database.Console.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>The timeframes in which a symbol has written bars, or aggregated ones.</summary>
    private Task<string[]> TablesOfAsync(string symbol, bool aggregated = false) =>
        database.ScalarAsync<string[]>(
            $$"""
            SELECT coalesce(array_agg(timeframe ORDER BY market.timeframe_width(timeframe)), '{}')
              FROM (SELECT DISTINCT timeframe::text FROM ohlcv_bars
                     WHERE symbol = '{{symbol}}' AND (source = 'aggregated') = {{aggregated}}) f
            """
        );

    private Task<long> CountAsync(string table, string symbol) =>
        database.ScalarAsync<long>($"SELECT count(*) FROM {table} b JOIN tickers t ON t.id = b.ticker_id WHERE symbol = '{symbol}'");

    private Task<long> VersionAsync(string symbol, string timeframe) =>
        database.ScalarAsync<long>(
            $"SELECT version FROM bar_windows w JOIN tickers t ON t.id = ticker_id WHERE symbol = '{symbol}' AND timeframe = '{timeframe}'"
        );

    private Task<long> ChangesAsync(string symbol, string timeframe) =>
        database.ScalarAsync<long>(
            $"SELECT count(*) FROM bar_changes c JOIN tickers t ON t.id = ticker_id WHERE symbol = '{symbol}' AND timeframe = '{timeframe}'"
        );

    private Task<string[]> DaysAsync(string symbol) =>
        database.ScalarAsync<string[]>(
            $"""
            SELECT array_agg(to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD') ORDER BY timestamp)
              FROM ohlcv_bars
             WHERE symbol = '{symbol}' AND timestamp = date_trunc('day', timestamp, 'UTC')
            """
        );
}
