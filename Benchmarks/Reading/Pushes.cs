using System.Collections.Concurrent;
using System.Diagnostics;
using HdrHistogram;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// Measures the time from the commit of a bar to its arrival at a thousand readers of server-sent events, with a hundred changes a second.
/// Writers and readers run in this process and share its clock.
/// </summary>
internal static class Pushes
{
    private const int Readers = 1_000;
    private const int UpdatesPerSecond = 100;
    private const int Writers = 4;
    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(3);

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
        double? target,
        CancellationToken cancellationToken
    )
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        EventReader[] readers = [.. Enumerable.Range(0, Readers).Select(_ => new EventReader())];
        try
        {
            var running = Task.WhenAll(
                readers.Select(
                    (reader, index) =>
                        reader.RunAsync(
                            api.Port,
                            HttpConnection.Get($"/v1/bars/{BarData.SymbolName(index % symbols)}/stream?timeframe=1m", "text/event-stream"),
                            ended.Token
                        )
                )
            );
            await Task.WhenAll(readers.Select(reader => reader.First)).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
            // The first round is a warm-up: code is compiled and plans are made.
            await WriteAsync(setup, symbols, TimeSpan.FromSeconds(3), cancellationToken);
            var commits = await WriteAsync(setup, symbols, duration, cancellationToken);
            await Task.Delay(DeliveryTimeout, cancellationToken);
            await ended.CancelAsync();
            await running;

            var delivered = Latencies.New();
            for (var reader = 0; reader < Readers; reader++)
            {
                RecordLatencies(readers[reader].Events, commits[reader % symbols], delivered);
            }

            var updates = commits.Sum(commit => commit.Count);
            var name = symbols == 1 ? "1,000 readers of one symbol" : $"1,000 readers of {symbols} symbols";
            report.Add($"{name}: updates", updates / duration.TotalSeconds, "/s");
            report.Add($"{name}: commit to reader, p50", delivered.Percentile(0.5), "ms");
            report.Add($"{name}: commit to reader, p99", delivered.Percentile(0.99), "ms", target);
            var percentiles = FormattableString.Invariant(
                $"p50 {delivered.Percentile(0.5):0.0}, p99 {delivered.Percentile(0.99):0.0}, p999 {delivered.Percentile(0.999):0.0} ms"
            );
            Report.Log(
                $"{name}: {updates} updates, {delivered.TotalCount:N0} deliveries, {percentiles}; load {ProcessFigures.LoadAverage()}"
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

    // A version is delivered by the first event with this version or a later one: an event may cover several versions.
    private static void RecordLatencies(
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

    // Changes the newest minute of one symbol after the other, as live bars do.
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
                .Range(0, Writers)
                .Select(async writer =>
                {
                    for (var update = writer; update < updates; update += Writers)
                    {
                        var wait = TimeSpan.FromSeconds(update / (double)UpdatesPerSecond) - Stopwatch.GetElapsedTime(start);
                        if (wait > TimeSpan.Zero)
                        {
                            await Task.Delay(wait, cancellationToken);
                        }

                        var symbol = update % symbols;
                        var result = await setup.ChangeNewestMinuteAsync(tickers[symbol], cancellationToken);
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
