using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.MarketData;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks;

internal static class IngestBenchmark
{
    private const string Columns = "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score";

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-ingest-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            await using var server = await IngestServer.StartAsync(Path.Combine(home, "postgres"), cancellationToken);
            Console.WriteLine(server.Description);
            var report = new Report();
            await using var app = NpgsqlDataSource.Create(server.AppConnection);
            var directory = new TickerDirectory(app);
            var tickers = new List<int>();
            for (var i = 0; i < BarData.Symbols; i++)
            {
                tickers.Add((await directory.GetOrAddAsync(Symbol.Parse(BarData.SymbolName(i)), cancellationToken)).Id);
            }

            var rows = 1_000_000;
            var table = Path.Combine(home, "table.csv");
            await BarData.WriteTableFileAsync(table, rows, tickers, cancellationToken);
            for (var round = 0; round < 3; round++)
            {
                await server.EmptyAsync(cancellationToken);
                var copy = await server.CopyAsync("market.bars_1m", Columns, table, cancellationToken);
                foreach (var (rollUp, derive) in new[] { (false, true), (true, true) })
                {
                    await server.EmptyAsync(cancellationToken);
                    var writer = new BarWriter(app, directory);
                    var sets = tickers.Select((id, i) => new BarSet(id, Timeframe.Minute1, BarData.Bars(i, rows / BarData.Symbols).ToArray())).ToList();
                    var watch = Stopwatch.StartNew();
                    foreach (var batch in sets.Chunk(5))
                    {
                        await writer.WriteAsync(batch, new() { Source = "import", RollUp = rollUp, Derive = derive }, cancellationToken);
                    }

                    var time = watch.Elapsed.TotalSeconds;
                    watch.Restart();
                    foreach (var batch in sets.Chunk(5))
                    {
                        await writer.WriteAsync(batch, new() { Source = "import", RollUp = rollUp, Derive = derive, Policy = ConflictPolicy.Replace }, cancellationToken);
                    }

                    Console.WriteLine($"copy {rows / copy:0} rows/s; writer rollup={rollUp} {rows / time:0} rows/s ratio {copy / time:0.00}; again {copy / watch.Elapsed.TotalSeconds:0.00}");
                }
            }

            return report;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
