using System.Globalization;
using Wyckoff.Benchmarks.Load;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>What a read costs through the API, against the least it could cost: the query alone, the bytes from memory, psql's COPY. In one run, the sides in turn.</summary>
internal static class ReadBenchmark
{
    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-read-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            Say($"Load average at the start: {ProcessFigures.LoadAverage()}");
            await using var setup = await ReadSetup.StartAsync(home, cancellationToken);
            Say($"{setup.Server.Description}");
            var report = new Report();
            await Lookups.RunAsync(setup, report, cancellationToken);
            await Windows.RunAsync(setup, report, cancellationToken);
            await LongStreams.RunAsync(setup, report, Path.Combine(home, "copy"), cancellationToken);
            await Pushes.RunAsync(setup, report, cancellationToken);
            return report;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    public static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
