using System.Globalization;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks;

/// <summary>
/// Compares Parquet and CSV files of the same bars: the import of each into an empty database, and the export. Each run is a process of its
/// own, whose time and peak memory are measured.
/// </summary>
internal static class ParquetBenchmark
{
    private const int DefaultRows = 10_000_000;
    private static readonly byte[] Source = "benchmark"u8.ToArray();

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var rows = int.TryParse(
            Environment.GetEnvironmentVariable("WYCKOFF_BENCHMARK_ROWS"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var given
        )
            ? given
            : DefaultRows;
        using var folder = new BenchmarkFolder("parquet");
        await using var server = await BenchmarkServer.StartAsync(folder.PathOf("postgres"), cancellationToken);
        Console.WriteLine(server.Description);
        await using var app = NpgsqlDataSource.Create(server.AppConnection);
        await BenchmarkServer.AddTickersAsync(app, cancellationToken);
        var report = new Report();
        var symbols = string.Join(',', Enumerable.Range(0, BarData.Symbols).Select(BarData.SymbolName));
        var seconds = new Dictionary<(string Verb, string Format), double>();
        foreach (var format in new[] { "csv", "parquet" })
        {
            var (file, exported) = (folder.PathOf("bars." + format), folder.PathOf("exported." + format));
            await WriteAsync(file, format == "csv" ? BarFormat.Csv : BarFormat.Parquet, rows, cancellationToken);
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
                var (elapsed, peak) = await IngestorRun.MeasureAsync(server, [verb, .. arguments], cancellationToken);
                seconds[(verb, format)] = elapsed;
                report.Add($"{verb} of {rows / 1_000_000} M rows, {format}", rows / elapsed, "rows/s");
                report.Add($"{verb} of {rows / 1_000_000} M rows, {format}: peak memory", peak, "MB", format == "parquet" ? 300 : null);
                Report.Log($"{verb}, {format}: {rows / elapsed:N0} rows/s, peak {peak:0} MB");
            }
        }

        foreach (var verb in new[] { "import", "export" })
        {
            report.Add($"{verb}: Parquet over CSV", seconds[(verb, "csv")] / seconds[(verb, "parquet")], "×");
        }

        return report;
    }

    private static async Task WriteAsync(string path, BarFormat format, int rows, CancellationToken cancellationToken)
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
            writer.Begin(Symbol.Parse(BarData.SymbolName(symbol)), Timeframe.Minute1);
            foreach (var bar in BarData.Bars(symbol, rows / BarData.Symbols))
            {
                writer.Add(Stored(bar));
                await writer.FlushAsync(cancellationToken);
            }
        }

        await writer.FinishAsync(cancellationToken);
    }

    private static BarRow Stored(in IncomingBar bar) =>
        new()
        {
            Time = bar.Time,
            Open = bar.Open,
            High = bar.High,
            Low = bar.Low,
            Close = bar.Close,
            Volume = bar.Volume,
            TradeCount = bar.TradeCount,
            Vwap = bar.Vwap,
            Source = Source,
            QualityScore = BarRow.Null,
        };
}
