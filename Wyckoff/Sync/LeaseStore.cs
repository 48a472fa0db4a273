using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;

namespace Wyckoff.Sync;

/// <summary>
/// Acquires, renews and releases leases by the clock of the database. A process that stops renewing loses its lease. A process that was
/// frozen and wakes up late cannot write: <see cref="FenceAsync"/> checks the lease in each writing transaction.
/// </summary>
public sealed class LeaseStore(NpgsqlDataSource source, string holder, TimeProvider time, ILogger<LeaseStore> logger)
{
    /// <summary>The name of this holder, unique among all processes.</summary>
    public string Holder { get; } = holder;

    public static string NewHolder()
    {
        var host = Environment.MachineName;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(host.Length > 50 ? host[..50] : host)}/{Environment.ProcessId}/{Guid.NewGuid():N}"
        );
    }

    /// <summary>Acquires a lease; null while it is held, even by this holder.</summary>
    public async Task<Lease?> TryAcquireAsync(string name, TimeSpan duration, CancellationToken cancellationToken)
    {
        // Skips a locked row: its holder is renewing the lease, or writing in a fenced transaction.
        await using var command = source.CreateCommand(
            """
            WITH taken AS (
              UPDATE market.leases SET holder = $2, version = version + 1, until = clock_timestamp() + $3
               WHERE name IN (SELECT name FROM market.leases WHERE name = $1 AND until <= clock_timestamp() FOR UPDATE SKIP LOCKED)
              RETURNING version, until),
            added AS (
              INSERT INTO market.leases (name, holder, version, until) VALUES ($1, $2, 1, clock_timestamp() + $3)
              ON CONFLICT (name) DO NOTHING RETURNING version, until)
            SELECT version, until FROM taken UNION ALL SELECT version, until FROM added
            """
        );
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = Holder });
        command.Parameters.Add(new() { Value = duration, NpgsqlDbType = NpgsqlDbType.Interval });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new()
            {
                Name = name,
                Holder = Holder,
                Version = reader.GetInt64(0),
                Until = Instant(reader, 1),
            }
            : null;
    }

    /// <summary>Renews a lease. An expired lease is renewed too, unless it was acquired again in the meantime.</summary>
    /// <returns>Whether the lease is still held.</returns>
    public async Task<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "UPDATE market.leases SET until = clock_timestamp() + $4 WHERE name = $1 AND holder = $2 AND version = $3"
        );
        AddKey(command, lease);
        command.Parameters.Add(new() { Value = duration, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Releases a lease. The row stays, because its version must not start again.</summary>
    public async Task ReleaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "UPDATE market.leases SET until = least(until, clock_timestamp()) WHERE name = $1 AND holder = $2 AND version = $3"
        );
        AddKey(command, lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Checks at the start of a transaction that the lease is held, and locks it until the end of the transaction so that no other holder
    /// acquires it. If the process freezes before the commit, the server ends the transaction after 30 seconds of idleness; otherwise the
    /// lease would stay locked.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease is not held.</exception>
    public static async Task FenceAsync(NpgsqlConnection connection, Lease lease, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT until > clock_timestamp(), set_config('idle_in_transaction_session_timeout', '30s', true)
              FROM market.leases WHERE name = $1 AND holder = $2 AND version = $3 FOR SHARE
            """,
            connection
        );
        AddKey(command, lease);
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
        {
            throw new LeaseLostException(lease.Name);
        }
    }

    /// <summary>Acquires a lease and renews it until disposed; null while it is held.</summary>
    public async Task<HeldLease?> TryHoldAsync(string name, TimeSpan duration, CancellationToken cancellationToken) =>
        await TryAcquireAsync(name, duration, cancellationToken) is { } lease ? Hold(lease, duration) : null;

    /// <summary>Renews an acquired lease until disposed.</summary>
    public HeldLease Hold(Lease lease, TimeSpan duration) => new(this, lease, duration, time, logger);

    private static DateTimeOffset Instant(NpgsqlDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    private static void AddKey(NpgsqlCommand command, Lease lease)
    {
        command.Parameters.Add(new() { Value = lease.Name });
        command.Parameters.Add(new() { Value = lease.Holder });
        command.Parameters.Add(new() { Value = lease.Version });
    }
}

/// <summary>A lease that is renewed in the background until it is disposed of, which releases it.</summary>
public sealed class HeldLease : IAsyncDisposable
{
    private readonly LeaseStore _store;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _renewing;

    internal HeldLease(LeaseStore store, Lease lease, TimeSpan duration, TimeProvider time, ILogger logger)
    {
        (_store, Lease, _duration, _time, _logger) = (store, lease, duration, time, logger);
        _renewing = RenewAsync(_ended.Token);
    }

    public Lease Lease { get; }

    /// <summary>
    /// Cancelled when the lease is known to be lost, so that the work can stop early. Only the fence keeps it from writing.
    /// </summary>
    public CancellationToken Lost => _lost.Token;

    public Task FenceAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        LeaseStore.FenceAsync(connection, Lease, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
        try
        {
            await _store.ReleaseAsync(Lease, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The lease expires by itself. An exception thrown here would hide an exception of the work.
            _logger.LeaseNotReleased(e, Lease.Name);
        }

        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_duration / 3, _time, cancellationToken);
                try
                {
                    if (!await _store.RenewAsync(Lease, _duration, cancellationToken))
                    {
                        _logger.LeaseIsLost(Lease.Name);
                        await _lost.CancelAsync();
                        return;
                    }
                }
                catch (Exception e) when (DatabaseFaults.IsAny(e))
                {
                    _logger.LeaseNotRenewed(Lease.Name, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The lease was disposed of.
        }
        catch (Exception e)
        {
            // The renewal loop ends, so the lease will expire.
            _logger.LeaseRenewalEnded(e, Lease.Name);
            await _lost.CancelAsync();
        }
    }
}
