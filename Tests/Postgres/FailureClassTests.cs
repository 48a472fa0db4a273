using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace Wyckoff.Tests.Postgres;

public sealed class FailureClassTests
{
    public static TheoryData<Exception, string> Failures =>
        new()
        {
            { new NpgsqlException("connection refused", new SocketException((int)SocketError.ConnectionRefused)), FailureClass.Away },
            { new NpgsqlException("broken", new IOException("broken")), FailureClass.Away },
            {
                new NpgsqlException("no host", new AggregateException(new SocketException((int)SocketError.HostNotFound))),
                FailureClass.Away
            },
            { new NpgsqlException("No suitable host was found."), FailureClass.Away },
            { new SocketException((int)SocketError.HostNotFound), FailureClass.Away },
            { Postgres(PostgresErrorCodes.AdminShutdown), FailureClass.Away },
            { Postgres(PostgresErrorCodes.CannotConnectNow), FailureClass.Away },
            { Postgres(PostgresErrorCodes.ConnectionFailure), FailureClass.Away },
            { Redis(ConnectionFailureType.SocketFailure), FailureClass.Away },
            { Postgres(PostgresErrorCodes.InvalidPassword), FailureClass.Refused },
            { Postgres(PostgresErrorCodes.TooManyConnections), FailureClass.Refused },
            { Postgres(PostgresErrorCodes.InvalidCatalogName), FailureClass.Refused },
            { Postgres(PostgresErrorCodes.InsufficientPrivilege), FailureClass.Refused },
            { Redis(ConnectionFailureType.AuthenticationFailure), FailureClass.Refused },
            { new NpgsqlException("the pool has been exhausted", new TimeoutException()), FailureClass.Timeout },
            { new OperationCanceledException(), FailureClass.Timeout },
            { new RedisTimeoutException(CommandFlags.None, "slow", CommandStatus.Unknown), FailureClass.Timeout },
            { Postgres(PostgresErrorCodes.QueryCanceled), FailureClass.Timeout },
            { new SocketException((int)SocketError.TimedOut), FailureClass.Timeout },
            { Postgres(PostgresErrorCodes.UndefinedTable), FailureClass.Error },
            { new NotSupportedException("PostgreSQL 9"), FailureClass.Error },
        };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void An_exception_has_the_expected_failure_class(Exception exception, string expected) =>
        Assert.Equal(expected, FailureClass.Of(exception));

    private static RedisConnectionException Redis(ConnectionFailureType type) =>
        new(type, CommandFlags.None, "a message with a secret", null, CommandStatus.Unknown);

    private static PostgresException Postgres(string state) => new("a message with a secret", "FATAL", "FATAL", state);
}
