using System.Diagnostics.Metrics;

namespace Wyckoff.Telemetry;

/// <summary>Open, idle and waiting of the connection pool, read from the metrics Npgsql publishes about itself.</summary>
public sealed class ConnectionPoolFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _pool;
    private long _idle;
    private long _used;
    private long _waiting;

    /// <param name="pool">The data source's name: other pools in the process are not counted.</param>
    public ConnectionPoolFigures(string pool)
    {
        _pool = pool;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Npgsql" && instrument.Name is "db.client.connection.count" or "db.client.connection.npgsql.pending_requests")
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
            (_idle, _used) = (0, 0);
            _listener.RecordObservableInstruments();
            return (_idle + _used, _idle, Interlocked.Read(ref _waiting));
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? pool = null, state = null;
        foreach (var (key, tag) in tags)
        {
            pool = key == "db.client.connection.pool.name" ? tag as string : pool;
            state = key == "db.client.connection.state" ? tag as string : state;
        }

        if (pool != _pool)
        {
            return;
        }

        // Several hosts are several pools of the one name, and one more that says what they have together.
        switch (instrument.Name, state)
        {
            case ("db.client.connection.count", "idle"):
                _idle = Math.Max(_idle, value);
                break;
            case ("db.client.connection.count", _):
                _used = Math.Max(_used, value);
                break;
            default:
                Interlocked.Add(ref _waiting, value);
                break;
        }
    }
}
