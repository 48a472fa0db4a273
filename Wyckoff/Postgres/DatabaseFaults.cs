using System.Net.Sockets;
using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>Which exceptions say that PostgreSQL is away, and not that something is wrong with what it was asked.</summary>
public static class DatabaseFaults
{
    /// <summary>Any failure of the database: the server is away, or it refused or broke off what it was asked.</summary>
    public static bool IsAny(Exception exception) => exception is NpgsqlException || IsAway(exception);

    /// <summary>The server is down, restarting, out of reach, frozen, or has no connection left; whoever asks again later may be answered.</summary>
    public static bool IsAway(Exception exception)
    {
        // What libraries in between make of it has it inside.
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
                // An aggregate: of several hosts, none would do.
                case NpgsqlException { InnerException: IOException or SocketException or TimeoutException or AggregateException }:
                    return true;
                // Of several hosts, all are known to be down or of the wrong kind: then there is nothing inside.
                case NpgsqlException { InnerException: null } none
                    when none.Message.StartsWith("No suitable host", StringComparison.Ordinal):
                    return true;
            }
        }

        // A name that is not resolved, a connection attempt that took too long: the driver lets these through as they are.
        return exception is SocketException || (exception is TimeoutException && IsOfDriver(exception));
    }

    // Source is the assembly that threw. That may be the runtime, called by the driver, and then the stack trace has the driver further up.
    private static bool IsOfDriver(Exception exception) =>
        exception.Source == "Npgsql" || exception.StackTrace?.Contains("at Npgsql.", StringComparison.Ordinal) == true;
}
