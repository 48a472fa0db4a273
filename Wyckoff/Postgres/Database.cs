using Microsoft.Extensions.Logging;
using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>Runs reads and repeats them when a pooled connection turns out to be dead or a standby does not answer.</summary>
/// <remarks>
/// A read may run more than once, so it must not change anything and must not return anything before its first row has arrived. It must not
/// change session state either, because the pool does not reset connections.
/// </remarks>
public sealed class Database(DataSources sources, TimeProvider time, ILogger<Database> logger)
{
    /// <summary>
    /// How long a standby may take to begin its answer. After a failure, standbys are not tried for <see cref="StandbyRest"/>.
    /// </summary>
    internal static readonly TimeSpan StandbyPatience = TimeSpan.FromSeconds(2);
    internal static readonly TimeSpan StandbyRest = TimeSpan.FromSeconds(5);

    /// <summary>The pauses between the attempts add up to about a tenth of a second.</summary>
    private const int Attempts = 8;

    // The timestamp after which one read may try a standby again; long.MinValue while standbys answer.
    private long _standbysFrom = long.MinValue;

    public bool HasStandbys => sources.HasStandbys;

    /// <summary>Runs a read on the primary, and repeats it on another connection if the first one breaks.</summary>
    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        OpenAsync(
            async (connection, token) =>
            {
                await using (connection)
                {
                    return await read(connection, token);
                }
            },
            cancellationToken
        );

    /// <summary>Like <see cref="ReadAsync"/>, for a read that continues after this call: its result owns the connection.</summary>
    public Task<T> OpenAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> open, CancellationToken cancellationToken) =>
        OnLiveAsync(sources.PrimaryReads, open, logger.ConnectionReplaced, cancellationToken);

    /// <summary>
    /// Runs <paramref name="open"/> on a live connection. If the connection breaks, the pool is cleared and the call repeated.
    /// </summary>
    internal static async Task<T> OnLiveAsync<T>(
        NpgsqlDataSource source,
        Func<NpgsqlConnection, CancellationToken, Task<T>> open,
        Action<string> replaced,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            // Outside the try block: when no connection can be opened, the server is away and a retry does not help.
            var connection = await source.OpenConnectionAsync(cancellationToken);
            try
            {
                return await OnceAsync(connection, open, cancellationToken);
            }
            catch (NpgsqlException e) when (attempt < Attempts && IsBroken(e))
            {
                // The cause (a restart, a failover) has most likely broken the other pooled connections too.
                source.Clear();
                replaced(e.Message);
                // Clear does nothing while another caller clears the pool, so the next connection may be dead as well. Hence the pauses:
                // eight dead connections within a millisecond have been seen.
                await Task.Delay(attempt == 1 ? 0 : 1 << (attempt - 2), cancellationToken);
            }
        }
    }

    /// <summary>
    /// Like <see cref="OpenAsync"/>, but on a standby if there is one. Falls back to the primary if the standby does not answer in time or
    /// cancels the read, which it does when it replays a conflicting change. The data of a standby may be older than the primary's.
    /// </summary>
    public async Task<T> OpenOnStandbyAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> open, CancellationToken cancellationToken)
    {
        if (HasStandbys && MayTryStandby(out var isTrial))
        {
            var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var reading = OpenOnceAsync(sources.Reading, open, abandoned.Token);
            try
            {
                var answer = await reading.WaitAsync(StandbyPatience, time, cancellationToken);
                abandoned.Dispose();
                EndTrial(isTrial);
                return answer;
            }
            catch (Exception e)
            {
                _ = AbandonAsync(reading, abandoned);
                if (e is not TimeoutException && !DatabaseFaults.IsAny(e))
                {
                    throw;
                }

                if (e is PostgresException refusal && !IsBroken(refusal))
                {
                    EndTrial(isTrial);
                }
                else if (Interlocked.Exchange(ref _standbysFrom, NextTrial()) == long.MinValue)
                {
                    logger.StandbyAway(e.Message);
                }
            }
        }

        return await OpenAsync(open, cancellationToken);
    }

    /// <summary>While standbys answer, every read may use one. Otherwise a single read may try one after each rest.</summary>
    private bool MayTryStandby(out bool isTrial)
    {
        var from = Volatile.Read(ref _standbysFrom);
        isTrial = from != long.MinValue;
        return !isTrial || (time.GetTimestamp() >= from && Interlocked.CompareExchange(ref _standbysFrom, NextTrial(), from) == from);
    }

    private void EndTrial(bool isTrial)
    {
        if (isTrial)
        {
            Volatile.Write(ref _standbysFrom, long.MinValue);
        }
    }

    private long NextTrial() => time.GetTimestamp() + (long)(StandbyRest.TotalSeconds * time.TimestampFrequency);

    // Npgsql sends a cancellation on a new connection, and with a frozen server that takes half a minute (measured). So the caller does not
    // wait for the cancellation.
    private static async Task AbandonAsync<T>(Task<T> reading, CancellationTokenSource abandoned)
    {
        try
        {
            await abandoned.CancelAsync();
            if (await reading is IAsyncDisposable late)
            {
                await late.DisposeAsync();
            }
        }
        catch (Exception)
        {
            // The cancelled read fails, as expected.
        }
        finally
        {
            abandoned.Dispose();
        }
    }

    private static async Task<T> OpenOnceAsync<T>(
        NpgsqlDataSource source,
        Func<NpgsqlConnection, CancellationToken, Task<T>> open,
        CancellationToken cancellationToken
    ) => await OnceAsync(await source.OpenConnectionAsync(cancellationToken), open, cancellationToken);

    private static async Task<T> OnceAsync<T>(
        NpgsqlConnection connection,
        Func<NpgsqlConnection, CancellationToken, Task<T>> open,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await open(connection, cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // After an error from the server the connection is still usable, unless the server closed it.
    internal static bool IsBroken(NpgsqlException e) =>
        e switch
        {
            PostgresException
            {
                SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout
            } => true,
            PostgresException => false,
            { InnerException: IOException or System.Net.Sockets.SocketException } => true,
            _ => false,
        };
}
