namespace Wyckoff.Ingestor.Maintenance;

/// <summary>The log messages of maintenance, with event ids from 3000.</summary>
internal static partial class MaintenanceLog
{
    [LoggerMessage(
        3000,
        LogLevel.Warning,
        "There is no ConnectionStrings:worker, so maintenance does not run here: materialized views are not refreshed, "
            + "and a database without policies drops nothing"
    )]
    public static partial void NoMaintenance(this ILogger logger);

    [LoggerMessage(3001, LogLevel.Information, "{Step}: {Done}")]
    public static partial void StepDone(this ILogger logger, string step, string done);

    [LoggerMessage(3002, LogLevel.Error, "{Step} failed; the next round retries it")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string step);

    [LoggerMessage(3003, LogLevel.Warning, "{Step} was skipped: {Reason}")]
    public static partial void StepSkipped(this ILogger logger, string step, string reason);

    [LoggerMessage(3004, LogLevel.Debug, "Another instance is running maintenance on this database")]
    public static partial void DoneElsewhere(this ILogger logger);

    [LoggerMessage(3005, LogLevel.Debug, "Maintenance round finished: {Steps} steps, {Failed} failed")]
    public static partial void RoundDone(this ILogger logger, int steps, int failed);
}
