using Microsoft.Extensions.Logging;

namespace Wyckoff.MigrationService;

/// <summary>Log messages of MigrationService: event ids from 1100.</summary>
internal static partial class MigrationLog
{
    [LoggerMessage(1100, LogLevel.Information, "Waiting for the database server: {Reason}")]
    public static partial void WaitingForServer(this ILogger logger, string reason);

    [LoggerMessage(1101, LogLevel.Information, "Created database {Database}")]
    public static partial void DatabaseCreated(this ILogger logger, string database);

    [LoggerMessage(1102, LogLevel.Information, "Another migration of this database is running; waiting for it")]
    public static partial void WaitingForLock(this ILogger logger);

    [LoggerMessage(
        1103,
        LogLevel.Information,
        "Migrating from {From} to {To}; {Objects} functions, views, triggers, policies and grants change"
    )]
    public static partial void Migrating(this ILogger logger, string from, string to, int objects);

    [LoggerMessage(1104, LogLevel.Information, "{Table}: {What}")]
    public static partial void Reconciling(this ILogger logger, string table, string what);

    [LoggerMessage(1105, LogLevel.Information, "Schema {Schema} is in place and verified; {Edition}: {Capabilities}")]
    public static partial void Migrated(this ILogger logger, string schema, string edition, string capabilities);

    [LoggerMessage(1106, LogLevel.Warning, "TimescaleDB is installed on the server but cannot be used ({Reason}); continuing without it")]
    public static partial void TimescaleUnusable(this ILogger logger, string reason);

    [LoggerMessage(
        1107,
        LogLevel.Warning,
        "The database was made with a TimescaleDB version that this server no longer has; updating the extension"
    )]
    public static partial void UpdatingExtension(this ILogger logger);

    [LoggerMessage(1108, LogLevel.Error, "The migration failed")]
    public static partial void MigrationFailed(this ILogger logger, Exception exception);

    [LoggerMessage(1109, LogLevel.Information, "Done; staying up until told to stop (Wyckoff:StayUp)")]
    public static partial void StayingUp(this ILogger logger);

    [LoggerMessage(1110, LogLevel.Information, "The first admin key is in {Path}: move it to a safe place")]
    public static partial void FirstKeyWritten(this ILogger logger, string path);
}
