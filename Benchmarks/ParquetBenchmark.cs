using System.Globalization;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Files;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks;

/// <summary>
/// Files of the same bars as Parquet and as CSV: what the verb import takes for each, into an empty database, and what the verb export takes to write them again. Each is a
/// process of its own, and its peak memory counts.
/// </summary>
internal static class ParquetBenchmark
{
    private const int DefaultRows = 10_000_000;

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var rows = int.TryParse(
            Environment.GetEnvironmentVariable("WYCKOFF_BENCHMARK_ROWS"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var wanted
        )
            ? wanted
            : DefaultRows;
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-parquet-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            await using var server = await BenchmarkServer.StartAsync(Path.Combine(home, "postgres"), cancellationToken);
            Console.WriteLine(server.Description);
            await using var app = NpgsqlDataSource.Create(server.AppConnection);
            var directory = new TickerDirectory(app);
            for (var symbol = 0; symbol < BarData.Symbols; symbol++)
            {
                await directory.GetOrAddAsync(Symbol.Parse(BarData.SymbolName(symbol)), cancellationToken);
            }

            var report = new Report();
            var symbols = string.Join(',', Enumerable.Range(0, BarData.Symbols).Select(BarData.SymbolName));
            var seconds = new Dictionary<(string Verb, string Format), double>();
            foreach (var format in new[] { "csv", "parquet" })
            {
                var (file, exported) = (Path.Combine(home, "bars." + format), Path.Combine(home, "exported." + format));
                await WriteAsync(file, format == "csv" ? BarFileFormat.Csv : BarFileFormat.Parquet, rows, cancellationToken);
                await server.EmptyAsync(cancellationToken);
                await MeasureAsync("import", file, "--timeframe", "1m", "--no-roll-ups");
                if (await server.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m", cancellationToken) != rows)
                {
                    throw new InvalidOperationException("Not all rows were imported.");
                }

                await MeasureAsync("export", "--symbol", symbols, "--timeframe", "1m", "--output", exported);
                report.Add($"{format}: size of the exported file", new FileInfo(exported).Length / (double)rows, "bytes a row");
                File.Delete(file);
                File.Delete(exported);

                async Task MeasureAsync(string verb, params string[] arguments)
                {
                    var (took, peak) = await IngestorRun.MeasureAsync(server, [verb, .. arguments], cancellationToken);
                    seconds[(verb, format)] = took;
                    report.Add($"{verb} of {rows / 1_000_000} M rows, {format}", rows / took, "rows/s");
                    report.Add($"{verb} of {rows / 1_000_000} M rows, {format}: peak memory", peak, "MB", format == "parquet" ? 300 : null);
                    Console.WriteLine(
                        string.Create(CultureInfo.InvariantCulture, $"{verb}, {format}: {rows / took:N0} rows/s, peak {peak:0} MB")
                    );
                }
            }

            foreach (var verb in new[] { "import", "export" })
            {
                report.Add($"{verb}: Parquet over CSV", seconds[(verb, "csv")] / seconds[(verb, "parquet")], "×");
            }

            return report;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task WriteAsync(string path, BarFileFormat format, int rows, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(
            path,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.None,
            1 << 16,
            FileOptions.Asynchronous
        );
        using var writer = BarFileWriter.Create(format, file);
        for (var symbol = 0; symbol < BarData.Symbols; symbol++)
        {
            var name = Symbol.Parse(BarData.SymbolName(symbol));
            foreach (var bar in BarData.Bars(symbol, rows / BarData.Symbols))
            {
                await writer.WriteAsync(name, Timeframe.Minute1, Stored(bar), cancellationToken);
            }
        }

        await writer.FinishAsync(cancellationToken);
    }

    private static OhlcvBar Stored(in IncomingBar bar) =>
        new()
        {
            TickerId = 0,
            Timestamp = bar.Timestamp,
            Open = Amount(bar.Open),
            High = Amount(bar.High),
            Low = Amount(bar.Low),
            Close = Amount(bar.Close),
            Volume = Amount(bar.Volume),
            TradeCount = bar.TradeCount,
            Vwap = Amount(bar.Vwap),
            Source = "benchmark",
        };

    private static decimal Amount(Int128 amount) => (decimal)amount / IncomingBar.One;
}
