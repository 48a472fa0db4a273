using Wyckoff.Benchmarks.Load;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// Compares reads through the API with lower bounds of their cost: the bare query, the same bytes from memory, and psql's COPY. The
/// compared sides run in turn.
/// </summary>
internal static class ReadBenchmark
{
    public static Task<Report> RunAsync(CancellationToken cancellationToken) =>
        RunAsync([Lookups.RunAsync, RecentBarsReads.RunAsync, KeyReads.RunAsync, LongStreams.RunAsync, Pushes.RunAsync], cancellationToken);

    public static Task<Report> LookupsAsync(CancellationToken cancellationToken) => RunAsync([Lookups.RunAsync], cancellationToken);

    public static Task<Report> RecentBarsAsync(CancellationToken cancellationToken) =>
        RunAsync([RecentBarsReads.RunAsync], cancellationToken);

    public static Task<Report> KeysAsync(CancellationToken cancellationToken) => RunAsync([KeyReads.RunAsync], cancellationToken);

    public static Task<Report> StreamsAsync(CancellationToken cancellationToken) => RunAsync([LongStreams.RunAsync], cancellationToken);

    public static Task<Report> PushesAsync(CancellationToken cancellationToken) => RunAsync([Pushes.RunAsync], cancellationToken);

    private static async Task<Report> RunAsync(
        Func<ReadSetup, Report, CancellationToken, Task>[] parts,
        CancellationToken cancellationToken
    )
    {
        using var folder = new BenchmarkFolder("read");
        Report.Log($"Load average at the start: {ProcessFigures.LoadAverage()}");
        await using var setup = await ReadSetup.StartAsync(folder.PathOf("postgres"), cancellationToken);
        Report.Log($"{setup.Server.Description}; load average {ProcessFigures.LoadAverage()}");
        var report = new Report();
        foreach (var part in parts)
        {
            await part(setup, report, cancellationToken);
        }

        return report;
    }
}
