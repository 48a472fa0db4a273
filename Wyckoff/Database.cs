using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Telemetry;

namespace Wyckoff;

/// <summary>Reads that do not notice when a pooled connection has died since it was last used.</summary>
public sealed class Database(NpgsqlDataSource source, ILogger<Database> logger)
{
    /// <summary>
    /// Runs a read, and runs it once more on a fresh connection if the first broke under it. So <paramref name="read"/> must change nothing, and must hand out
    /// nothing before the first row has come.
    /// </summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await OnceAsync(read, cancellationToken);
        }
        catch (NpgsqlException e) when (IsBroken(e))
        {
            // Whatever killed this connection (a restart, a failover) has most likely killed the others too.
            source.Clear();
            logger.ConnectionReplaced(e.Message);
            return await OnceAsync(read, cancellationToken);
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, for a read that goes on: what it gives owns the connection.</summary>
    public async Task<T> OpenAsync<T>(Func<NpgsqlConnection, Task<T>> open, CancellationToken cancellationToken)
    {
        try
        {
            return await open(await source.OpenConnectionAsync(cancellationToken));
        }
        catch (NpgsqlException e) when (IsBroken(e))
        {
            source.Clear();
            logger.ConnectionReplaced(e.Message);
            return await open(await source.OpenConnectionAsync(cancellationToken));
        }
    }

    private async Task<T> OnceAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await read(connection, cancellationToken);
    }

    // An error the server sent leaves the connection alive, unless it is the server saying goodbye.
    private static bool IsBroken(NpgsqlException e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout } => true,
        PostgresException => false,
        { InnerException: IOException or System.Net.Sockets.SocketException } => true,
        _ => false,
    };
}
