namespace Wyckoff.Ingestor.Maintenance;

/// <summary>Every log message of maintenance: event ids from 3000.</summary>
internal static partial class MaintenanceLog
{
    [LoggerMessage(
        3000,
        LogLevel.Warning,
        "There is no ConnectionStrings:worker, so maintenance does not run here: where the database has no policies nothing is dropped, and materialized views stay as they are"
    )]
    public static partial void NoMaintenance(this ILogger logger);

    [LoggerMessage(3001, LogLevel.Information, "{Step}: {Done}")]
    public static partial void StepDone(this ILogger logger, string step, string done);

    [LoggerMessage(3002, LogLevel.Error, "{Step} failed; it is tried again in the next round")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string step);

    [LoggerMessage(3003, LogLevel.Warning, "{Step} was left out: {Reason}")]
    public static partial void StepLeftOut(this ILogger logger, string step, string reason);

    [LoggerMessage(3004, LogLevel.Debug, "Another instance is at the maintenance of this database")]
    public static partial void DoneElsewhere(this ILogger logger);

    [LoggerMessage(3005, LogLevel.Debug, "A round of maintenance is done: {Steps} steps, {Failed} of them not")]
    public static partial void RoundDone(this ILogger logger, int steps, int failed);
}
