using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Wyckoff.AppHost;

/// <summary>Commands of the dashboard that run a waiting resource to its end. Its output is in its own log, beside the others.</summary>
internal static class DashboardTasks
{
    public static void WithTaskCommand<T>(
        this IResourceBuilder<T> builder,
        string displayName,
        IResourceBuilder<ProjectResource> task,
        IResourceBuilder<ProjectResource>[]? stopFirst = null,
        IResourceBuilder<ProjectResource>[]? startAfterwards = null,
        string? confirmation = null)
        where T : IResource
    {
        builder.WithCommand(
            task.Resource.Name,
            displayName,
            context => RunAsync(context, task.Resource, stopFirst ?? [], startAfterwards ?? []),
            new CommandOptions { ConfirmationMessage = confirmation });
    }

    private static async Task<ExecuteCommandResult> RunAsync(
        ExecuteCommandContext context,
        ProjectResource task,
        IResourceBuilder<ProjectResource>[] stopFirst,
        IResourceBuilder<ProjectResource>[] startAfterwards)
    {
        var commands = context.Services.GetRequiredService<ResourceCommandService>();
        var notifications = context.Services.GetRequiredService<ResourceNotificationService>();
        var cancellation = context.CancellationToken;

        foreach (var service in stopFirst)
        {
            await commands.ExecuteCommandAsync(service.Resource, KnownResourceCommands.StopCommand, cancellation);
        }

        try
        {
            // Starting returns once the old run has left the scene, so a terminal state seen from here on is that of the new one.
            var started = await commands.ExecuteCommandAsync(task, KnownResourceCommands.StartCommand, cancellation);
            if (!started.Success)
            {
                return started;
            }

            var ended = await notifications.WaitForResourceAsync(
                task.Name,
                change => change.Snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text),
                cancellation);
            if (ended.Snapshot.ExitCode == 0)
            {
                return CommandResults.Success();
            }

            var how = ended.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? ended.Snapshot.State?.Text;
            return CommandResults.Failure($"{task.Name} ended with {how}; its log says why.");
        }
        finally
        {
            // Also after a failure: a dashboard full of stopped services would hide what went wrong.
            foreach (var service in startAfterwards)
            {
                var result = await commands.ExecuteCommandAsync(service.Resource, KnownResourceCommands.StartCommand, cancellation);
                if (!result.Success)
                {
                    context.Logger.LogWarning("{Service} did not start again: {Reason}", service.Resource.Name, result.Message);
                }
            }
        }
    }
}
