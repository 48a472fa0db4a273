using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks;

/// <summary>From the command to bars over HTTP: on a machine without servers, with servers but no data, and as on every other day.</summary>
internal static class StartBenchmark
{
    private const int Rounds = 5;

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-start-{Environment.ProcessId}"));
        try
        {
            var first = await StartAsync(home, cancellationToken);
            List<double> empty = [],
                filled = [];
            for (var round = 0; round < Rounds; round++)
            {
                Directory.Delete(Path.Combine(home, "data"), recursive: true);
                empty.Add(await StartAsync(home, cancellationToken));
                filled.Add(await StartAsync(home, cancellationToken));
            }

            var report = new Report();
            report.Add("first start: servers installed, migrated, samples loaded", first, "s", 180);
            report.Add("start on an empty data folder", Report.Median(empty), "s");
            report.Add("start on data that is there", Report.Median(filled), "s", 15);
            return report;
        }
        finally
        {
            if (Directory.Exists(home))
            {
                Directory.Delete(home, recursive: true);
            }
        }
    }

    private static async Task<double> StartAsync(string home, CancellationToken cancellationToken)
    {
        var port = PortOwner.PickFree();
        var ours = new DirectoryInfo(AppContext.BaseDirectory);
        var appHost = Path.Combine(
            ours.Parent!.Parent!.Parent!.Parent!.FullName,
            "AppHost",
            "bin",
            ours.Parent!.Name,
            ours.Name,
            "Wyckoff.AppHost.dll"
        );
        var watch = Stopwatch.StartNew();
        // Leashed with TERM, so that it ends in good order when we let go.
        await using var system = LeashedProcess.Start(
            "AppHost",
            "dotnet",
            [appHost, "--local", "--data", home, "--port", port.ToString(CultureInfo.InvariantCulture)],
            null,
            null,
            "TERM",
            TimeSpan.FromSeconds(15),
            _ => { }
        );
        using var http = new HttpClient();
        while (true)
        {
            if (system.Exited.IsCompleted)
            {
                throw new InvalidOperationException(string.Join(Environment.NewLine, system.LastLines));
            }

            try
            {
                var bars = await http.GetStringAsync(
                    string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/v1/bars/SPY?timeframe=1d&limit=1"),
                    cancellationToken
                );
                if (bars.Contains("\"count\":1", StringComparison.Ordinal))
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"up after {watch.Elapsed.TotalSeconds:0.00} s"));
                    return watch.Elapsed.TotalSeconds;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
