using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Bars;

namespace Wyckoff.Benchmarks;

/// <summary>
/// Compares the import verb on a vendor's file with psql's \copy of the finished rows into the same hypertable. Both run in turn, each into
/// an empty database. The time is that of the whole process.
/// </summary>
internal static class IngestBenchmark
{
    private const string Columns =
        "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, "
        + "spread, spread_ratio, volume_ratio, low_history, source, quality_score";
    private const int OneByOneRows = 2_000;

    // A target is a ratio of the rows per second of \copy. A side marked Again imports into the database that the side before has filled.
    private static readonly (string Name, string[] Options, bool Again, double? Target)[] Sides =
    [
        ("import, roll-ups off", ["--no-roll-ups"], false, 1.2),
        ("import, everything on", [], false, 0.85),
        ("the same file again, skip", ["--force"], true, 1.5),
        ("the same file again, replace", ["--force", "--on-conflict", "replace"], true, 1.5),
        ("import, roll-ups and derived fields off", ["--no-roll-ups", "--no-derived"], false, null),
    ];

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        using var folder = new BenchmarkFolder("ingest");
        await using var server = await BenchmarkServer.StartAsync(folder.PathOf("postgres"), cancellationToken);
        Console.WriteLine(server.Description);
        await using var app = NpgsqlDataSource.Create(server.AppConnection);
        var tickers = await BenchmarkServer.AddTickersAsync(app, cancellationToken);
        var report = new Report();
        var peaks = new List<double>();
        foreach (var (rows, rounds) in new[] { (1_000_000, 3), (5_000_000, 2) })
        {
            peaks.Add(await CompareAsync(report, server, folder, tickers, rows, rounds, cancellationToken));
        }

        report.Add("peak memory of the import of 5 M rows over that of 1 M", peaks[1] / peaks[0], "×", 1.25);
        await UndoAsync(report, server, folder, cancellationToken);
        await server.EmptyAsync(cancellationToken);
        await OneByOneAsync(report, server, tickers[0], cancellationToken);
        return report;
    }

    private static async Task<double> CompareAsync(
        Report report,
        BenchmarkServer server,
        BenchmarkFolder folder,
        List<int> tickers,
        int rows,
        int rounds,
        CancellationToken cancellationToken
    )
    {
        var (table, vendor) = (folder.PathOf("table.csv"), folder.PathOf("vendor.csv"));
        await BarData.WriteTableFileAsync(table, rows, tickers, cancellationToken);
        await BarData.WriteVendorFileAsync(vendor, rows, cancellationToken);
        var copies = new List<double>();
        var ratios = Sides.ToDictionary(side => side.Name, _ => new List<double>());
        var rates = Sides.ToDictionary(side => side.Name, _ => new List<double>());
        var peak = 0.0;
        for (var round = 0; round < rounds; round++)
        {
            await server.EmptyAsync(cancellationToken);
            var copy = await server.CopyAsync("market.bars_1m", Columns, table, cancellationToken);
            copies.Add(copy);
            Report.Log($"{rows / 1_000_000} M, round {round + 1}: \\copy {rows / copy:N0} rows/s");
            foreach (var side in Sides)
            {
                if (!side.Again)
                {
                    await server.EmptyAsync(cancellationToken);
                }

                var (seconds, memory) = await IngestorRun.MeasureAsync(
                    server,
                    ["import", vendor, "--timeframe", "1m", .. side.Options],
                    cancellationToken
                );
                peak = Math.Max(peak, memory);
                ratios[side.Name].Add(copy / seconds);
                rates[side.Name].Add(rows / seconds);
                var figures = FormattableString.Invariant(
                    $"{rows / seconds:N0} rows/s, {copy / seconds:0.00} of \\copy, peak {memory:0} MB"
                );
                Report.Log($"{rows / 1_000_000} M, round {round + 1}: {side.Name} {figures}");
            }

            // The rows per second can only be compared if the import wrote as many rows as \copy.
            if (await server.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m", cancellationToken) != rows)
            {
                throw new InvalidOperationException("Not all rows were imported.");
            }
        }

        report.Add($"{rows / 1_000_000} M rows: psql \\copy", rows / Report.Median(copies), "rows/s");
        foreach (var side in Sides)
        {
            report.Add($"{rows / 1_000_000} M rows: {side.Name}", Report.Median(rates[side.Name]), "rows/s");
            // With one million rows, the start of the process is a large part of the time. The targets apply to five million.
            report.Add(
                $"{rows / 1_000_000} M rows: {side.Name}, over \\copy",
                Report.Median(ratios[side.Name]),
                "×",
                rows >= 5_000_000 ? side.Target : null,
                higherIsBetter: true
            );
        }

        report.Add($"{rows / 1_000_000} M rows: peak memory of the import", peak, "MB", 300);
        return peak;
    }

    /// <summary>
    /// Replaces all bars of a file by those of another, which keeps the replaced values, and undoes both imports. Each is compared with the
    /// import of the first file.
    /// </summary>
    private static async Task UndoAsync(Report report, BenchmarkServer server, BenchmarkFolder folder, CancellationToken cancellationToken)
    {
        const int rows = 1_000_000;
        var (first, second) = (folder.PathOf("first.csv"), folder.PathOf("second.csv"));
        await BarData.WriteVendorFileAsync(first, rows, cancellationToken);
        await BarData.WriteVendorFileAsync(second, rows, cancellationToken, moreVolume: IncomingBar.One);
        await server.EmptyAsync(cancellationToken);
        var import = await RunAsync("import", first, "--timeframe", "1m");
        await AddAsync("replace all bars by other values", RunAsync("import", second, "--timeframe", "1m", "--on-conflict", "replace"));
        await AddAsync("undo the replacement", UndoNewestAsync());
        await AddAsync("undo the import", UndoNewestAsync());
        if (await server.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m", cancellationToken) != 0)
        {
            throw new InvalidOperationException("Bars are left after both imports were undone.");
        }

        async Task AddAsync(string metric, Task<double> run)
        {
            var seconds = await run;
            Report.Log($"1 M: {metric} {rows / seconds:N0} rows/s");
            report.Add($"1 M rows: {metric}", rows / seconds, "rows/s");
            report.Add($"1 M rows: {metric}, over the import", import / seconds, "×", higherIsBetter: true);
        }

        async Task<double> UndoNewestAsync()
        {
            var id = await server.ScalarAsync<long>(
                "SELECT max(id) FROM market.import_batches WHERE status = 'completed'",
                cancellationToken
            );
            return await RunAsync("imports", "undo", id.ToString(CultureInfo.InvariantCulture));
        }

        async Task<double> RunAsync(params string[] arguments) =>
            (await IngestorRun.MeasureAsync(server, arguments, cancellationToken)).Seconds;
    }

    private static async Task OneByOneAsync(Report report, BenchmarkServer server, int ticker, CancellationToken cancellationToken)
    {
        await using var context = new OneByOneContext(
            new DbContextOptionsBuilder<OneByOneContext>().UseNpgsql(server.AppConnection).Options
        );
        var watch = Stopwatch.StartNew();
        foreach (var bar in BarData.Bars(0, OneByOneRows))
        {
            context.Bars.Add(
                new()
                {
                    TickerId = ticker,
                    Timestamp = bar.Timestamp,
                    Open = Price(bar.Open),
                    High = Price(bar.High),
                    Low = Price(bar.Low),
                    Close = Price(bar.Close),
                    Volume = (decimal)bar.Volume / IncomingBar.One,
                    Source = "orm",
                }
            );
            await context.SaveChangesAsync(cancellationToken);
            context.ChangeTracker.Clear();
        }

        var rate = OneByOneRows / watch.Elapsed.TotalSeconds;
        report.Add("row by row through EF Core, one commit each", rate, "rows/s");
        report.Add(
            "5 M rows: import, roll-ups off, over row by row",
            report.Value("5 M rows: import, roll-ups off") / rate,
            "×",
            150,
            higherIsBetter: true
        );

        static decimal Price(long amount) => amount / (decimal)IncomingBar.One;
    }

    /// <summary>The table as mapped by an application that only uses an ORM.</summary>
    private sealed class OneByOneContext(DbContextOptions<OneByOneContext> options) : DbContext(options)
    {
        public DbSet<OhlcvBar> Bars => Set<OhlcvBar>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.Entity<OhlcvBar>(bar =>
            {
                bar.ToTable("bars_1m", MarketSchema.Schema);
                bar.HasKey(b => new { b.TickerId, b.Timestamp });
                bar.Property(b => b.TickerId).HasColumnName("ticker_id").ValueGeneratedNever();
                bar.Property(b => b.TradeCount).HasColumnName("trade_count");
                bar.Property(b => b.SpreadRatio).HasColumnName("spread_ratio");
                bar.Property(b => b.VolumeRatio).HasColumnName("volume_ratio");
                bar.Property(b => b.LowHistory).HasColumnName("low_history");
                bar.Property(b => b.ImportId).HasColumnName("import_id");
                bar.Property(b => b.QualityScore).HasColumnName("quality_score");
                bar.Property(b => b.CreatedAt).HasColumnName("created_at").ValueGeneratedOnAdd();
                foreach (
                    var property in new[]
                    {
                        nameof(OhlcvBar.Timestamp),
                        nameof(OhlcvBar.Open),
                        nameof(OhlcvBar.High),
                        nameof(OhlcvBar.Low),
                        nameof(OhlcvBar.Close),
                        nameof(OhlcvBar.Volume),
                        nameof(OhlcvBar.Vwap),
                        nameof(OhlcvBar.Spread),
                        nameof(OhlcvBar.Source),
                    }
                )
                {
                    bar.Property(property).HasColumnName(property.ToLowerInvariant());
                }
            });
    }
}
