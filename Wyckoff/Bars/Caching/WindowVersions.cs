using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Caching;

/// <summary>
/// Knows the versions of windows, at most <see cref="CacheOptions.MaxVersionAge"/> old. Callers that ask at the same time share one
/// small query, which always begins after they have asked. The version of a window never decreases, as long as that on the primary
/// does not.
/// </summary>
public sealed class WindowVersions(Database database, IOptions<CacheOptions> options, TimeProvider time)
{
    // Queries that run at once. With one only, a caller would wait for the running query and then for its own.
    private const int Lanes = 2;

    /// <summary>
    /// Timeout in seconds. A lookup by key that takes longer means that the server hangs, and the callers should get an error.
    /// </summary>
    internal const int Patience = 4;

    // A version in use is queried again after a quarter of its maximum age, so that the result arrives before it is too old.
    private const int RenewalsPerAge = 4;

    // The connection is returned to the pool after so many queries: the pool closes connections that are too old, or whose server is not
    // the primary any more.
    private const int MostRenewals = 1_000;

    // The key is BarWindow.LockKey.
    private readonly ConcurrentDictionary<long, Known> _known = new();
    private readonly long _maxAge = (long)(options.Value.MaxVersionAge.TotalSeconds * time.TimestampFrequency);
    private readonly TimeSpan _renewalPause = options.Value.MaxVersionAge / RenewalsPerAge;
    private readonly Lock _lock = new();
    private Round? _collecting;
    private int _running;

    // The windows of the next renewal, and whether RenewAsync runs.
    private Round? _renewals;
    private volatile bool _renewing;

    /// <summary>The current version of a window; 0 if it is unknown, or there is no such ticker.</summary>
    /// <param name="tickerId">Ticker of the window.</param>
    /// <param name="timeframe">Timeframe of the window.</param>
    /// <param name="atLeast">A version that the caller has seen. The primary is asked if only an older one is known here.</param>
    /// <param name="cancellationToken">Cancels the wait, but not the query, for which others may wait.</param>
    public ValueTask<long> CurrentAsync(int tickerId, Timeframe timeframe, long atLeast, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (
            !_known.TryGetValue(BarWindow.LockKey(tickerId, timeframe), out var known)
            || known.Version < atLeast
            || known.AskedAt <= now - _maxAge
        )
        {
            return AskAsync(tickerId, timeframe, cancellationToken);
        }

        // A version that is used repeatedly is renewed before it is too old, so that no caller waits for the query.
        if ((_renewing || known.AskedAt < now - (_maxAge / RenewalsPerAge)) && known.TryBeginRenewal())
        {
            Renew(tickerId, timeframe);
        }

        return new(known.Version);
    }

    public ValueTask<long> CurrentAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        CurrentAsync(tickerId, timeframe, atLeast: 0, cancellationToken);

    /// <summary>Reports a version that this process has written or read.</summary>
    public void Raise(int tickerId, Timeframe timeframe, long version)
    {
        // Most reads report a version that is known already.
        if (version > 0 && (!_known.TryGetValue(BarWindow.LockKey(tickerId, timeframe), out var known) || known.Version < version))
        {
            // long.MinValue: the primary was not asked, and may have a newer version.
            Learn(tickerId, timeframe, version, long.MinValue);
        }
    }

    private void Renew(int tickerId, Timeframe timeframe)
    {
        bool isFirst;
        lock (_lock)
        {
            (_renewals ??= new()).Add(tickerId, timeframe);
            (isFirst, _renewing) = (!_renewing, true);
        }

        if (isFirst)
        {
            _ = RenewAsync();
        }
    }

    // Queries all windows in use at once, a few times per maximum age, until no window has been used for that time. It keeps its
    // connection, because the pool would hand out another one each time, whose server process has cold caches.
    private async Task RenewAsync()
    {
        try
        {
            await database.ReadAsync(
                async (connection, cancellationToken) =>
                {
                    for (int idle = 0, renewals = 0; idle < RenewalsPerAge && renewals < MostRenewals; renewals++)
                    {
                        await Task.Delay(_renewalPause, time, cancellationToken);
                        Round? round;
                        lock (_lock)
                        {
                            (round, _renewals) = (_renewals, null);
                        }

                        idle = round is null ? idle + 1 : 0;
                        if (round is not null)
                        {
                            await AskAsync(round, connection, cancellationToken);
                        }
                    }

                    return true;
                },
                CancellationToken.None
            );
        }
        catch (Exception)
        {
            // When the versions are too old, the next caller queries again, and gets the error.
        }

        lock (_lock)
        {
            _renewing = false;
        }
    }

    /// <summary>Asks the primary for the version.</summary>
    internal async ValueTask<long> AskAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken)
    {
        Round round;
        int place;
        bool start;
        lock (_lock)
        {
            round = Collecting();
            place = round.Add(tickerId, timeframe);
            start = TryTakeLane();
        }

        if (start)
        {
            _ = RunAsync(round);
        }

        var versions = await round.Answer.Task.WaitAsync(cancellationToken);
        return versions[place];
    }

    private Round Collecting() => _collecting ??= new();

    /// <summary>True if the collecting round may begin now; otherwise a lane takes it when its present round is done.</summary>
    private bool TryTakeLane()
    {
        if (_running == Lanes)
        {
            return false;
        }

        _running++;
        _collecting = null;
        return true;
    }

    private async Task RunAsync(Round? round)
    {
        while (round is not null)
        {
            try
            {
                // One connection for consecutive rounds: resetting it when it returns to the pool takes longer than the query.
                await database.ReadAsync(
                    async (connection, cancellationToken) =>
                    {
                        while (round is not null)
                        {
                            round.Answer.SetResult(await AskAsync(round, connection, cancellationToken));
                            round = Next();
                        }

                        return true;
                    },
                    CancellationToken.None
                );
            }
            catch (Exception e)
            {
                if (round is null)
                {
                    // Returning the connection failed. Nobody waits for that.
                    return;
                }

                // Each waiter gets the exception. Reading it here keeps it from being reported as unobserved if nobody waits any more.
                round.Answer.SetException(e);
                _ = round.Answer.Task.Exception;
                round = Next();
            }
        }
    }

    private async Task<long[]> AskAsync(Round round, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var askedAt = time.GetTimestamp();
        var versions = await round.AskAsync(connection, cancellationToken);
        for (var i = 0; i < versions.Length; i++)
        {
            versions[i] = Learn(round.Tickers[i], round.Timeframes[i], versions[i], askedAt);
        }

        return versions;
    }

    /// <summary>Keeps the newest version: results may arrive in another order than their queries were sent.</summary>
    private long Learn(int tickerId, Timeframe timeframe, long version, long askedAt)
    {
        var key = BarWindow.LockKey(tickerId, timeframe);
        // The window has no version any more, because its ticker was deleted.
        if (version == 0)
        {
            _known.TryRemove(key, out _);
            return 0;
        }

        var heard = new Known(version, askedAt, time.GetTimestamp());
        return _known.AddOrUpdate(key, heard, (_, known) => known.After(heard)).Version;
    }

    // The round of the callers that have asked meanwhile; null frees the lane.
    private Round? Next()
    {
        lock (_lock)
        {
            (var next, _collecting) = (_collecting, null);
            if (next is null)
            {
                _running--;
            }

            return next;
        }
    }

    private sealed class Round
    {
        // The sessions use custom plans, which hypertables need. bar_windows is a plain table, whose query takes less time than its
        // planning. The setting ends with the batch.
        private const string PlannedOnce = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)";

        private readonly Dictionary<(int, Timeframe), int> _places = [];

        public List<int> Tickers { get; } = [];

        public List<Timeframe> Timeframes { get; } = [];

        public TaskCompletionSource<long[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Add(int tickerId, Timeframe timeframe)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (tickerId, timeframe), out var known);
            if (!known)
            {
                place = Tickers.Count;
                Tickers.Add(tickerId);
                Timeframes.Add(timeframe);
            }

            return place;
        }

        public async Task<long[]> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            var versions = new long[Tickers.Count];
            if (Tickers.Count == 1)
            {
                await using var one = new NpgsqlCommand(
                    "SELECT version FROM market.bar_windows WHERE ticker_id = $1 AND timeframe = $2",
                    connection
                )
                {
                    CommandTimeout = Patience,
                };
                one.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Tickers[0] });
                one.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Timeframes[0].Name, NpgsqlDbType = NpgsqlDbType.Text });
                await one.PrepareAsync(cancellationToken);
                versions[0] = await one.ExecuteScalarAsync(cancellationToken) is long version ? version : 0;
                return versions;
            }

            await using var batch = new NpgsqlBatch(connection) { Timeout = Patience, BatchCommands = { new(PlannedOnce), Question() } };
            await batch.PrepareAsync(cancellationToken);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                versions[reader.GetInt32(0) - 1] = reader.GetInt64(1);
            }

            return versions;
        }

        // Selects the position in the lists, from 1, and the version of each window that exists.
        private NpgsqlBatchCommand Question()
        {
            var command = new NpgsqlBatchCommand(
                """
                SELECT a.place::int, w.version
                  FROM unnest($1, $2) WITH ORDINALITY AS a (ticker_id, timeframe, place)
                  JOIN market.bar_windows w ON w.ticker_id = a.ticker_id AND w.timeframe = a.timeframe
                """
            );
            command.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = Tickers });
            command.Parameters.Add(
                new NpgsqlParameter<List<string>>
                {
                    TypedValue = Timeframes.ConvertAll(timeframe => timeframe.Name),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                }
            );
            return command;
        }
    }

    /// <param name="Version">The newest known version.</param>
    /// <param name="AskedAt">When the last query was sent that returned no newer version: a timestamp of this process.</param>
    /// <param name="LearntAt">When this process first learnt of the version.</param>
    private sealed record Known(long Version, long AskedAt, long LearntAt)
    {
        private int _renewals;

        /// <summary>True for the first caller.</summary>
        public bool TryBeginRenewal() => Volatile.Read(ref _renewals) == 0 && Interlocked.Exchange(ref _renewals, 1) == 0;

        public Known After(Known heard) =>
            heard switch
            {
                _ when heard.Version > Version => new(heard.Version, Math.Max(AskedAt, heard.AskedAt), heard.LearntAt),
                // The primary was asked later and has an older version: it is a standby that was promoted without the last commits.
                _ when heard.Version < Version && heard.AskedAt > LearntAt => heard,
                _ => new(Version, Math.Max(AskedAt, heard.AskedAt), LearntAt),
            };
    }
}
