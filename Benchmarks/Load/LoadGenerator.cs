using System.Diagnostics;
using HdrHistogram;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Connections that each send the next request as soon as they have the answer to the last.</summary>
internal sealed class LoadGenerator : IDisposable
{
    private readonly HttpConnection[] _connections;
    private readonly byte[][] _requests;

    private LoadGenerator(HttpConnection[] connections, byte[][] requests) => (_connections, _requests) = (connections, requests);

    public static async Task<LoadGenerator> ConnectAsync(
        int port,
        int connections,
        IEnumerable<string> paths,
        CancellationToken cancellationToken
    )
    {
        var made = new HttpConnection[connections];
        for (var i = 0; i < connections; i++)
        {
            made[i] = await HttpConnection.ConnectAsync(port, cancellationToken);
        }

        return new(made, [.. paths.Select(path => HttpConnection.Get(path))]);
    }

    public async Task<LoadResult> RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var parts = await Task.WhenAll(
            _connections.Select(
                (connection, place) => Task.Run(() => LoopAsync(connection, place, end, cancellationToken), cancellationToken)
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
        int place,
        long end,
        CancellationToken cancellationToken
    )
    {
        var latencies = Latencies.New();
        long bytes = 0;
        // In random order, as users ask. In the order of the list, connections that wait for the same answer would then all ask for the same next one, in a convoy.
        var next = new Random(place);
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            if (start >= end)
            {
                return (latencies, bytes);
            }

            bytes += await connection.ExchangeAsync(_requests[next.Next(_requests.Length)], null, cancellationToken);
            latencies.Record(Stopwatch.GetTimestamp() - start);
        }
    }
}

/// <summary>What came of a run.</summary>
internal sealed record LoadResult(LongHistogram Latencies, double Seconds, long Bytes)
{
    public double Rate => Latencies.TotalCount / Seconds;
}
