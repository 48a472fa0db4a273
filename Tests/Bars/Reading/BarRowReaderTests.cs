using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars.Reading;

public sealed class BarRowReaderTests(PlainDatabase database) : IClassFixture<PlainDatabase>
{
    private const int Limit = 11;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_limit_of_several_ranges_is_the_limit_of_each_range()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('RANGES')");
        await database.ExecuteAsync(
            """
            INSERT INTO market.bars_1m
              (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2024-03-04Z' + n * interval '1 minute', 10, 12, 9, 11, n, 3, 1, 1, false, 'test'
              FROM market.tickers, generate_series(0, 4999) n
             WHERE symbol = 'RANGES'
            """
        );
        await database.ExecuteAsync("ANALYZE market.bars_1m");
        var ticker = await database.ScalarAsync<int>("SELECT id FROM market.tickers WHERE symbol = 'RANGES'");
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        using var bars = new BarRows(Limit);
        await using (
            var rows = await BarReader.OpenOnAsync(
                connection,
                ticker,
                Timeframe.Minute1,
                BarFields.Volume,
                [(Minute(4990), Minute(5000)), (Minute(0), Minute(4000))],
                Limit,
                Token
            )
        )
        {
            await rows.CopyToAsync(bars, Token);
        }

        Assert.Equal(Enumerable.Range(0, Limit).Select(Minute), Enumerable.Range(0, bars.Count).Select(i => bars[i].Time));
        await using var read = connection.CreateCommand();
        read.CommandText = "SELECT sum(seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_xact_user_tables WHERE relname = 'bars_1m'";
        Assert.InRange((long)(await read.ExecuteScalarAsync(Token))!, 1, 100);

        static long Minute(int minute) =>
            IncomingBar.TimeOf(new DateTimeOffset(2024, 3, 4, 0, 0, 0, TimeSpan.Zero)) + minute * Timeframe.Minute1.Microseconds;
    }
}
