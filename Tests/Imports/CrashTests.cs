using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>
/// An import is killed, or the database under it, at moments that a seed picks; run again it ends with the file in the table, row for row, and everything that follows
/// from it. WYCKOFF_TEST_CRASHES says how often (4 if it does not).
/// </summary>
public sealed class CrashTests
{
    private const int Rows = 160_000;
    private const string Row =
        "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score";
    private static readonly int Crashes = int.TryParse(
        Environment.GetEnvironmentVariable("WYCKOFF_TEST_CRASHES"),
        CultureInfo.InvariantCulture,
        out var crashes
    )
        ? crashes
        : 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_and_run_again_an_import_ends_with_the_file_in_the_table()
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
                // What a run that nobody disturbed leaves behind, checked against the file, is what every other has to leave behind.
                Assert.Equal(
                    (Rows, Lines().Skip(1).Sum(Volume)),
                    (
                        await ScalarAsync<long>(admin, "SELECT count(*) FROM market.bars_1m"),
                        await ScalarAsync<decimal>(admin, "SELECT sum(volume) FROM market.bars_1m")
                    )
                );
                foreach (var timeframe in Timeframe.Stored)
                {
                    await ExecuteAsync(admin, $"CREATE TABLE public.undisturbed_{timeframe} AS SELECT {Row} FROM market.bars_{timeframe}");
                }
            }

            var random = new Random(20_261_121);
            for (var crash = 0; crash < Crashes; crash++)
            {
                await using (var admin = Source(server))
                {
                    await ExecuteAsync(
                        admin,
                        "TRUNCATE market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d, market.bar_windows, market.bar_changes, market.sync_coverage, market.import_batches CASCADE"
                    );
                }

                // The program itself takes a while to start.
                var moment = duration * (0.25 + 0.75 * random.NextDouble());
                using var import = Start(server, file);
                await Task.WhenAny(Task.Delay(moment, Token), import.WaitForExitAsync(Token));
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
                        SELECT (SELECT count(*) FROM (SELECT {Row} FROM market.bars_{timeframe} EXCEPT SELECT * FROM public.undisturbed_{timeframe}) a)
                             + (SELECT count(*) FROM (SELECT * FROM public.undisturbed_{timeframe} EXCEPT SELECT {Row} FROM market.bars_{timeframe}) b)
                        """
                    );
                    Assert.True(
                        differences == 0,
                        $"After crash {crash} ({moment.TotalSeconds:0.000} s into the import) {differences} bars of {timeframe} differ."
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

    // Two symbols in turns, so that batches are of one or both.
    private static IEnumerable<string> Lines()
    {
        yield return "symbol,timestamp,open,high,low,close,volume";
        var start = new DateTimeOffset(2023, 1, 2, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < Rows; i++)
        {
            var (block, within) = Math.DivRem(i, 20_000);
            var time = start.AddMinutes((block / 2 * 20_000) + within);
            var price = 10_000 + ((i * 7919L) % 977);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"CR{block % 2},{time:yyyy-MM-ddTHH:mm:ssZ},{price / 100m},{(price + 30) / 100m},{(price - 20) / 100m},{(price + (i % 30)) / 100m},{1 + ((i * 31L) % 9973)}"
            );
        }
    }

    private static decimal Volume(string line) => decimal.Parse(line.AsSpan(line.LastIndexOf(',') + 1), CultureInfo.InvariantCulture);

    private static NpgsqlDataSource Source(LocalPostgres server) =>
        NpgsqlDataSource.Create(server.ConnectionString("wyckoff") + ";Pooling=false;Command Timeout=120");

    private static async Task CompleteAsync(LocalPostgres server, string file)
    {
        using var import = Start(server, file);
        var (said, complained) = (import.StandardOutput.ReadToEndAsync(Token), import.StandardError.ReadToEndAsync(Token));
        await import.WaitForExitAsync(Token);
        Assert.True(import.ExitCode == 0, $"{import.ExitCode}: {await said}{await complained}");
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
        start.Environment["ConnectionStrings__wyckoff"] = new NpgsqlConnectionStringBuilder(server.ConnectionString("wyckoff"))
        {
            Username = "wyckoff_app",
            Password = TestServers.AppPassword,
        }.ConnectionString;
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
