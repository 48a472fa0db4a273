using System.Diagnostics;
using HdrHistogram;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Puts load on a server: each connection sends its next request as soon as it has the response to the last.</summary>
internal sealed class LoadGenerator : IDisposable
{
    private readonly HttpConnection[] _connections;
    private readonly byte[][] _requests;

    private LoadGenerator(HttpConnection[] connections, byte[][] requests) => (_connections, _requests) = (connections, requests);

    public static async Task<LoadGenerator> ConnectAsync(
        int port,
        int connections,
        IEnumerable<string> paths,
        CancellationToken cancellationToken,
        string? key = null
    )
    {
        var connected = new HttpConnection[connections];
        for (var i = 0; i < connections; i++)
        {
            connected[i] = await HttpConnection.ConnectAsync(port, cancellationToken);
        }

        return new(connected, [.. paths.Select(path => HttpConnection.Get(path, key: key))]);
    }

    public async Task<LoadResult> RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var parts = await Task.WhenAll(
            _connections.Select(
                (connection, index) => Task.Run(() => LoopAsync(connection, index, end, cancellationToken), cancellationToken)
            )
        );
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var all = Latencies.New();
        long bytes = 0;
        foreach (var (latencies, length) in parts)
        {
            all.Add(latencies);
            bytes += length;
        }

        return new(all, seconds, bytes);
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private async Task<(LongHistogram Latencies, long Bytes)> LoopAsync(
        HttpConnection connection,
        int seed,
        long end,
        CancellationToken cancellationToken
    )
    {
        var latencies = Latencies.New();
        long bytes = 0;
        // The requests are in random order, as those of users. In list order, connections that wait for the same response would then all
        // send the same next request at once.
        var random = new Random(seed);
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            if (start >= end)
            {
                return (latencies, bytes);
            }

            bytes += await connection.ExchangeAsync(_requests[random.Next(_requests.Length)], null, cancellationToken);
            latencies.Record(Stopwatch.GetTimestamp() - start);
        }
    }
}

/// <summary>The result of a run.</summary>
internal sealed record LoadResult(LongHistogram Latencies, double Seconds, long Bytes)
{
    public double Rate => Latencies.TotalCount / Seconds;
}
