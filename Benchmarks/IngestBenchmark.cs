using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks;

/// <summary>
/// What the import verb takes for a vendor's file, against psql's \copy of the finished rows into the same hypertable: in one run, one after the other, each into an
/// empty database. The whole process counts, from its start to its end.
/// </summary>
internal static class IngestBenchmark
{
    private const string Columns =
        "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score";
    private const int OneByOne = 2_000;

    // With the bars that are promised, as ratios of \copy's rows per second.
    private static readonly (string Name, string[] Options, bool Again, double? Bar)[] Sides =
    [
        ("import, roll-ups off", ["--no-roll-ups"], false, 1.0),
        ("import, everything on", [], false, 0.6),
        ("the same file again, skip", ["--force"], true, 0.8),
        ("the same file again, replace", ["--force", "--on-conflict", "replace"], true, 0.5),
        ("import, roll-ups and derived fields off", ["--no-roll-ups", "--no-derived"], false, null),
    ];

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-ingest-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            await using var server = await BenchmarkServer.StartAsync(Path.Combine(home, "postgres"), cancellationToken);
            Console.WriteLine(server.Description);
            await using var app = NpgsqlDataSource.Create(server.AppConnection);
            var tickers = new List<int>();
            var directory = new TickerDirectory(app);
            for (var symbol = 0; symbol < BarData.Symbols; symbol++)
            {
                tickers.Add((await directory.GetOrAddAsync(Symbol.Parse(BarData.SymbolName(symbol)), cancellationToken)).Id);
            }

            var report = new Report();
            var peaks = new List<double>();
            foreach (var (rows, rounds) in new[] { (1_000_000, 3), (5_000_000, 2) })
            {
                peaks.Add(await CompareAsync(report, server, home, tickers, rows, rounds, cancellationToken));
            }

            report.Add("peak memory of the import of 5 M rows over that of 1 M", peaks[1] / peaks[0], "×", 1.25);
            await server.EmptyAsync(cancellationToken);
            await OneByOneAsync(report, server, tickers[0], cancellationToken);
            return report;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<double> CompareAsync(
        Report report,
        BenchmarkServer server,
        string home,
        List<int> tickers,
        int rows,
        int rounds,
        CancellationToken cancellationToken
    )
    {
        var (table, vendor) = (Path.Combine(home, "table.csv"), Path.Combine(home, "vendor.csv"));
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
            Say($"{rows / 1_000_000} M, round {round + 1}: \\copy {rows / copy:N0} rows/s");
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
                Say(
                    $"{rows / 1_000_000} M, round {round + 1}: {side.Name} {rows / seconds:N0} rows/s, {copy / seconds:0.00} of \\copy, peak {memory:0} MB"
                );
            }

            // What was imported is what was copied, or the rows per second mean nothing.
            if (await server.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m", cancellationToken) != rows)
            {
                throw new InvalidOperationException("Not all rows were imported.");
            }
        }

        report.Add($"{rows / 1_000_000} M rows: psql \\copy", rows / Report.Median(copies), "rows/s");
        foreach (var side in Sides)
        {
            report.Add($"{rows / 1_000_000} M rows: {side.Name}", Report.Median(rates[side.Name]), "rows/s");
            // A million rows take so little that starting the process weighs: the bars are those of five.
            report.Add(
                $"{rows / 1_000_000} M rows: {side.Name}, over \\copy",
                Report.Median(ratios[side.Name]),
                "×",
                rows >= 5_000_000 ? side.Bar : null,
                higherIsBetter: true
            );
        }

        report.Add($"{rows / 1_000_000} M rows: peak memory of the import", peak, "MB", 300);
        return peak;
    }

    private static async Task OneByOneAsync(Report report, BenchmarkServer server, int ticker, CancellationToken cancellationToken)
    {
        await using var context = new OneByOneContext(
            new DbContextOptionsBuilder<OneByOneContext>().UseNpgsql(server.AppConnection).Options
        );
        var watch = Stopwatch.StartNew();
        foreach (var bar in BarData.Bars(0, OneByOne))
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

        var rate = OneByOne / watch.Elapsed.TotalSeconds;
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

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>The table as an application maps it that has nothing but an ORM.</summary>
    private sealed class OneByOneContext(DbContextOptions<OneByOneContext> options) : DbContext(options)
    {
        public DbSet<OhlcvBar> Bars => Set<OhlcvBar>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.Entity<OhlcvBar>(bar =>
            {
                bar.ToTable("bars_1m", MarketDataModel.Schema);
                bar.HasKey(b => new { b.TickerId, b.Timestamp });
                bar.Property(b => b.TickerId).HasColumnName("ticker_id").ValueGeneratedNever();
                bar.Property(b => b.TradeCount).HasColumnName("trade_count");
                bar.Property(b => b.SpreadRatio).HasColumnName("spread_ratio");
                bar.Property(b => b.VolumeRatio).HasColumnName("volume_ratio");
                bar.Property(b => b.LowHistory).HasColumnName("low_history");
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
