using System.Diagnostics.Metrics;

namespace Wyckoff.Telemetry;

/// <summary>Counts open and idle connections of the pools, and waiting requests, from the metrics that Npgsql publishes.</summary>
public sealed class ConnectionPoolFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, (long Idle, long Used)> _pools;
    private long _waiting;

    /// <param name="pools">The names of the data sources to count. Other pools of the process are ignored.</param>
    public ConnectionPoolFigures(params IEnumerable<string> pools)
    {
        _pools = pools.ToDictionary(pool => pool, _ => (0L, 0L), StringComparer.Ordinal);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (
                instrument.Meter.Name == "Npgsql"
                && instrument.Name is "db.client.connection.count" or "db.client.connection.npgsql.pending_requests"
            )
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public (long Open, long Idle, long Waiting) Read()
    {
        lock (_listener)
        {
            foreach (var pool in _pools.Keys)
            {
                _pools[pool] = default;
            }

            _listener.RecordObservableInstruments();
            return (_pools.Values.Sum(pool => pool.Idle + pool.Used), _pools.Values.Sum(pool => pool.Idle), Interlocked.Read(ref _waiting));
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? pool = null,
            state = null;
        foreach (var (key, tag) in tags)
        {
            pool = key == "db.client.connection.pool.name" ? tag as string : pool;
            state = key == "db.client.connection.state" ? tag as string : state;
        }

        if (pool is null || !_pools.TryGetValue(pool, out var figures))
        {
            return;
        }

        // With several hosts, Npgsql reports one pool per host and one for all of them under the same name. The maximum is the total.
        switch (instrument.Name, state)
        {
            case ("db.client.connection.count", "idle"):
                _pools[pool] = figures with { Idle = Math.Max(figures.Idle, value) };
                break;
            case ("db.client.connection.count", _):
                _pools[pool] = figures with { Used = Math.Max(figures.Used, value) };
                break;
            default:
                Interlocked.Add(ref _waiting, value);
                break;
        }
    }
}
