using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Caching;

/// <summary>
/// Caches the recent bars of each window and period, formatted for output: in this process, and in Redis for all replicas. Each use is
/// checked against the current version of the window, so no layer can make a response wrong. Outdated bars are read again once,
/// however many requests wait for them.
/// </summary>
public sealed class BarCache
{
    /// <summary>Maximum number of recent bars.</summary>
    public const int Bars = 500;

    /// <summary>
    /// The version of the format of responses, part of cache keys and ETags: replicas of two builds share one Redis, and clients keep what
    /// an earlier build sent.
    /// </summary>
    public const int Representation = 2;

    // Recent bars that were used within so many milliseconds are refreshed when a write is announced.
    private const long Lately = 30_000;

    private readonly ConcurrentDictionary<Key, Entry> _entries = new();
    private readonly ConcurrentDictionary<Key, Lazy<Task<RecentBars>>> _flights = new();
    private readonly ConcurrentDictionary<(int TickerId, Timeframe Source), ConcurrentDictionary<Key, Entry>> _ofWindow = new();
    private readonly WindowVersions _versions;
    private readonly BarReader _reader;
    private readonly RedisRecentBars _redis;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private long _bytes;
    private long _processHits;
    private long _redisHits;
    private long _rebuilds;

    public BarCache(
        WindowVersions versions,
        BarReader reader,
        RedisConnection redis,
        IOptions<CacheOptions> options,
        TimeProvider time,
        ILoggerFactory loggers
    )
    {
        (_versions, _reader, _options, _time) = (versions, reader, options.Value, time);
        _redis = new(redis, options, time, loggers.CreateLogger<RedisRecentBars>());
    }

    /// <summary>Neither layer is in use.</summary>
    public bool IsOff => !_options.InProcess && !_options.Redis;

    /// <summary>The recent bars of the current version or a newer one; null if the window has no version.</summary>
    public async ValueTask<RecentBars?> FindAsync(TickerRef ticker, BarPeriod period, BarFormat format, CancellationToken cancellationToken)
    {
        var version = await _versions.CurrentAsync(ticker.Id, period.Source, cancellationToken);
        if (version == 0)
        {
            return null;
        }

        var key = new Key(ticker.Id, ticker.Incarnation, period.Name, format);
        if (_entries.TryGetValue(key, out var entry))
        {
            if (entry.Window.Version >= version)
            {
                entry.Used = Environment.TickCount64;
                Interlocked.Increment(ref _processHits);
                ReadMetrics.Found("process");
                return entry.Window;
            }

            ReadMetrics.Outdated(_time.GetElapsedTime(entry.Since));
        }

        while (true)
        {
            var flight = _flights.GetOrAdd(key, _ => new(() => FlyAsync(key, ticker, period, format, version, Environment.TickCount64)));
            var window = await flight.Value.WaitAsync(cancellationToken);
            if (window.Version >= version)
            {
                return window;
            }

            // The read had begun for an older version. Ask the primary for the version before reading again: if the known version is
            // wrong, for example because the ticker was deleted, this loop would otherwise not end before that version expires.
            version = await _versions.AskAsync(ticker.Id, period.Source, cancellationToken);
            if (version == 0)
            {
                return null;
            }
        }
    }

    /// <summary>Called when a write is announced: refreshes recent bars of the window that were used lately.</summary>
    internal void Renew(int tickerId, Timeframe timeframe, long version)
    {
        if (!_ofWindow.TryGetValue((tickerId, timeframe), out var entries))
        {
            return;
        }

        foreach (var (key, entry) in entries)
        {
            if (entry.Window.Version < version && Environment.TickCount64 - entry.Used < Lately)
            {
                _ = RenewAsync(key, entry, version);
            }
        }
    }

    /// <summary>Counts since the process started.</summary>
    public CacheFigures Snapshot() =>
        new(
            _options.InProcess,
            _options.Redis,
            _entries.Count,
            Interlocked.Read(ref _bytes),
            Interlocked.Read(ref _processHits),
            Interlocked.Read(ref _redisHits),
            Interlocked.Read(ref _rebuilds)
        );

    private async Task RenewAsync(Key key, Entry entry, long version)
    {
        try
        {
            await _flights.GetOrAdd(key, _ => new(() => FlyAsync(key, entry.Ticker, entry.Period, key.Format, version, entry.Used))).Value;
        }
        catch (Exception)
        {
            // The next request reads again, and gets the error if there is one.
        }
    }

    private async Task<RecentBars> FlyAsync(Key key, TickerRef ticker, BarPeriod period, BarFormat format, long version, long used)
    {
        try
        {
            var window = await LoadAsync(key, ticker, period, format, version);
            Keep(key, new(window, ticker, period, _time.GetTimestamp()) { Used = used });
            return window;
        }
        finally
        {
            // Before the task completes: a waiter that needs a newer version must not find this read again.
            _flights.TryRemove(key, out _);
        }
    }

    private async Task<RecentBars> LoadAsync(Key key, TickerRef ticker, BarPeriod period, BarFormat format, long version)
    {
        var name = key.ToString();
        if (await _redis.FindAsync(name) is { } found && found.Version >= version)
        {
            Interlocked.Increment(ref _redisHits);
            ReadMetrics.Found("redis");
            _versions.Raise(ticker.Id, period.Source, found.Version);
            return found;
        }

        var began = _time.GetTimestamp();
        using var rows = new BarRows(Bars);
        var fields = BarFields.Usual;
        var current = await _reader.ReadNewestAsync(
            ticker.Id,
            period,
            fields,
            BarReader.Earliest,
            BarReader.Latest,
            Bars,
            rows,
            version,
            CancellationToken.None
        );
        var text =
            format == BarFormat.Csv
                ? BarText.Csv(ticker.Symbol.Value, period, fields, flagged: false)
                : BarText.Json(fields, flagged: false, period.IsOfDates);
        var window = RecentBars.Of(
            current,
            rows,
            rows.Count < Bars,
            text,
            format switch
            {
                BarFormat.Json => (byte)',',
                BarFormat.Ndjson => (byte)'\n',
                _ => 0,
            }
        );
        Interlocked.Increment(ref _rebuilds);
        ReadMetrics.Found("database");
        ReadMetrics.Rebuilt(_time.GetElapsedTime(began));
        var open =
            rows.Count > 0
            && IncomingBar.InstantOf(period.Next(rows[rows.Count - 1].Time)) > _time.GetUtcNow().AddDays(period.IsOfDates ? -1 : 0);
        _ = _redis.PutAsync(name, window, open ? _options.OpenFor : _options.ClosedFor);
        return window;
    }

    private void Keep(Key key, Entry entry)
    {
        if (!_options.InProcess)
        {
            return;
        }

        // The lock keeps _bytes correct. It is taken only when recent bars have been read.
        lock (_entries)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                if (old.Window.Version > entry.Window.Version)
                {
                    return;
                }

                _bytes -= old.Window.Bytes.Length;
            }

            _entries[key] = entry;
            _ofWindow.GetOrAdd((key.TickerId, entry.Period.Source), _ => new())[key] = entry;
            _bytes += entry.Window.Bytes.Length;
            if (_bytes > _options.InProcessBytes)
            {
                Shrink();
            }
        }
    }

    // Removes a fifth at once, so that the sort is rarely needed.
    private void Shrink()
    {
        foreach (var (key, entry) in _entries.ToArray().OrderBy(pair => pair.Value.Used))
        {
            if (_bytes <= _options.InProcessBytes / 5 * 4)
            {
                return;
            }

            _entries.TryRemove(key, out _);
            _bytes -= entry.Window.Bytes.Length;
            var entries = _ofWindow[(key.TickerId, entry.Period.Source)];
            entries.TryRemove(key, out _);
            if (entries.IsEmpty)
            {
                _ofWindow.TryRemove((key.TickerId, entry.Period.Source), out _);
            }
        }
    }

    private readonly record struct Key(int TickerId, string Incarnation, string Period, BarFormat Format)
    {
        public override string ToString() =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"wyckoff:{Representation}:bars:{Incarnation}:{TickerId}:{Period}:{EnumText.Of(Format)}"
            );
    }

    private sealed class Entry(RecentBars window, TickerRef ticker, BarPeriod period, long since)
    {
        public RecentBars Window => window;

        public TickerRef Ticker => ticker;

        public BarPeriod Period => period;

        public long Since => since;

        public long Used { get; set; }
    }
}

/// <summary>State and counts of the cache since the process started.</summary>
public sealed record CacheFigures(bool InProcess, bool Redis, int Windows, long Bytes, long ProcessHits, long RedisHits, long Rebuilds);
