namespace Wyckoff.Tests.AppHost;

/// <summary>Tests the commands of the README's tour and the scripts for users.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class TourTests(RunningAppHost running)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Every_command_of_the_tour_succeeds()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Run.Root, "README.md"), Token);
        var from =
            readme.IndexOf("```bash\n", readme.IndexOf("## A tour", StringComparison.Ordinal), StringComparison.Ordinal)
            + "```bash\n".Length;
        var commands = readme[from..readme.IndexOf("```", from, StringComparison.Ordinal)]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(commands.Length > 8, "The tour was not found in the README.");
        foreach (var command in commands)
        {
            var (exitCode, output, error) = await RunCommandAsync(command);
            // A stream does not end, so curl ends it after its timeout with exit code 28.
            Assert.True(
                exitCode == 0 || (exitCode == 28 && command.Contains("/stream", StringComparison.Ordinal)),
                $"{command}\n{exitCode}\n{error}{output}"
            );
            Assert.False(string.IsNullOrWhiteSpace(output), command);
            Assert.DoesNotContain("/problems/internal-error", output, StringComparison.Ordinal);
            Assert.Equal(
                command.Contains("what is wrong", StringComparison.Ordinal),
                output.Contains("\"/problems/", StringComparison.Ordinal)
            );
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task Verbs_resolve_paths_in_the_working_directory_and_need_no_build()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-verbs").FullName;
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "mine.csv"),
                "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,100\n",
                Token
            );
            var (exitCode, output, error) = await running.System.ScriptAsync(
                "wyckoff.sh",
                ["import", "mine.csv", "--symbol", "VERB", "--timeframe", "1d"],
                folder
            );
            Assert.True(exitCode == 0, error + output);
            Assert.Contains("1 inserted", output, StringComparison.Ordinal);
            Assert.DoesNotContain("error CS", error, StringComparison.Ordinal);

            (exitCode, output, error) = await running.System.ScriptAsync(
                "wyckoff.sh",
                ["export", "--symbol", "VERB", "--timeframe", "1d", "--output", "out.csv"],
                folder
            );
            Assert.True(exitCode == 0, error + output);
            Assert.Contains("VERB,1d,", await File.ReadAllTextAsync(Path.Combine(folder, "out.csv"), Token), StringComparison.Ordinal);

            (exitCode, output, error) = await running.System.ScriptAsync("wyckoff.sh", ["accounts", "list", "--search", "LOCAL"], folder);
            Assert.True(exitCode == 0, error);
            Assert.Contains("local@localhost", output, StringComparison.Ordinal);

            (exitCode, output, error) = await running.System.ScriptAsync("wyckoff.sh", ["backup", "all.dump"], folder);
            Assert.True(exitCode == 0, error + output);
            (exitCode, output, error) = await running.System.ScriptAsync("wyckoff.sh", ["restore", "all.dump", "restored"], folder);
            Assert.True(exitCode == 0, error + output);
            (exitCode, output, error) = await running.System.ScriptAsync(
                "eng/psql",
                ["-d", "restored", "-XAtqc", "SELECT symbol FROM market.tickers WHERE symbol = 'VERB'"],
                folder
            );
            Assert.Equal((0, "VERB"), (exitCode, output.Trim()));

            // Without WYCKOFF_HOME, --data names the folder.
            (exitCode, output, error) = await Run.ProcessAsync(
                Path.Combine(Run.Root, "wyckoff.sh"),
                ["--data", running.Home.Folder, "status"],
                [],
                folder
            );
            Assert.True(exitCode == 0, error);
            Assert.Contains("Migration", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task Psql_writes_bars_only_through_the_view_and_the_API_serves_them_at_once()
    {
        var system = running.System;
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{running.Port}") };
        await system.PsqlAsync("INSERT INTO tickers (symbol, timezone) VALUES ('PSQL', 'UTC')");
        await system.PsqlAsync(
            """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT 'PSQL', '1d', d, 1, 2, 0.5, 1.5, 100
              FROM generate_series(timestamptz '2024-01-02Z', '2024-01-04Z', '1 day') d
            """
        );
        await ServedAsync(3);
        await system.PsqlAsync("DELETE FROM ohlcv_bars WHERE symbol = 'PSQL' AND timestamp < '2024-01-04Z'");
        await ServedAsync(1);

        const string direct = "DELETE FROM bars_1d USING tickers t WHERE t.id = ticker_id AND t.symbol = 'PSQL'";
        var (exitCode, _, error) = await system.ScriptAsync("eng/psql", ["-Xqc", direct]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("permission denied for table bars_1d", error, StringComparison.Ordinal);
        Assert.Equal("wyckoff_owner", await system.PsqlAsync("SELECT current_user", asOwner: true));
        await system.PsqlAsync(direct, asOwner: true);
        Assert.Equal("0", await system.PsqlAsync("SELECT count(*) FROM ohlcv_bars WHERE symbol = 'PSQL' AND timeframe = '1d'"));

        Task ServedAsync(int bars) =>
            Eventually.GetAsync(
                async () => (await client.GetStringAsync("/v1/bars/PSQL?timeframe=1d&last=10&format=ndjson", Token)).AsSpan().Count('\n'),
                served => served == bars
            );
    }

    [Fact(Timeout = 600_000)]
    public async Task Without_a_running_system_the_scripts_explain_how_to_start_one()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-none").FullName;
        var (exitCode, _, error) = await Run.ProcessAsync(
            Path.Combine(Run.Root, "wyckoff.sh"),
            ["status"],
            new(StringComparer.Ordinal) { ["WYCKOFF_HOME"] = folder }
        );
        Assert.Equal(1, exitCode);
        Assert.Equal("No running system was found; start it with: dotnet run --project AppHost", error.Trim());
        Directory.Delete(folder);
    }

    /// <summary>
    /// Runs a command of the README in the folder of the repository, with curl changed to use the port of this system and a timeout.
    /// </summary>
    private Task<(int ExitCode, string Output, string Error)> RunCommandAsync(string command) =>
        Run.ProcessAsync(
            "bash",
            [
                "-c",
                $$"""
                curl() { command curl --silent --show-error --max-time 10 "${@//127.0.0.1:5080/127.0.0.1:{{running.Port}}}"; }
                {{command}}
                """,
            ],
            new(StringComparer.Ordinal) { ["WYCKOFF_HOME"] = running.Home.Folder },
            Run.Root
        );
}
