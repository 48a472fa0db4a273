using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Telemetry;

namespace Wyckoff.Postgres;

/// <summary>Reads that do not notice when a pooled connection has died since it was last used, or a standby.</summary>
/// <remarks>A read may be run again, so it must change nothing, and must hand out nothing before the first row has come. Nor may it leave anything in the session, which is the next one's as it is.</remarks>
public sealed class Database(DataSources sources, TimeProvider time, ILogger<Database> logger)
{
    /// <summary>How long a standby may take to begin its answer, and how long one that did not is left alone.</summary>
    internal static readonly TimeSpan StandbyPatience = TimeSpan.FromSeconds(2);
    internal static readonly TimeSpan StandbyRest = TimeSpan.FromSeconds(5);

    /// <summary>With the pauses between them a tenth of a second.</summary>
    private const int Attempts = 8;

    // The timestamp from which one read may try a standby again; long.MinValue while standbys answer.
    private long _standbysFrom = long.MinValue;

    public bool HasStandbys => sources.HasStandbys;

    /// <summary>Runs a read on the primary, and runs it again on another connection if the first broke under it.</summary>
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

    /// <summary>As <see cref="ReadAsync"/>, for a read that goes on: what it gives owns the connection.</summary>
    public Task<T> OpenAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> open, CancellationToken cancellationToken) =>
        OnLiveAsync(sources.PrimaryReads, open, logger.ConnectionReplaced, cancellationToken);

    /// <summary>Opens on a connection that is alive: one that died in the pool is replaced, and what was begun on it begun again.</summary>
    internal static async Task<T> OnLiveAsync<T>(
        NpgsqlDataSource source,
        Func<NpgsqlConnection, CancellationToken, Task<T>> open,
        Action<string> replaced,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            // Not under the catch: a server that lets nobody in is away.
            var connection = await source.OpenConnectionAsync(cancellationToken);
            try
            {
                return await OnceAsync(connection, open, cancellationToken);
            }
            catch (NpgsqlException e) when (attempt < Attempts && IsBroken(e))
            {
                // Whatever killed this connection (a restart, a failover) has most likely killed the others too.
                source.Clear();
                replaced(e.Message);
                // While another caller clears it this did nothing, and the next connection may be as dead as the last: eight of them were seen within a millisecond.
                await Task.Delay(attempt == 1 ? 0 : 1 << (attempt - 2), cancellationToken);
            }
        }
    }

    /// <summary>
    /// As <see cref="OpenAsync"/>, on a standby if there is one, and on the primary if the standby does not answer soon or refuses: one that replays a change to what is
    /// being read cancels the read. What a standby tells may be behind the primary.
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

    /// <summary>While standbys answer, every read may try one. While none answers, one read may after each rest.</summary>
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

    // Npgsql sends a cancellation to the server on a new connection, and a frozen server keeps it waiting for half a minute (measured).
    // So no read waits for the cancellation.
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
            // A cancelled read fails.
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

    // An error the server sent leaves the connection alive, unless it is the server saying goodbye.
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
