using System.Collections.Concurrent;
using System.Diagnostics;
using HdrHistogram;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>A thousand readers of server-sent events, a hundred bars a second: how long after its commit is a bar with them? Writers and readers share this process, and so its clock.</summary>
internal static class Pushes
{
    private const int Readers = 1_000;
    private const int UpdatesPerSecond = 100;
    private const int Lanes = 4;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(ReadSetup setup, Report report, CancellationToken cancellationToken)
    {
        await using var api = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: true, cancellationToken);
        await MeasureAsync(setup, report, api, BarData.Symbols, TimeSpan.FromSeconds(20), 50, cancellationToken);
        await MeasureAsync(setup, report, api, 1, TimeSpan.FromSeconds(10), null, cancellationToken);
    }

    private static async Task MeasureAsync(
        ReadSetup setup,
        Report report,
        HostProcess api,
        int symbols,
        TimeSpan duration,
        double? bar,
        CancellationToken cancellationToken
    )
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        EventReader[] readers = [.. Enumerable.Range(0, Readers).Select(_ => new EventReader())];
        try
        {
            var running = Task.WhenAll(
                readers.Select(
                    (reader, place) =>
                        reader.RunAsync(
                            api.Port,
                            HttpConnection.Get($"/v1/bars/{BarData.SymbolName(place % symbols)}/stream?timeframe=1m", "text/event-stream"),
                            ended.Token
                        )
                )
            );
            await Task.WhenAll(readers.Select(reader => reader.First)).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
            // The first round has what any first round has: code that is compiled, plans that are made.
            await WriteAsync(setup, symbols, TimeSpan.FromSeconds(3), cancellationToken);
            var commits = await WriteAsync(setup, symbols, duration, cancellationToken);
            await Task.Delay(Grace, cancellationToken);
            await ended.CancelAsync();
            await running;

            var delivered = Latencies.New();
            for (var place = 0; place < Readers; place++)
            {
                Deliver(readers[place].Events, commits[place % symbols], delivered);
            }

            var updates = commits.Sum(commit => commit.Count);
            var name = symbols == 1 ? "1,000 readers of one symbol" : $"1,000 readers of {symbols} symbols";
            report.Add($"{name}: updates", updates / duration.TotalSeconds, "/s");
            report.Add($"{name}: commit to reader, p50", delivered.Percentile(0.5), "ms");
            report.Add($"{name}: commit to reader, p99", delivered.Percentile(0.99), "ms", bar);
            ReadBenchmark.Say(
                $"{name}: {updates} updates, {delivered.TotalCount:N0} deliveries, p50 {delivered.Percentile(0.5):0.0}, p99 {delivered.Percentile(0.99):0.0}, p999 {delivered.Percentile(0.999):0.0} ms; load {ProcessFigures.LoadAverage()}"
            );
        }
        finally
        {
            foreach (var reader in readers)
            {
                reader.Dispose();
            }
        }
    }

    // Each version is there with the first event that has it or a later one: nobody promises an event per version.
    private static void Deliver(
        IReadOnlyList<(long Id, long Ticks)> events,
        List<(long Version, long Ticks)> commits,
        LongHistogram delivered
    )
    {
        var next = 0;
        foreach (var (version, committed) in commits)
        {
            while (next < events.Count && events[next].Id < version)
            {
                next++;
            }

            if (next == events.Count)
            {
                throw new InvalidOperationException($"Version {version} was not delivered.");
            }

            delivered.Record(events[next].Ticks - committed);
        }
    }

    // The newest minute of one symbol after the other changes, as it does while it lasts.
    private static async Task<List<(long Version, long Ticks)>[]> WriteAsync(
        ReadSetup setup,
        int symbols,
        TimeSpan duration,
        CancellationToken cancellationToken
    )
    {
        var tickers = new List<TickerRef>();
        for (var symbol = 0; symbol < symbols; symbol++)
        {
            tickers.Add((await setup.Tickers.FindAsync(Symbol.Parse(BarData.SymbolName(symbol)), cancellationToken))!);
        }

        var commits = new ConcurrentBag<(int Symbol, long Version, long Ticks)>();
        var start = Stopwatch.GetTimestamp();
        var updates = (int)(duration.TotalSeconds * UpdatesPerSecond);
        await Task.WhenAll(
            Enumerable
                .Range(0, Lanes)
                .Select(async lane =>
                {
                    for (var update = lane; update < updates; update += Lanes)
                    {
                        var wait = TimeSpan.FromSeconds(update / (double)UpdatesPerSecond) - Stopwatch.GetElapsedTime(start);
                        if (wait > TimeSpan.Zero)
                        {
                            await Task.Delay(wait, cancellationToken);
                        }

                        var symbol = update % symbols;
                        var result = await setup.CorrectAsync(tickers[symbol], cancellationToken);
                        var committed = Stopwatch.GetTimestamp();
                        commits.Add((symbol, result.Changes.Single().Version, committed));
                    }
                })
        );
        return
        [
            .. Enumerable
                .Range(0, symbols)
                .Select(symbol =>
                    commits
                        .Where(commit => commit.Symbol == symbol)
                        .OrderBy(commit => commit.Version)
                        .Select(commit => (commit.Version, commit.Ticks))
                        .ToList()
                ),
        ];
    }
}
