using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Postgres;

namespace Wyckoff;

/// <summary>
/// Classifies failures of PostgreSQL and Redis into one word, which <c>/health</c> shows to everybody. The message of the exception is not
/// shown, because it may contain hosts, users and SQL.
/// </summary>
public static class FailureClass
{
    /// <summary>The key of the word in the data of a health check result.</summary>
    public const string Key = "error";

    /// <summary>The server does not answer: connection refused or broken, name not resolved, server starting or stopping.</summary>
    public const string Away = "away";

    /// <summary>The server rejects this service: wrong credentials, missing rights, no such database, no connection left.</summary>
    public const string Refused = "refused";

    /// <summary>No answer in time, or no free connection in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>Anything else.</summary>
    public const string Error = "error";

    public static string Of(Exception exception)
    {
        // The driver wraps the exception that has the reason.
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException { SqlState: var state }:
                    return OfState(state);
                case TimeoutException or OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return Timeout;
                case RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }:
                    return Refused;
                case SocketException or IOException or RedisConnectionException:
                    return Away;
            }
        }

        return DatabaseFaults.IsAway(exception) ? Away : Error;
    }

    private static string OfState(string state)
    {
        switch (state)
        {
            case PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.IdleSessionTimeout:
                return Away;
            case PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege:
                return Refused;
            case PostgresErrorCodes.QueryCanceled:
                return Timeout;
        }

        // Class 08 is a broken connection, 28 a failed sign-in, 53 a server without free resources.
        return state[..2] switch
        {
            "08" => Away,
            "28" or "53" => Refused,
            _ => Error,
        };
    }
}
