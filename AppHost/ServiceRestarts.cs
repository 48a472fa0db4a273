using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wyckoff.AppHost;

/// <summary>
/// Starts a process again that has died, with back-off and a limit: Aspire itself restarts nothing. A process that was stopped by hand
/// stays stopped, and so does one that never ran, because whatever it waits for has failed.
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
    /// <summary>Pauses of 1, 2, 4 … 60 s: after some three minutes of dying, somebody has to look.</summary>
    public const int Limit = 8;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(1);

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
            // Once per death: a state may be published again with other properties.
            process.IsWanted = false;
            if (process.RunsSince is { } since && time.GetElapsedTime(since) >= QuietTime)
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
            // The whole system is being stopped.
        }

        void Say(LogLevel level, string line)
        {
            console.Write(line);
            loggers.GetLogger(change.ResourceId).Log(level, "{Line}", line);
        }
    }

    private sealed class Process
    {
        /// <summary>It runs, and nobody has asked it to stop.</summary>
        public bool IsWanted { get; set; }

        public long? RunsSince { get; set; }

        public int Deaths { get; set; }
    }
}

internal sealed record RestartAnnotation : IResourceAnnotation;

internal static class RestartBuilderExtensions
{
    public static IResourceBuilder<T> WithRestarts<T>(this IResourceBuilder<T> resource)
        where T : IResource => resource.WithAnnotation(new RestartAnnotation());
}
