using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.MarketData.Reading;

/// <summary>
/// Versions that may be gone by for a moment without asking: those of windows that a crowd asks for. Once the database has shown a window that nobody is writing, whoever
/// writes it next waits that moment out before the change can be seen (<c>market.version_lease()</c>). So what is told here is never older than the call.
/// </summary>
internal sealed class VersionLeases(Database database, TimeProvider time, ILogger<WindowVersions> logger)
{
    // So many callers in a turn are cheaper to lease for than to ask for.
    private const int Crowd = 6;

    // In the time of a lease, so that the next is there before it ends.
    private const int Turns = 3;

    // Without a crowd, until leasing is given up.
    private const int Patience = 60;

    // In one question. More would take longer than the lease lasts, and are asked for by each caller.
    private const int MostWindows = 1_000;

    // Writers wait for two minutes after it was said; long before, it is said again.
    private static readonly TimeSpan Announced = TimeSpan.FromSeconds(20);

    // What did not work is not tried again at once: nobody needs it.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // By the key of the window's lock.
    private readonly ConcurrentDictionary<long, Lease> _leases = new();
    private int _kept;
    private long _notBefore = long.MinValue;

    /// <summary>The version of a window that there is a lease of.</summary>
    public bool TryFind(int tickerId, Timeframe timeframe, out long version)
    {
        if (_leases.TryGetValue(BarWindow.LockKey(tickerId, timeframe), out var lease))
        {
            // Not counted to the last one.
            lease.Uses++;
            version = lease.Version;
            return time.GetTimestamp() < lease.Until;
        }

        version = 0;
        return false;
    }

    /// <summary>Some were asked for at the same time, by so many.</summary>
    public void Consider(IReadOnlyList<int> tickers, IReadOnlyList<Timeframe> timeframes, int callers)
    {
        var isCrowd = callers >= Crowd && time.GetTimestamp() >= Volatile.Read(ref _notBefore);
        if (!isCrowd && Volatile.Read(ref _kept) == 0)
        {
            return;
        }

        for (var i = 0; i < tickers.Count; i++)
        {
            _leases.GetOrAdd(BarWindow.LockKey(tickers[i], timeframes[i]), _ => new(tickers[i], timeframes[i], 0, long.MinValue)).Uses++;
        }

        if (isCrowd && Interlocked.Exchange(ref _kept, 1) == 0)
        {
            _ = KeepAsync();
        }
    }

    private async Task KeepAsync()
    {
        try
        {
            await database.ReadAsync(KeepAsync, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Without a lease everybody asks, and hears of it.
            logger.LeasesEnded(Rest, e.Message);
            Volatile.Write(ref _notBefore, time.GetTimestamp() + (long)(Rest.TotalSeconds * time.TimestampFrequency));
        }
        finally
        {
            Volatile.Write(ref _kept, 0);
        }
    }

    // Announced on the connection that asks: another may be of a server that has not heard of it. To announce it twice is to announce it.
    private async Task<bool> KeepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var length = TimeSpan.Zero;
        var announced = 0L;
        for (var alone = 0; alone < Patience;)
        {
            var began = time.GetTimestamp();
            if (length == TimeSpan.Zero || time.GetElapsedTime(announced, began) > Announced)
            {
                announced = began;
                length = await AnnounceAsync(connection, cancellationToken);
            }

            var (wanted, uses) = Wanted(began);
            alone = uses < Crowd ? alone + 1 : 0;
            if (wanted.Count > 0)
            {
                await LeaseAsync(connection, wanted, length, cancellationToken);
            }

            if (length / Turns - time.GetElapsedTime(began) is var pause && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }

        return true;
    }

    private static async Task<TimeSpan> AnnounceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT market.lease_versions()", connection) { CommandTimeout = WindowVersions.Patience };
        return (TimeSpan)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task LeaseAsync(NpgsqlConnection connection, List<Lease> wanted, TimeSpan length, CancellationToken cancellationToken)
    {
        // Two statements, hence two snapshots, unless somebody has made another isolation the default: a writer who was done before the first one looked is seen by the second.
        await using var batch = new NpgsqlBatch(connection) { Timeout = WindowVersions.Patience };
        var free = new NpgsqlBatchCommand("SELECT CASE WHEN current_setting('transaction_isolation') = 'read committed' AND pg_try_advisory_lock_shared(key) THEN pg_advisory_unlock_shared(key) ELSE false END FROM unnest($1) WITH ORDINALITY k (key, place) ORDER BY place");
        free.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. wanted.Select(lease => BarWindow.LockKey(lease.TickerId, lease.Timeframe))] });
        batch.BatchCommands.Add(free);
        batch.BatchCommands.Add(WindowVersions.Question([.. wanted.Select(lease => lease.TickerId)], [.. wanted.Select(lease => lease.Timeframe)]));
        await batch.PrepareAsync(cancellationToken);
        var until = time.GetTimestamp() + (long)(length.TotalSeconds * time.TimestampFrequency);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var isFree = new bool[wanted.Count];
        for (var i = 0; await reader.ReadAsync(cancellationToken); i++)
        {
            isFree[i] = reader.GetBoolean(0);
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var place = reader.GetInt32(0) - 1;
            if (isFree[place])
            {
                var lease = wanted[place];
                _leases[BarWindow.LockKey(lease.TickerId, lease.Timeframe)] = new(lease.TickerId, lease.Timeframe, reader.GetInt64(1), until);
            }
        }
    }

    // Those that were used since the last turn. Those that were not are dropped when they have run out.
    private (List<Lease> Wanted, int Uses) Wanted(long now)
    {
        var wanted = new List<Lease>();
        var uses = 0;
        foreach (var (key, lease) in _leases)
        {
            if (lease.Uses > 0)
            {
                uses += lease.Uses;
                lease.Uses = 0;
                if (wanted.Count < MostWindows)
                {
                    wanted.Add(lease);
                }
            }
            else if (lease.Until < now)
            {
                _leases.TryRemove(key, out _);
            }
        }

        return (wanted, uses);
    }

    private sealed class Lease(int tickerId, Timeframe timeframe, long version, long until)
    {
        public int TickerId => tickerId;

        public Timeframe Timeframe => timeframe;

        public long Version => version;

        /// <summary>A timestamp of this process.</summary>
        public long Until => until;

        /// <summary>Since the last turn.</summary>
        public int Uses { get; set; }
    }
}
