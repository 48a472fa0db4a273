using System.Diagnostics;
using Wyckoff.Benchmarks.Load;

namespace Wyckoff.Benchmarks;

/// <summary>Measures a verb of the Ingestor, as a whole process.</summary>
internal static class IngestorRun
{
    public static async Task<(double Seconds, double Megabytes)> MeasureAsync(
        BenchmarkServer server,
        string[] arguments,
        CancellationToken cancellationToken
    )
    {
        var start = new ProcessStartInfo("dotnet", [BenchmarkServer.Program("Ingestor"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ConnectionStrings__wyckoff"] = server.AppConnection;
        var watch = Stopwatch.StartNew();
        using var run = Process.Start(start)!;
        var (output, error) = (run.StandardOutput.ReadToEndAsync(cancellationToken), run.StandardError.ReadToEndAsync(cancellationToken));
        var peak = 0.0;
        var ended = run.WaitForExitAsync(cancellationToken);
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, ProcessFigures.PeakMegabytes(run.Id));
            await Task.WhenAny(ended, Task.Delay(100, cancellationToken));
        }

        await ended;
        return run.ExitCode == 0
            ? (watch.Elapsed.TotalSeconds, peak)
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {run.ExitCode}: {await output}{await error}");
    }
}
