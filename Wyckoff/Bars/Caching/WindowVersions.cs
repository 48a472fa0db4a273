using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Caching;

/// <summary>
/// The versions of windows, as the primary had them a moment ago (<see cref="CacheOptions.MaxVersionAge"/>) or has them now. Callers that ask at the same time
/// share one tiny query, which always begins after they have asked. What is told of a window never goes back, as long as the primary does not.
/// </summary>
public sealed class WindowVersions(Database database, IOptions<CacheOptions> options, TimeProvider time)
{
    // One is on its way while the next one collects; a second lane keeps a lonely caller from waiting for both.
    private const int Lanes = 2;

    /// <summary>Seconds. A lookup by key that takes longer is of a server that hangs; who waits should hear of it.</summary>
    internal const int Patience = 4;

    // A version in use is asked for again after a quarter of the age it may have, so that the answer comes long before it is too old.
    private const int RenewalsPerAge = 4;

    // After so many questions on one connection the pool gets it back: it closes connections that have lived too long, or lead to a server that is no primary any more.
    private const int MostRenewals = 1_000;

    // By the key of the window's lock.
    private readonly ConcurrentDictionary<long, Known> _known = new();
    private readonly long _maxAge = (long)(options.Value.MaxVersionAge.TotalSeconds * time.TimestampFrequency);
    private readonly TimeSpan _renewalPause = options.Value.MaxVersionAge / RenewalsPerAge;
    private readonly Lock _lock = new();
    private Round? _collecting;
    private int _running;

    // The windows of the next renewal, and whether RenewAsync runs.
    private Round? _renewals;
    private volatile bool _renewing;

    /// <summary>The version; 0 when nobody has counted, or there is no such ticker.</summary>
    /// <param name="tickerId">Of the window.</param>
    /// <param name="timeframe">Of the window.</param>
    /// <param name="atLeast">A version that the caller knows of. The primary is asked if only an older one is known here.</param>
    /// <param name="cancellationToken">Ends the wait, and not the question, which others may wait for.</param>
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

        // A window that is used again and again is renewed before its version is too old, so that no caller waits for the question. A single use renews nothing.
        if ((_renewing || known.AskedAt < now - (_maxAge / RenewalsPerAge)) && known.TryBeginRenewal())
        {
            Renew(tickerId, timeframe);
        }

        return new(known.Version);
    }

    public ValueTask<long> CurrentAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        CurrentAsync(tickerId, timeframe, atLeast: 0, cancellationToken);

    /// <summary>The window is known to have this version: it was written, or read, by this process.</summary>
    public void Raise(int tickerId, Timeframe timeframe, long version)
    {
        // Most reads bring a version that is known already.
        if (version > 0 && (!_known.TryGetValue(BarWindow.LockKey(tickerId, timeframe), out var known) || known.Version < version))
        {
            // No question was asked, so this version is not fresh: there may be a newer one.
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

    // Asks for all windows in use by one question, a few times per age, until no window has been used for a whole age. It keeps its connection: the pool hands connections
    // out in turn, so each question would go to another server process, whose caches are cold.
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
            // The next caller after the versions have become too old asks again, and gets the error.
        }

        lock (_lock)
        {
            _renewing = false;
        }
    }

    /// <summary>The version that the primary has now.</summary>
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

    /// <summary>True when the round that collects may begin now, and so collects no more; else a lane takes it when it is done.</summary>
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
                // On one connection for as long as somebody asks: to be made as new between two uses costs it more than the question.
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
                    // The connection was not given back in good order, which nobody waits for.
                    return;
                }

                // To whom it matters: each of those who wait has it thrown.
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

    /// <summary>Keeps the newest version heard of: answers may arrive in another order than their questions were sent.</summary>
    private long Learn(int tickerId, Timeframe timeframe, long version, long askedAt)
    {
        var key = BarWindow.LockKey(tickerId, timeframe);
        // No version at all: its ticker was deleted, and with it what was known.
        if (version == 0)
        {
            _known.TryRemove(key, out _);
            return 0;
        }

        var heard = new Known(version, askedAt, time.GetTimestamp());
        return _known.AddOrUpdate(key, heard, (_, known) => known.After(heard)).Version;
    }

    // Those who have asked meanwhile; if nobody has, the lane is free.
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
        // Our sessions plan each statement anew for its values, as hypertables need. bar_windows is a plain table, and planning takes longer than answering. Ends with the batch.
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

        // The place of each window that there is in the lists, from 1, and its version.
        private NpgsqlBatchCommand Question()
        {
            var command = new NpgsqlBatchCommand(
                "SELECT a.place::int, w.version FROM unnest($1, $2) WITH ORDINALITY AS a (ticker_id, timeframe, place) JOIN market.bar_windows w ON w.ticker_id = a.ticker_id AND w.timeframe = a.timeframe"
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

    /// <param name="Version">The newest that was heard of.</param>
    /// <param name="AskedAt">When the latest question was sent that brought nothing newer: a timestamp of this process.</param>
    /// <param name="LearntAt">When this process first heard of the version.</param>
    private sealed record Known(long Version, long AskedAt, long LearntAt)
    {
        private int _renewals;

        /// <summary>True for the first caller.</summary>
        public bool TryBeginRenewal() => Volatile.Read(ref _renewals) == 0 && Interlocked.Exchange(ref _renewals, 1) == 0;

        public Known After(Known heard) =>
            heard switch
            {
                _ when heard.Version > Version => new(heard.Version, Math.Max(AskedAt, heard.AskedAt), heard.LearntAt),
                // The primary was asked later and has an older version: it is a promoted standby that lost commits.
                _ when heard.Version < Version && heard.AskedAt > LearntAt => heard,
                _ => new(Version, Math.Max(AskedAt, heard.AskedAt), LearntAt),
            };
    }
}
