using Microsoft.Extensions.Logging;

namespace Wyckoff.Postgres;

/// <summary>Log messages of the connections to PostgreSQL: event ids 1000, 1001, 1004 and 5600.</summary>
internal static partial class DatabaseLog
{
    [LoggerMessage(1000, LogLevel.Information, "Database: {Edition}; {Capabilities}")]
    public static partial void DatabaseDetected(this ILogger logger, string edition, string capabilities);

    [LoggerMessage(1001, LogLevel.Information, "Waiting: {Obstacle}")]
    public static partial void WaitingForSchema(this ILogger logger, string obstacle);

    [LoggerMessage(1004, LogLevel.Information, "A pooled connection was dead ({Reason}); the pool was cleared and the read repeated")]
    public static partial void ConnectionReplaced(this ILogger logger, string reason);

    [LoggerMessage(5600, LogLevel.Warning, "No standby answers ({Reason}); reads go to the primary for a while")]
    public static partial void StandbyAway(this ILogger logger, string reason);
}
