using Microsoft.Extensions.Logging;

namespace Wyckoff.Hosting;

/// <summary>Log messages of workers: event ids from 1010.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(1010, LogLevel.Warning, "{Worker}: the database is away ({Reason}); retrying until it answers")]
    public static partial void WorkerWithoutDatabase(this ILogger logger, string worker, string reason);

    [LoggerMessage(1011, LogLevel.Error, "{Worker} failed ({Failures} of {Attempts} failures allowed since its last success)")]
    public static partial void WorkerFailed(this ILogger logger, Exception exception, string worker, int failures, int attempts);

    [LoggerMessage(1012, LogLevel.Information, "{Worker} succeeds again, {Age} after its last success")]
    public static partial void WorkerRecovered(this ILogger logger, string worker, TimeSpan age);

    [LoggerMessage(1013, LogLevel.Critical, "{Worker} gives up after {Attempts} failures; the process stops")]
    public static partial void WorkerGaveUp(this ILogger logger, string worker, int attempts);

    [LoggerMessage(1014, LogLevel.Warning, "{Worker} failed while it was being stopped")]
    public static partial void WorkerFailedAtStop(this ILogger logger, Exception exception, string worker);
}
