using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks;

/// <summary>
/// Measures the time from the command to bars over HTTP: on a machine without servers, with servers but without data, and with data.
/// </summary>
internal static class StartBenchmark
{
    private const int Rounds = 5;

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        using var folder = new BenchmarkFolder("start");
        var first = await StartAsync(folder.Folder, cancellationToken);
        List<double> empty = [],
            filled = [];
        for (var round = 0; round < Rounds; round++)
        {
            Directory.Delete(folder.PathOf("data"), recursive: true);
            empty.Add(await StartAsync(folder.Folder, cancellationToken));
            filled.Add(await StartAsync(folder.Folder, cancellationToken));
        }

        var report = new Report();
        report.Add("first start: servers installed, migrated, samples loaded", first, "s", 180);
        report.Add("start on an empty data folder", Report.Median(empty), "s");
        report.Add("start on data that is there", Report.Median(filled), "s", 15);
        return report;
    }

    private static async Task<double> StartAsync(string home, CancellationToken cancellationToken)
    {
        var port = PortOwner.PickFree();
        var watch = Stopwatch.StartNew();
        // TERM lets the AppHost shut down all servers at the end of the block.
        await using var system = LeashedProcess.Start(
            "AppHost",
            "dotnet",
            [BenchmarkServer.Program("AppHost"), "--local", "--data", home, "--port", port.ToString(CultureInfo.InvariantCulture)],
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
                // The API does not answer yet.
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
