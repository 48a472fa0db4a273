using System.Net.Sockets;
using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>Tells exceptions that mean "PostgreSQL is away" from those that a statement itself causes.</summary>
public static class DatabaseFaults
{
    /// <summary>True for any failure of the database: the server is away, refused the statement, or aborted it.</summary>
    public static bool IsAny(Exception exception) => exception is NpgsqlException || IsAway(exception);

    /// <summary>
    /// True when the server is down, restarting, unreachable, frozen, out of connections, or has no such database yet, so that a later
    /// retry may succeed.
    /// </summary>
    public static bool IsAway(Exception exception)
    {
        // Libraries such as EF wrap the exception.
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException { SqlState: var state }:
                    return state.StartsWith("08", StringComparison.Ordinal)
                        || state
                            is PostgresErrorCodes.AdminShutdown
                                or PostgresErrorCodes.CrashShutdown
                                or PostgresErrorCodes.CannotConnectNow
                                or PostgresErrorCodes.IdleSessionTimeout
                                or PostgresErrorCodes.TooManyConnections
                                or PostgresErrorCodes.InvalidCatalogName;
                // An AggregateException: the connection attempt failed on each of several hosts.
                case NpgsqlException { InnerException: IOException or SocketException or TimeoutException or AggregateException }:
                    return true;
                // No inner exception: all of several hosts are already known to be down or of the wrong role.
                case NpgsqlException { InnerException: null } none
                    when none.Message.StartsWith("No suitable host", StringComparison.Ordinal):
                    return true;
            }
        }

        // The driver does not wrap the errors of an unresolved host name or of a connection attempt that timed out.
        return exception is SocketException || (exception is TimeoutException && IsOfDriver(exception));
    }

    // Source is the assembly that threw. When the driver called the runtime, the driver appears only in the stack trace.
    private static bool IsOfDriver(Exception exception) =>
        exception.Source == "Npgsql" || exception.StackTrace?.Contains("at Npgsql.", StringComparison.Ordinal) == true;
}
