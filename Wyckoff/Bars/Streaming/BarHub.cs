using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Writing;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Streaming;

/// <summary>
/// Knows of every window that somebody reads whether it has changed: Redis says so at once, and the database is asked now and then, since Redis may be away and a
/// message lost. What changed is always read from the database.
/// </summary>
public sealed class BarHub : BackgroundService
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // The pool has to serve others too.
    private const int ReadsAtOnce = 4;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly RedisChannel Channel = new(BarWriter.Channel, RedisChannel.PatternMode.Literal);

    private readonly Database _database;
    private readonly TickerDirectory _tickers;
    private readonly RedisConnection? _redis;
    private readonly StreamOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeSpan _soon;
    private readonly SemaphoreSlim _reads = new(ReadsAtOnce);
    private readonly Lock _lock = new();
    private readonly HashSet<BarSubscription> _streams = [];
    private readonly Dictionary<(int TickerId, Timeframe Timeframe), WatchedWindow> _windows = [];
    private Task _look = Task.CompletedTask;
    private long _looked;
    private long _suspicious;
    private long _toldOfFault;
    private bool _told;
    private bool _stopping;

    public BarHub(
        Database database,
        TickerDirectory tickers,
        WindowVersions versions,
        IOptions<StreamOptions> options,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<BarHub> logger,
        RedisConnection? redis = null
    )
    {
        (_database, _tickers, _options, Time, _lifetime, Logger, _redis) = (
            database,
            tickers,
            options.Value,
            time,
            lifetime,
            logger,
            redis
        );
        Changes = new(database, versions, time);
        _soon = _options.Poll < _options.PollAlone ? _options.Poll : _options.PollAlone;
    }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal ChangeReader Changes { get; }

    internal TimeSpan Heartbeat => _options.Heartbeat;

    // Redis has our subscription, as far as one can know from here.
    private bool IsTold => _redis?.Current?.GetSubscriber().IsConnected(Channel) == true;

    /// <summary>A stream of these windows, from these positions on; null when there are as many as there may be.</summary>
    public BarSubscription? Open(IReadOnlyList<StreamedWindow> windows, IReadOnlyList<long> positions, int last)
    {
        lock (_lock)
        {
            if (_streams.Count >= _options.MaxReaders)
            {
                StreamTelemetry.Refused();
                return null;
            }

            var stream = new BarSubscription(this, [.. windows.Select((window, i) => (Watch(window), positions[i]))], last);
            foreach (var seat in stream.Seats)
            {
                seat.Window.Add(seat);
            }

            _streams.Add(stream);
            StreamTelemetry.Opened();
            if (_stopping)
            {
                stream.Stop();
            }

            return stream;
        }
    }

    internal void Close(BarSubscription stream)
    {
        lock (_lock)
        {
            if (!_streams.Remove(stream))
            {
                return;
            }

            foreach (var seat in stream.Seats)
            {
                if (seat.Window.Remove(seat))
                {
                    _windows.Remove(Key(seat.Window.Window));
                }
            }

            StreamTelemetry.Closed(stream.End);
        }
    }

    /// <summary>Runs a window's rounds.</summary>
    internal void Start(Func<CancellationToken, Task> rounds) =>
        _ = Task.Run(
            async () =>
            {
                try
                {
                    await rounds(_lifetime.ApplicationStopping);
                }
                catch (OperationCanceledException)
                {
                    // The process stops, and its streams with it.
                }
            },
            CancellationToken.None
        );

    /// <summary>Waits until one more may read.</summary>
    internal Task EnterAsync(CancellationToken cancellationToken) => _reads.WaitAsync(cancellationToken);

    internal void Leave() => _reads.Release();

    /// <summary>What a window cannot read, hundreds cannot: one of them says so now and then.</summary>
    internal bool MayTell()
    {
        var (told, now) = (Interlocked.Read(ref _toldOfFault), Time.GetTimestamp());
        return (told == 0 || Time.GetElapsedTime(told, now) >= Quiet) && Interlocked.CompareExchange(ref _toldOfFault, now, told) == told;
    }

    /// <summary>There is no such ticker any more, so the next who asks for its symbol must not be sent here.</summary>
    internal void Lose(StreamedWindow window) => _tickers.Forget(window.TickerId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stopping = _lifetime.ApplicationStopping.Register(StopAll);
        // Not awaited: Redis may be away for as long as it likes.
        var listening = _redis is null ? Task.CompletedTask : ListenAsync(_redis);
        TimeSpan[] spans = [Beat, _options.Heartbeat / 2, _options.Poll, _options.PollAlone];
        using var beats = new PeriodicTimer(spans.Min(), Time);
        try
        {
            do
            {
                // Not awaited: a database that does not answer must not keep the signs of life back.
                if (_look.IsCompleted && IsLookDue())
                {
                    _look = LookAsync(stoppingToken);
                }

                Tend();
            } while (await beats.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(_look, listening);
        }
    }

    private static (int TickerId, Timeframe Timeframe) Key(StreamedWindow window) => (window.TickerId, window.Timeframe);

    private WatchedWindow Watch(StreamedWindow window)
    {
        if (!_windows.TryGetValue(Key(window), out var watched))
        {
            _windows[Key(window)] = watched = new(window, this);
        }

        return watched;
    }

    private void StopAll()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var stream in _streams)
            {
                stream.Stop();
            }
        }
    }

    private void Tend()
    {
        lock (_lock)
        {
            foreach (var stream in _streams.Where(stream => stream.IsQuiet))
            {
                stream.Call();
            }

            var (now, age) = (Time.GetTimestamp(), (long)(_options.Patience.TotalSeconds * Time.TimestampFrequency));
            foreach (var window in _windows.Values)
            {
                window.Trim(now, age);
            }
        }
    }

    private bool IsLookDue()
    {
        var told = IsTold;
        if (told != _told)
        {
            _told = told;
            if (told)
            {
                Logger.ToldByRedis();
            }
            else
            {
                Logger.NotToldByRedis(_soon);
            }

            // What was said while we could not hear; and whether we can is only as sure as a look.
            Suspect();
            return true;
        }

        return Time.GetElapsedTime(_looked) >= (told && Time.GetTimestamp() >= _suspicious ? _options.Poll : _soon);
    }

    private void Suspect() => _suspicious = Time.GetTimestamp() + (long)(Suspicion.TotalSeconds * Time.TimestampFrequency);

    private async Task LookAsync(CancellationToken stopping)
    {
        _looked = Time.GetTimestamp();
        try
        {
            WatchedWindow[] windows;
            lock (_lock)
            {
                windows = [.. _windows.Values];
            }

            if (windows.Length > 0)
            {
                var versions = await VersionsAsync(windows, stopping);
                foreach (var (window, version) in windows.Zip(versions))
                {
                    if (window.See(version) && _told)
                    {
                        // Redis does not tell of everything: it hangs, or somebody writes without it.
                        StreamTelemetry.Found();
                        Suspect();
                    }
                }
            }
        }
        catch (Exception e)
        {
            // Whatever it was, the next look may go well.
            if (!stopping.IsCancellationRequested && MayTell())
            {
                Logger.VersionsNotRead(DatabaseFaults.IsAway(e) ? null : e, e.Message);
            }
        }
    }

    // Once: what is subscribed to is subscribed to again whenever Redis comes back.
    private async Task ListenAsync(RedisConnection redis)
    {
        try
        {
            await redis.ListenAsync(BarWriter.Channel, Hear);
            await redis.ListenAsync(TickerChanges.Channel, HearOfTicker);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            Logger.CannotListen(e.Message);
        }
    }

    private void Hear(string message)
    {
        // ticker id:timeframe:version; whatever else is said on the channel is not for us.
        if (
            message.Split(':') is [var id, var timeframe, var version]
            && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var tickerId)
            && Timeframe.TryParse(timeframe, out var frame)
            && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            WatchedWindow? window;
            lock (_lock)
            {
                _windows.TryGetValue((tickerId, frame), out window);
            }

            window?.Hear(number);
        }
    }

    private void HearOfTicker(string message)
    {
        if (int.TryParse(message, NumberStyles.None, CultureInfo.InvariantCulture, out var tickerId))
        {
            List<WatchedWindow> windows;
            lock (_lock)
            {
                windows = [.. _windows.Values.Where(window => window.Window.TickerId == tickerId)];
            }

            windows.ForEach(window => window.Doubt());
        }
    }

    private Task<long?[]> VersionsAsync(WatchedWindow[] windows, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    """
                    SELECT CASE WHEN t.id IS NOT NULL THEN coalesce(w.version, 0) END
                      FROM unnest($1, $2) WITH ORDINALITY k (ticker_id, timeframe, n)
                      LEFT JOIN market.tickers t ON t.id = k.ticker_id LEFT JOIN market.bar_windows w ON w.ticker_id = k.ticker_id AND w.timeframe = k.timeframe ORDER BY k.n
                    """,
                    connection
                )
                {
                    CommandTimeout = 5,
                    Parameters =
                    {
                        new() { Value = Array.ConvertAll(windows, window => window.Window.TickerId) },
                        new() { Value = Array.ConvertAll(windows, window => window.Window.Timeframe.Name) },
                    },
                };
                var versions = new long?[windows.Length];
                await using var reader = await command.ExecuteReaderAsync(token);
                for (var i = 0; i < versions.Length && await reader.ReadAsync(token); i++)
                {
                    versions[i] = await reader.GetFieldValueAsync<long?>(0, token);
                }

                return versions;
            },
            cancellationToken
        );
}
