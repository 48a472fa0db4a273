namespace Wyckoff.Api.Pipeline;

/// <summary>Log messages of how requests are taken and answered: event ids from 5400.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(5400, LogLevel.Warning, "PostgreSQL does not answer ({Reason}): {Requests} requests were answered with 503")]
    public static partial void DatabaseAway(this ILogger logger, string reason, long requests);

    [LoggerMessage(5401, LogLevel.Warning, "An answer was cut off in the middle: PostgreSQL went away ({Reason})")]
    public static partial void CutOffByDatabase(this ILogger logger, string reason);

    [LoggerMessage(5402, LogLevel.Error, "An answer was cut off in the middle")]
    public static partial void CutOff(this ILogger logger, Exception exception);

    [LoggerMessage(5403, LogLevel.Warning, "The status of {Part} cannot be told ({Failure})")]
    public static partial void PartFailed(this ILogger logger, Exception exception, string part, string failure);
}
