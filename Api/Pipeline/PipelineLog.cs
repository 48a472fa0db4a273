namespace Wyckoff.Api.Pipeline;

/// <summary>Log messages of the pipeline: event ids from 5400.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(5400, LogLevel.Warning, "PostgreSQL does not respond ({Reason}): {Requests} requests were answered with 503")]
    public static partial void DatabaseAway(this ILogger logger, string reason, long requests);

    [LoggerMessage(5401, LogLevel.Warning, "A response was aborted after its start: lost the connection to PostgreSQL ({Reason})")]
    public static partial void CutOffByDatabase(this ILogger logger, string reason);

    [LoggerMessage(5402, LogLevel.Error, "A response was aborted after its start")]
    public static partial void CutOff(this ILogger logger, Exception exception);

    [LoggerMessage(5403, LogLevel.Warning, "Cannot determine the status of {Part} ({Failure})")]
    public static partial void PartFailed(this ILogger logger, Exception exception, string part, string failure);
}
