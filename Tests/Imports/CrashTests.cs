using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>
/// An import or its database is killed at seeded random times and the import is run again. The table must then hold the same rows, and the
/// same derived rows, as after an undisturbed import. WYCKOFF_TEST_CRASHES sets the number of crashes (4 by default).
/// </summary>
public sealed class CrashTests
{
    private const int Rows = 160_000;
    private const string Columns =
        "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, "
        + "spread, spread_ratio, volume_ratio, low_history, source, quality_score";
    private static readonly int Crashes = int.TryParse(
        Environment.GetEnvironmentVariable("WYCKOFF_TEST_CRASHES"),
        CultureInfo.InvariantCulture,
        out var crashes
    )
        ? crashes
        : 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_import_that_was_killed_and_run_again_leaves_the_same_rows_as_an_undisturbed_one()
    {
        var file = Path.Combine(Path.GetTempPath(), $"wyckoff-crash-{Environment.ProcessId}.csv");
        var server = await TestServers.Current.OwnPostgresAsync("crash");
        try
        {
            var port = server.Port;
            var migration = await Migrations.RunAsync(server.ConnectionString("wyckoff"));
            Assert.True(migration.ExitCode == 0, migration.Error);
            await File.WriteAllLinesAsync(file, Lines(), Token);

            var clean = Stopwatch.StartNew();
            await CompleteAsync(server, file);
            var duration = clean.Elapsed;
            await using (var admin = Source(server))
            {
                // The result of an undisturbed import is checked against the file and kept for comparison.
                Assert.Equal(
                    (Rows, Lines().Skip(1).Sum(Volume)),
                    (
                        await ScalarAsync<long>(admin, "SELECT count(*) FROM market.bars_1m"),
                        await ScalarAsync<decimal>(admin, "SELECT sum(volume) FROM market.bars_1m")
                    )
                );
                foreach (var timeframe in Timeframe.Stored)
                {
                    await ExecuteAsync(
                        admin,
                        $"CREATE TABLE public.undisturbed_{timeframe} AS SELECT {Columns} FROM market.bars_{timeframe}"
                    );
                }
            }

            var random = new Random(20_261_121);
            for (var crash = 0; crash < Crashes; crash++)
            {
                await using (var admin = Source(server))
                {
                    await ExecuteAsync(
                        admin,
                        """
                        TRUNCATE market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h,
                                 market.bars_1d, market.bar_windows, market.bar_changes, market.sync_coverage, market.import_batches
                         CASCADE
                        """
                    );
                }

                // The first quarter is left out, since the process has to start first.
                var delay = duration * (0.25 + 0.75 * random.NextDouble());
                using var import = Start(server, file);
                await Task.WhenAny(Task.Delay(delay, Token), import.WaitForExitAsync(Token));
                if (crash % 2 == 0)
                {
                    import.Kill();
                    await import.WaitForExitAsync(Token);
                }
                else
                {
                    using (var postmaster = Process.GetProcessById(server.Pid))
                    {
                        postmaster.Kill();
                    }

                    await server.Exited.WaitAsync(Eventually.Bound, Token);
                    await import.WaitForExitAsync(Token).WaitAsync(Eventually.Bound, Token);
                    await server.DisposeAsync();
                    server = await TestServers.Current.OwnPostgresAsync("crash", port);
                }

                await CompleteAsync(server, file);
                await using var database = Source(server);
                foreach (var timeframe in Timeframe.Stored)
                {
                    var differences = await ScalarAsync<long>(
                        database,
                        $"""
                        WITH bars AS (SELECT {Columns} FROM market.bars_{timeframe}),
                             undisturbed AS (SELECT * FROM public.undisturbed_{timeframe})
                        SELECT (SELECT count(*) FROM (SELECT * FROM bars EXCEPT SELECT * FROM undisturbed) added)
                             + (SELECT count(*) FROM (SELECT * FROM undisturbed EXCEPT SELECT * FROM bars) missing)
                        """
                    );
                    Assert.True(
                        differences == 0,
                        $"After crash {crash} ({delay.TotalSeconds:0.000} s into the import) {differences} bars of {timeframe} differ."
                    );
                }

                Assert.Equal(0, await ScalarAsync<long>(database, "SELECT count(*) FROM market.import_batches WHERE status = 'running'"));
            }
        }
        finally
        {
            await server.DisposeAsync();
            File.Delete(file);
        }
    }

    // Two symbols in alternating blocks, so that some batches hold one symbol and some both.
    private static IEnumerable<string> Lines()
    {
        yield return "symbol,timestamp,open,high,low,close,volume";
        var start = new DateTimeOffset(2023, 1, 2, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < Rows; i++)
        {
            var (block, within) = Math.DivRem(i, 20_000);
            var time = start.AddMinutes((block / 2 * 20_000) + within);
            var open = (10_000 + ((i * 7919L) % 977)) / 100m;
            var volume = 1 + ((i * 31L) % 9973);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"CR{block % 2},{time:yyyy-MM-ddTHH:mm:ssZ},{open},{open + 0.3m},{open - 0.2m},{open + ((i % 30) / 100m)},{volume}"
            );
        }
    }

    private static decimal Volume(string line) => decimal.Parse(line.AsSpan(line.LastIndexOf(',') + 1), CultureInfo.InvariantCulture);

    private static NpgsqlDataSource Source(LocalPostgres server) =>
        NpgsqlDataSource.Create(server.ConnectionString("wyckoff") + ";Pooling=false;Command Timeout=120");

    private static async Task CompleteAsync(LocalPostgres server, string file)
    {
        using var import = Start(server, file);
        var (output, error) = (import.StandardOutput.ReadToEndAsync(Token), import.StandardError.ReadToEndAsync(Token));
        await import.WaitForExitAsync(Token);
        Assert.True(import.ExitCode == 0, $"{import.ExitCode}: {await output}{await error}");
    }

    private static Process Start(LocalPostgres server, string file)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Run.Dll("Ingestor"), "import", file, "--timeframe", "1m", "--ticker-timezone", "UTC", "--asset-type", "crypto"]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ConnectionStrings__wyckoff"] = TestServers.AppConnection(server);
        return Process.Start(start)!;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
