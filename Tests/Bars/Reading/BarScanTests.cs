using Wyckoff.Bars;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Tests.Bars.Reading;

public sealed class BarScanTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bars_are_the_same_however_few_bytes_arrive_at_a_time()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('SCAN')");
        await database.ExecuteAsync(
            """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, vwap)
            SELECT 'SCAN', '1d', timestamptz '2024-03-04Z' + n * interval '1 day', 10, 12, 9, 11.5, n, nullif(n, 2)
              FROM generate_series(0, 4) n
            """
        );
        await using var connection = await database.App.OpenConnectionAsync(Token);
        using var copied = new MemoryStream();
        await using (
            var copy = await connection.BeginRawBinaryCopyAsync(
                """
                COPY (SELECT timestamp, open, high, low, close, volume, trade_count, vwap, source = 'aggregated', import_id
                        FROM market.bars_1d
                       ORDER BY timestamp) TO STDOUT (FORMAT binary)
                """,
                Token
            )
        )
        {
            await copy.CopyToAsync(copied, Token);
        }

        var whole = await ReadAsync(new MemoryStream(copied.ToArray()));
        Assert.Equal(5, whole.Count);
        Assert.Equal((Int128)4 * IncomingBar.One, whole[4].Bar.Volume);
        foreach (var most in new[] { 1, 3, 18, 20 })
        {
            Assert.Equal(whole, await ReadAsync(new Trickle(copied.ToArray(), most)));
        }
    }

    private static async Task<List<StoredBar>> ReadAsync(Stream stream)
    {
        await using var scan = await BarScan.OfAsync(stream, Token);
        var bars = new List<StoredBar>();
        do
        {
            while (scan.TryRead(out var bar))
            {
                bars.Add(bar);
            }
        } while (await scan.FillAsync(Token));
        return bars;
    }

    /// <summary>Returns a few bytes at a time, as a network connection may.</summary>
    private sealed class Trickle(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
