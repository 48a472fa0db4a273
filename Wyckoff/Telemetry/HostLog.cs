using Microsoft.Extensions.Logging;

namespace Wyckoff.Telemetry;

/// <summary>Every log message of the library. Event ids: 1000 the host and its connections, 1100 migrations, 2000 market data.</summary>
public static partial class HostLog
{
    [LoggerMessage(1000, LogLevel.Information, "Database: {Edition}; {Capabilities}")]
    public static partial void DatabaseDetected(this ILogger logger, string edition, string capabilities);

    [LoggerMessage(1001, LogLevel.Information, "Waiting: {Obstacle}")]
    public static partial void WaitingForSchema(this ILogger logger, string obstacle);

    [LoggerMessage(1002, LogLevel.Warning, "Redis does not answer ({Reason}); reads go without it until it does")]
    public static partial void RedisAway(this ILogger logger, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Redis answers")]
    public static partial void RedisThere(this ILogger logger);

    [LoggerMessage(1004, LogLevel.Information, "A pooled connection was dead ({Reason}); the pool was renewed and the read repeated")]
    public static partial void ConnectionReplaced(this ILogger logger, string reason);

    [LoggerMessage(1010, LogLevel.Warning, "{Worker}: the database is away ({Reason}); tried again until it answers")]
    public static partial void WorkerWithoutDatabase(this ILogger logger, string worker, string reason);

    [LoggerMessage(1011, LogLevel.Error, "{Worker} failed, for the {Failures}. time of {Attempts} since its last success")]
    public static partial void WorkerFailed(this ILogger logger, Exception exception, string worker, int failures, int attempts);

    [LoggerMessage(1012, LogLevel.Information, "{Worker} succeeds again, {Age} after its last success")]
    public static partial void WorkerRecovered(this ILogger logger, string worker, TimeSpan age);

    [LoggerMessage(1013, LogLevel.Critical, "{Worker} gives up after {Attempts} failures, and the process ends")]
    public static partial void WorkerGaveUp(this ILogger logger, string worker, int attempts);

    [LoggerMessage(1014, LogLevel.Warning, "{Worker} failed while it was being stopped")]
    public static partial void WorkerFailedAtStop(this ILogger logger, Exception exception, string worker);

    [LoggerMessage(5600, LogLevel.Warning, "No standby answers ({Reason}); reads go to the primary for a while")]
    public static partial void StandbyAway(this ILogger logger, string reason);

    [LoggerMessage(2010, LogLevel.Debug, "A write of bars collided with another transaction ({SqlState}); attempt {Attempt} is repeated")]
    public static partial void BarsCollided(this ILogger logger, string sqlState, int attempt);

    [LoggerMessage(2020, LogLevel.Warning, "Redis failed three times in a row; reads go without it for {Rest}: {Reason}")]
    public static partial void RedisRests(this ILogger logger, TimeSpan rest, string reason);
}
