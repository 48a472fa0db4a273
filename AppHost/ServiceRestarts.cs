using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wyckoff.AppHost;

/// <summary>
/// Restarts a process that ended, with back-off and a limit; Aspire itself restarts nothing. A process that the user stopped is not
/// restarted, nor is one that never ran because a dependency failed.
/// </summary>
internal sealed class ServiceRestarts(
    ResourceNotificationService notifications,
    ResourceCommandService commands,
    ResourceLoggerService loggers,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ConsoleLines console
) : BackgroundService
{
    /// <summary>The number of restarts in a row. The pauses of 1, 2, 4 … 60 s add up to about three minutes.</summary>
    public const int Limit = 8;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // A process that has run for this long starts again with the shortest pause.
    private static readonly TimeSpan StableTime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Process> _processes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return;
            }

            if (change.Snapshot.State?.Text is { } state && change.Resource.Annotations.OfType<RestartAnnotation>().Any())
            {
                Observe(_processes.GetOrAdd(change.ResourceId, _ => new()), change, state, stoppingToken);
            }
        }
    }

    private void Observe(Process process, ResourceEvent change, string state, CancellationToken stoppingToken)
    {
        if (state == KnownResourceStates.Stopping)
        {
            process.IsWanted = false;
        }
        else if (state == KnownResourceStates.Running)
        {
            (process.IsWanted, process.RunsSince) = (true, process.RunsSince ?? time.GetTimestamp());
        }
        else if (process.IsWanted && KnownResourceStates.TerminalStates.Contains(state))
        {
            // The same state can be published several times with other properties; only the first counts.
            process.IsWanted = false;
            if (process.RunsSince is { } since && time.GetElapsedTime(since) >= StableTime)
            {
                process.Deaths = 0;
            }

            process.RunsSince = null;
            process.Deaths++;
            _ = RestartAsync(change, process, stoppingToken);
        }
    }

    private async Task RestartAsync(ResourceEvent change, Process process, CancellationToken stoppingToken)
    {
        var (resource, death) = (change.Resource, process.Deaths);
        var how = await console.DescribeEndAsync(change, stoppingToken);
        if (death > Limit)
        {
            Say(
                LogLevel.Error,
                $"{how} It has died {Limit} times in a row and is not started again: see its log, and start it in the dashboard."
            );
            return;
        }

        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 1 << (death - 1)));
        Say(
            LogLevel.Warning,
            string.Create(CultureInfo.InvariantCulture, $"{how} Starting it again in {pause.TotalSeconds:0} s ({death} of {Limit}).")
        );
        try
        {
            await Task.Delay(pause, time, stoppingToken);
            var started = await commands.ExecuteCommandAsync(change.ResourceId, KnownResourceCommands.StartCommand, stoppingToken);
            if (!started.Success)
            {
                Say(LogLevel.Error, $"{resource.Name} could not be started again: {started.Message}");
            }
        }
        catch (OperationCanceledException)
        {
            // The system is stopping.
        }

        void Say(LogLevel level, string line)
        {
            console.Write(line);
            loggers.GetLogger(change.ResourceId).Log(level, "{Line}", line);
        }
    }

    private sealed class Process
    {
        /// <summary>True while the process runs and was not asked to stop.</summary>
        public bool IsWanted { get; set; }

        public long? RunsSince { get; set; }

        public int Deaths { get; set; }
    }
}

/// <summary>Marks a resource that is restarted when its process ends.</summary>
internal sealed record RestartAnnotation : IResourceAnnotation;

/// <summary>Turns on restarts for a resource.</summary>
internal static class RestartBuilderExtensions
{
    public static IResourceBuilder<T> WithRestarts<T>(this IResourceBuilder<T> resource)
        where T : IResource => resource.WithAnnotation(new RestartAnnotation());
}
