using System.Diagnostics;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>
/// Measures reads of the recent bars of fifty symbols by 64 connections: cached in the process, cached in Redis, and uncached. The lower
/// bounds are the same bytes from memory, sent by the same host through its whole pipeline and by a bare Kestrel.
/// </summary>
internal static class RecentBarsReads
{
    private const int Connections = 64;
    private const int Rounds = 9;
    private const int AllocationSamples = 9;
    private const int Requests = 2_000;
    private const int Readers = 1_000;
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadersTime = TimeSpan.FromSeconds(15);

    // On two cores, which also answer requests, it takes this long until the code of a request has its final compilation.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    private static readonly (string Name, string Query)[] Kinds =
    [
        ("500 days", "timeframe=1d&limit=500"),
        ("500 minutes", "timeframe=1m&limit=500"),
        ("50 days", "timeframe=1d&limit=50"),
    ];

    public static async Task RunAsync(ReadSetup setup, Report report, CancellationToken cancellationToken)
    {
        await using var cached = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: true, cancellationToken);
        await using var redis = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: false, redis: true, cancellationToken);
        await using var withoutRedis = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: false, cancellationToken);
        await using var uncached = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: false, redis: false, cancellationToken);
        await using var bare = await HostProcess.StartAsync(
            Hosts.BareVerb,
            new Dictionary<string, string?>(StringComparer.Ordinal),
            cancellationToken
        );
        foreach (var host in new[] { cached, redis, withoutRedis, uncached })
        {
            using var load = await LoadGenerator.ConnectAsync(host.Port, Connections, Paths(Kinds[0].Query), cancellationToken);
            await load.RunAsync(WarmUp, cancellationToken);
        }

        foreach (var (name, query) in Kinds)
        {
            await CompareAsync(report, name, query, cached, redis, bare, cancellationToken);
        }

        await LatencyAsync(report, [("cached", cached), ("uncached", uncached), ("cached, Redis off", withoutRedis)], cancellationToken);
        await CommitsAsync(setup, report, cached, cancellationToken);
        await AllocatedAsync(report, cached, cancellationToken);
    }

    // Writers do not wait for readers, but readers without a pause leave them little processor time.
    private static async Task CommitsAsync(ReadSetup setup, Report report, HostProcess cached, CancellationToken cancellationToken)
    {
        var alone = await WriteAsync(setup, cancellationToken);
        using var load = await LoadGenerator.ConnectAsync(cached.Port, Readers, Paths(Kinds[0].Query), cancellationToken);
        var reading = load.RunAsync(ReadersTime, cancellationToken);
        var withReaders = await WriteAsync(setup, cancellationToken);
        await reading;
        report.Add("one bar written", alone, "ms");
        report.Add("one bar written, beside a thousand readers", withReaders, "ms");
        Report.Log(
            $"one bar written: {alone:0.00} ms, {withReaders:0.00} ms beside {Readers} readers; load {ProcessFigures.LoadAverage()}"
        );
    }

    // Returns the median time to commit a change of the newest minute of a symbol.
    private static async Task<double> WriteAsync(ReadSetup setup, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var write = 0; write < 3 * BarData.Symbols; write++)
        {
            var ticker = (await setup.Tickers.FindAsync(Symbol.Parse(BarData.SymbolName(write % BarData.Symbols)), cancellationToken))!;
            var start = Stopwatch.GetTimestamp();
            await setup.ChangeNewestMinuteAsync(ticker, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Report.Median(times.Skip(BarData.Symbols));
    }

    // Runs a time slice of each side in turn, for several rounds.
    private static async Task<List<Turn>[]> TakeTurnsAsync(
        IReadOnlyList<(LoadGenerator Load, HostProcess Host)> sides,
        CancellationToken cancellationToken
    )
    {
        foreach (var (load, _) in sides)
        {
            await load.RunAsync(Slice, cancellationToken);
        }

        var results = sides.Select(_ => new List<Turn>()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var side = 0; side < sides.Count; side++)
            {
                var (load, host) = sides[side];
                var before = host.ProcessorSeconds;
                var result = await load.RunAsync(Slice, cancellationToken);
                results[side].Add(new(result, (host.ProcessorSeconds - before) * 1e6 / result.Latencies.TotalCount));
            }
        }

        return results;
    }

    private static async Task CompareAsync(
        Report report,
        string name,
        string query,
        HostProcess cached,
        HostProcess redis,
        HostProcess bare,
        CancellationToken cancellationToken
    )
    {
        string[] paths = [.. Paths(query)];
        var bytes = 0;
        for (var index = 0; index < paths.Length; index++)
        {
            var answer = await cached.GetAsync(paths[index], cancellationToken);
            bytes += answer.Length;
            foreach (var host in new[] { cached, redis, bare })
            {
                await host.StoreAsync(index, answer, cancellationToken);
            }
        }

        string[] same = [.. paths.Select((_, index) => Hosts.StoredPathOf(index))];

        using var fromProcess = await LoadGenerator.ConnectAsync(cached.Port, Connections, paths, cancellationToken);
        using var fromProcessSame = await LoadGenerator.ConnectAsync(cached.Port, Connections, same, cancellationToken);
        using var fromRedis = await LoadGenerator.ConnectAsync(redis.Port, Connections, paths, cancellationToken);
        using var fromRedisSame = await LoadGenerator.ConnectAsync(redis.Port, Connections, same, cancellationToken);
        using var fromBare = await LoadGenerator.ConnectAsync(bare.Port, Connections, same, cancellationToken);
        var results = await TakeTurnsAsync(
            [(fromProcess, cached), (fromProcessSame, cached), (fromRedis, redis), (fromRedisSame, redis), (fromBare, bare)],
            cancellationToken
        );
        double Rate(int side) => Report.Median(results[side].Select(turn => turn.Result.Rate));
        double Processor(int side) => Report.Median(results[side].Select(turn => turn.Processor));
        double Ratio(int side, int against) =>
            Report.Median(results[side].Zip(results[against], (one, other) => one.Result.Rate / other.Result.Rate));
        report.Add($"{name} ({bytes / paths.Length / 1024.0:0} KB): from the process", Rate(0), "requests/s");
        report.Add($"{name}: the same bytes, same host", Rate(1), "requests/s");
        report.Add($"{name}: from the process, over the same bytes", Ratio(0, 1), "×", 0.85, higherIsBetter: true);
        report.Add($"{name}: from Redis alone", Rate(2), "requests/s");
        report.Add($"{name}: from Redis alone, over the same bytes", Ratio(2, 3), "×", 0.40, higherIsBetter: true);
        report.Add($"{name}: the same bytes, bare Kestrel", Rate(4), "requests/s");
        report.Add($"{name}: from the process, over bare Kestrel", Ratio(0, 4), "×");
        // The load generator shares the machine, so the processor time of the API alone is reported too.
        report.Add($"{name}: from the process, processor time of the API", Processor(0), "µs/request");
        report.Add($"{name}: the same bytes, processor time of the API", Processor(1), "µs/request");
        var process = FormattableString.Invariant($"process {Rate(0):N0}/s, same bytes {Rate(1):N0}/s ({Ratio(0, 1):0.00})");
        var redisRates = FormattableString.Invariant($"Redis {Rate(2):N0}/s, same bytes {Rate(3):N0}/s ({Ratio(2, 3):0.00})");
        Report.Log($"{name}: {process}; {redisRates}; bare {Rate(4):N0}/s; load {ProcessFigures.LoadAverage()}");
    }

    private static async Task LatencyAsync(Report report, (string Name, HostProcess Host)[] hosts, CancellationToken cancellationToken)
    {
        var sides = new List<LoadGenerator>();
        try
        {
            foreach (var (_, host) in hosts)
            {
                sides.Add(await LoadGenerator.ConnectAsync(host.Port, Connections, Paths(Kinds[0].Query), cancellationToken));
            }

            var results = await TakeTurnsAsync([.. sides.Zip(hosts, (side, host) => (side, host.Host))], cancellationToken);
            for (var side = 0; side < sides.Count; side++)
            {
                var latencies = Latencies.New();
                results[side].ForEach(turn => latencies.Add(turn.Result.Latencies));
                var name = $"500 days by {Connections} connections, {hosts[side].Name}";
                report.Add($"{name}", Report.Median(results[side].Select(turn => turn.Result.Rate)), "requests/s");
                report.Add($"{name}: p50", latencies.Percentile(0.5), "ms");
                report.Add($"{name}: p99", latencies.Percentile(0.99), "ms");
                report.Add($"{name}: p999", latencies.Percentile(0.999), "ms");
                var percentiles = FormattableString.Invariant(
                    $"{latencies.Percentile(0.5):0.00}, {latencies.Percentile(0.99):0.00}, {latencies.Percentile(0.999):0.00} ms"
                );
                Report.Log($"{name}: {percentiles}; load {ProcessFigures.LoadAverage()}");
            }
        }
        finally
        {
            sides.ForEach(side => side.Dispose());
        }
    }

    private static async Task AllocatedAsync(Report report, HostProcess cached, CancellationToken cancellationToken)
    {
        using var connection = await HttpConnection.ConnectAsync(cached.Port, cancellationToken);
        byte[][] requests = [.. Paths(Kinds[0].Query).Select(path => HttpConnection.Get(path))];
        // The figure is a median of samples: after the load the garbage collector releases heaps, and their allocations drop out of the
        // count.
        var samples = new List<double>();
        for (var sample = 0; sample < AllocationSamples; sample++)
        {
            var before = await cached.AllocatedAsync(cancellationToken);
            for (var i = 0; i < Requests; i++)
            {
                await connection.ExchangeAsync(requests[i % requests.Length], null, cancellationToken);
            }

            samples.Add((await cached.AllocatedAsync(cancellationToken) - before) / 1024.0 / Requests);
        }

        report.Add("500 days, from the process: allocated per request", Report.Median(samples), "KB");
    }

    private static IEnumerable<string> Paths(string query) =>
        Enumerable.Range(0, BarData.Symbols).Select(symbol => $"/v1/bars/{BarData.SymbolName(symbol)}?{query}");

    /// <summary>The result of one time slice.</summary>
    /// <param name="Result">The result of the load.</param>
    /// <param name="Processor">The processor time of the host in microseconds per request.</param>
    private sealed record Turn(LoadResult Result, double Processor);
}
