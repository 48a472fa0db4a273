using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Streaming;

/// <summary>
/// Tells subscriptions when bars of their windows change. A Redis message triggers the check at once; polling the database covers lost
/// messages. The changes themselves are always read from the database.
/// </summary>
public sealed class BarHub : BackgroundService
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // Leaves connections of the pool to the other requests.
    private const int MaxConcurrentReads = 4;
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);

    // How long polling stays fast after Redis turned out to miss changes.
    private static readonly TimeSpan FastPollDuration = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FaultLogInterval = TimeSpan.FromSeconds(5);
    private static readonly RedisChannel Channel = new(BarWriter.Channel, RedisChannel.PatternMode.Literal);

    private readonly Database _database;
    private readonly TickerDirectory _tickers;
    private readonly RedisConnection? _redis;
    private readonly StreamOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeSpan _fastPoll;
    private readonly SemaphoreSlim _reads = new(MaxConcurrentReads);
    private readonly Lock _lock = new();
    private readonly HashSet<BarSubscription> _subscriptions = [];
    private readonly Dictionary<(int TickerId, Timeframe Timeframe), WindowPublisher> _publishers = [];
    private Task _poll = Task.CompletedTask;
    private long _lastPoll;
    private long _fastPollUntil;
    private long _lastFaultLog;
    private bool _wasListening;
    private bool _stopping;

    public BarHub(
        Database database,
        BarReader reader,
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
        Changes = new(database, reader, versions);
        _fastPoll = _options.Poll < _options.PollAlone ? _options.Poll : _options.PollAlone;
    }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal ChangeReader Changes { get; }

    internal TimeSpan Heartbeat => _options.Heartbeat;

    // Whether Redis delivers messages to this process, as far as the connection state shows.
    private bool IsListening => _redis?.Current?.GetSubscriber().IsConnected(Channel) == true;

    /// <summary>
    /// Opens a subscription to windows, each from the position with the same index; null if the process has its maximum of subscriptions.
    /// </summary>
    /// <param name="windows">The windows.</param>
    /// <param name="positions">The version that the client has of each window, or a value of <see cref="StreamPosition"/>.</param>
    /// <param name="last">The number of bars in a snapshot.</param>
    public BarSubscription? Open(IReadOnlyList<WindowRef> windows, IReadOnlyList<long> positions, int last)
    {
        lock (_lock)
        {
            if (_subscriptions.Count >= _options.MaxReaders)
            {
                StreamTelemetry.Refused();
                return null;
            }

            var subscription = new BarSubscription(this, [.. windows.Select((window, i) => (GetOrAdd(window), positions[i]))], last);
            foreach (var cursor in subscription.Cursors)
            {
                cursor.Publisher.Add(cursor);
            }

            _subscriptions.Add(subscription);
            StreamTelemetry.Opened();
            if (_stopping)
            {
                subscription.Stop();
            }

            return subscription;
        }
    }

    internal void Close(BarSubscription subscription)
    {
        lock (_lock)
        {
            if (!_subscriptions.Remove(subscription))
            {
                return;
            }

            foreach (var cursor in subscription.Cursors)
            {
                if (cursor.Publisher.Remove(cursor))
                {
                    _publishers.Remove(Key(cursor.Publisher.Window));
                }
            }

            StreamTelemetry.Closed(subscription.End);
        }
    }

    /// <summary>Runs the rounds of a publisher in the background, until they end or the process stops.</summary>
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
                    // The process is stopping.
                }
            },
            CancellationToken.None
        );

    /// <summary>Waits until fewer than the maximum of reads are in progress; end the read with <see cref="ReleaseRead"/>.</summary>
    internal Task AcquireReadAsync(CancellationToken cancellationToken) => _reads.WaitAsync(cancellationToken);

    internal void ReleaseRead() => _reads.Release();

    /// <summary>Limits logging: when the database is away all windows fail, and one log message now and then is enough.</summary>
    internal bool MayLogFault()
    {
        var (last, now) = (Interlocked.Read(ref _lastFaultLog), Time.GetTimestamp());
        return (last == 0 || Time.GetElapsedTime(last, now) >= FaultLogInterval)
            && Interlocked.CompareExchange(ref _lastFaultLog, now, last) == last;
    }

    /// <summary>Removes a deleted ticker from the ticker cache, so that its symbol is looked up again.</summary>
    internal void ForgetTicker(WindowRef window) => _tickers.Forget(window.TickerId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stopping = _lifetime.ApplicationStopping.Register(StopAll);
        // Not awaited: Redis may be away for any length of time.
        var listening = _redis is null ? Task.CompletedTask : ListenAsync(_redis);
        TimeSpan[] intervals = [LongestTick, _options.Heartbeat / 2, _options.Poll, _options.PollAlone];
        using var timer = new PeriodicTimer(intervals.Min(), Time);
        try
        {
            do
            {
                // Not awaited: a database that does not answer must not delay heartbeats.
                if (_poll.IsCompleted && IsPollDue())
                {
                    _poll = PollAsync(stoppingToken);
                }

                Tick();
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(_poll, listening);
        }
    }

    private static (int TickerId, Timeframe Timeframe) Key(WindowRef window) => (window.TickerId, window.Timeframe);

    private WindowPublisher GetOrAdd(WindowRef window)
    {
        if (!_publishers.TryGetValue(Key(window), out var publisher))
        {
            _publishers[Key(window)] = publisher = new(window, this);
        }

        return publisher;
    }

    private void StopAll()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var subscription in _subscriptions)
            {
                subscription.Stop();
            }
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            foreach (var subscription in _subscriptions.Where(subscription => subscription.IsHeartbeatDue))
            {
                subscription.Signal();
            }

            var (now, maxAge) = (Time.GetTimestamp(), (long)(_options.Patience.TotalSeconds * Time.TimestampFrequency));
            foreach (var publisher in _publishers.Values)
            {
                publisher.Trim(now, maxAge);
            }
        }
    }

    private bool IsPollDue()
    {
        var listening = IsListening;
        if (listening != _wasListening)
        {
            _wasListening = listening;
            if (listening)
            {
                Logger.NotifiedByRedis();
            }
            else
            {
                Logger.NotNotifiedByRedis(_fastPoll);
            }

            // Messages were lost while the connection was down, and its state may be outdated: poll now, and fast for a while.
            PollFast();
            return true;
        }

        return Time.GetElapsedTime(_lastPoll) >= (listening && Time.GetTimestamp() >= _fastPollUntil ? _options.Poll : _fastPoll);
    }

    private void PollFast() => _fastPollUntil = Time.GetTimestamp() + (long)(FastPollDuration.TotalSeconds * Time.TimestampFrequency);

    private async Task PollAsync(CancellationToken stopping)
    {
        _lastPoll = Time.GetTimestamp();
        try
        {
            WindowPublisher[] publishers;
            lock (_lock)
            {
                publishers = [.. _publishers.Values];
            }

            if (publishers.Length > 0)
            {
                var versions = await VersionsAsync(publishers, stopping);
                foreach (var (publisher, version) in publishers.Zip(versions))
                {
                    if (publisher.Polled(version) && _wasListening)
                    {
                        // Redis missed a change: it hangs, or the writer has no connection to it.
                        StreamTelemetry.FoundByPolling();
                        PollFast();
                    }
                }
            }
        }
        catch (Exception e)
        {
            // Any exception may be temporary; the next poll retries.
            if (!stopping.IsCancellationRequested && MayLogFault())
            {
                Logger.VersionsNotRead(DatabaseFaults.IsAway(e) ? null : e, e.Message);
            }
        }
    }

    // Called once: RedisConnection renews the subscriptions whenever it reconnects.
    private async Task ListenAsync(RedisConnection redis)
    {
        try
        {
            await redis.ListenAsync(BarWriter.Channel, OnBarsChanged);
            await redis.ListenAsync(TickerChanges.Channel, OnTickerChanged);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            Logger.CannotListen(e.Message);
        }
    }

    private void OnBarsChanged(string message)
    {
        // The format is "ticker id:timeframe:version"; any other message is ignored.
        if (
            message.Split(':') is [var id, var timeframe, var version]
            && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var tickerId)
            && Timeframe.TryParse(timeframe, out var parsedTimeframe)
            && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var parsedVersion)
        )
        {
            WindowPublisher? publisher;
            lock (_lock)
            {
                _publishers.TryGetValue((tickerId, parsedTimeframe), out publisher);
            }

            publisher?.Announce(parsedVersion);
        }
    }

    private void OnTickerChanged(string message)
    {
        if (int.TryParse(message, NumberStyles.None, CultureInfo.InvariantCulture, out var tickerId))
        {
            List<WindowPublisher> publishers;
            lock (_lock)
            {
                publishers = [.. _publishers.Values.Where(publisher => publisher.Window.TickerId == tickerId)];
            }

            publishers.ForEach(publisher => publisher.Check());
        }
    }

    /// <summary>Returns the version of each window: 0 if no bars were ever written, null if the ticker does not exist.</summary>
    private Task<long?[]> VersionsAsync(WindowPublisher[] publishers, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    """
                    SELECT CASE WHEN t.id IS NOT NULL THEN coalesce(w.version, 0) END
                      FROM unnest($1, $2) WITH ORDINALITY k (ticker_id, timeframe, n)
                      LEFT JOIN market.tickers t ON t.id = k.ticker_id
                      LEFT JOIN market.bar_windows w ON w.ticker_id = k.ticker_id AND w.timeframe = k.timeframe
                     ORDER BY k.n
                    """,
                    connection
                )
                {
                    CommandTimeout = 5,
                    Parameters =
                    {
                        new() { Value = Array.ConvertAll(publishers, publisher => publisher.Window.TickerId) },
                        new() { Value = Array.ConvertAll(publishers, publisher => publisher.Window.Timeframe.Name) },
                    },
                };
                var versions = new long?[publishers.Length];
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
