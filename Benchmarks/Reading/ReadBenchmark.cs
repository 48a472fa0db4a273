using System.Globalization;
using Wyckoff.Benchmarks.Load;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>What a read costs through the API, against the least it could cost: the query alone, the bytes from memory, psql's COPY. In one run, the sides in turn.</summary>
internal static class ReadBenchmark
{
    public static Task<Report> RunAsync(CancellationToken cancellationToken) =>
        RunAsync([Lookups.RunAsync, Windows.RunAsync, LongStreams.RunAsync, Pushes.RunAsync], cancellationToken);

    public static Task<Report> LookupsAsync(CancellationToken cancellationToken) => RunAsync([Lookups.RunAsync], cancellationToken);

    public static Task<Report> WindowsAsync(CancellationToken cancellationToken) => RunAsync([Windows.RunAsync], cancellationToken);

    public static Task<Report> StreamsAsync(CancellationToken cancellationToken) => RunAsync([LongStreams.RunAsync], cancellationToken);

    public static Task<Report> PushesAsync(CancellationToken cancellationToken) => RunAsync([Pushes.RunAsync], cancellationToken);

    private static async Task<Report> RunAsync(
        Func<ReadSetup, Report, CancellationToken, Task>[] parts,
        CancellationToken cancellationToken
    )
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-read-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            Say($"Load average at the start: {ProcessFigures.LoadAverage()}");
            await using var setup = await ReadSetup.StartAsync(home, cancellationToken);
            Say($"{setup.Server.Description}; load average {ProcessFigures.LoadAverage()}");
            var report = new Report();
            foreach (var part in parts)
            {
                await part(setup, report, cancellationToken);
            }

            return report;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    public static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
