using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Wyckoff.AppHost;

/// <summary>
/// Adds the operator's commands to the dashboard. Each command starts a task: a resource of its own with its own log.
/// </summary>
internal static class Operations
{
    public static void AddOperations(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        Database database,
        IResourceBuilder<IResourceWithConnectionString> cache,
        IResourceBuilder<ProjectResource> migrations,
        IResourceBuilder<ProjectResource> ingestor,
        IResourceBuilder<ProjectResource> api
    )
    {
        // These are the arguments of a task that the user starts directly and not by its command. It changes nothing and prints what is
        // missing.
        var resetArguments = new TaskArguments("--reset");
        var reset = builder
            .AddService<Projects.Wyckoff_MigrationService>("reset-database")
            .WithArgs(resetArguments.AddTo)
            .WithReference(database.Owner, connectionName: "wyckoff")
            .WithRolePasswords(database)
            .WithAccess()
            .WithFirstAdminKey(home)
            .AsTaskOf(migrations);
        var samples = builder
            .AddService<Projects.Wyckoff_Ingestor>("load-samples")
            .WithArgs("samples")
            .WithReference(database.App, connectionName: "wyckoff")
            .WithReference(cache)
            .AsTaskOf(ingestor);
        var importArguments = new TaskArguments("import");
        var import = builder
            .AddService<Projects.Wyckoff_Ingestor>("import-file")
            .WithArgs(importArguments.AddTo)
            .WithReference(database.App, connectionName: "wyckoff")
            .WithReference(cache)
            .AsTaskOf(ingestor);
        var backupArguments = new TaskArguments();
        var backup = builder
            .AddExecutable("backup-database", "bash", Path.Combine(builder.AppHostDirectory, ".."), "eng/backup")
            .WithArgs(backupArguments.AddTo)
            .WithEnvironment(LocalServers.ServerHome.Variable, home.Folder)
            .AsTaskOf(migrations);

        migrations.WithCommand(
            "run-migrations",
            "Run migrations",
            context => new TaskRun(context).RunAsync(migrations.Resource, [], [ingestor.Resource, api.Resource]),
            new()
            {
                Description = "Migrate the database to the schema of this build, then start the Ingestor and the API.",
                IconName = "DatabaseArrowUp",
            }
        );
        database.Owner.WithCommand(
            "reset-database",
            "Reset database",
            context =>
            {
                resetArguments.Next = ["--reset", "--yes"];
                return new TaskRun(context).RunAsync(
                    reset.Resource,
                    stopFirst: [api.Resource, ingestor.Resource],
                    startAfterwards: [migrations.Resource, ingestor.Resource, api.Resource]
                );
            },
            new()
            {
                Description = "Delete everything in the database and create it again.",
                ConfirmationMessage = "All bars, orders, journals and accounts in this database will be deleted. Continue?",
                IconName = "DatabaseWarning",
            }
        );
        database.Owner.WithCommand(
            "backup",
            "Backup…",
            context => new TaskRun(context).RunAsync(backup.Resource, backupArguments, [FullPath(context, "file")]),
            new()
            {
                Description = "Write everything in the database into one file.",
                IconName = "Save",
                Arguments = [Text("file", "File to write, on this machine")],
            }
        );
        ingestor.WithCommand(
            "load-samples",
            "Load sample data",
            context => new TaskRun(context).RunAsync(samples.Resource, [], []),
            new() { Description = "Load synthetic bars of AAPL, TSLA and SPY. Existing bars stay unchanged.", IconName = "BeakerEdit" }
        );
        ingestor.WithCommand(
            "import-file",
            "Import a file…",
            context =>
                new TaskRun(context).RunAsync(
                    import.Resource,
                    importArguments,
                    ["import", FullPath(context, "path"), .. Option(context, "symbol"), .. Option(context, "timeframe")]
                ),
            new()
            {
                Description = "Import bars from a file or a folder on this machine.",
                IconName = "ArrowImport",
                Arguments =
                [
                    Text("path", "File or folder, on this machine"),
                    Text("symbol", "Symbol, if neither the file nor its name contains it", required: false),
                    new()
                    {
                        Name = "timeframe",
                        Label = "Timeframe, if neither the file nor its name contains it",
                        InputType = InputType.Choice,
                        Options = [.. Timeframes.Select(timeframe => KeyValuePair.Create(timeframe, timeframe))],
                    },
                ],
            }
        );
    }

    /// <summary>True for a task. Nothing waits for a task, and the console does not report it.</summary>
    public static bool IsTask(this IResource resource) => resource.Annotations.OfType<TaskAnnotation>().Any();

    private static readonly string[] Timeframes = ["1m", "5m", "15m", "30m", "1h", "4h", "1d"];

    private static IResourceBuilder<T> AsTaskOf<T>(this IResourceBuilder<T> task, IResourceBuilder<IResource> parent)
        where T : IResource =>
        task.WithParentRelationship(parent).WithAnnotation(new TaskAnnotation()).WithExplicitStart().ExcludeFromManifest();

    private static InteractionInput Text(string name, string label, bool required = true) =>
        new()
        {
            Name = name,
            Label = label,
            InputType = InputType.Text,
            Required = required,
        };

    // A relative path is relative to the working directory of the AppHost, not of the task.
    private static string FullPath(ExecuteCommandContext context, string name) => Path.GetFullPath(context.Arguments[name].Value ?? "");

    private static string[] Option(ExecuteCommandContext context, string name) =>
        context.Arguments[name].Value is { Length: > 0 } value ? [$"--{name}", value] : [];

    private sealed record TaskAnnotation : IResourceAnnotation;

    /// <summary>The arguments of a task. <see cref="Next"/> applies to one run; all other runs use the default arguments.</summary>
    private sealed class TaskArguments(params IReadOnlyList<string> defaults)
    {
        public IReadOnlyList<string>? Next { private get; set; }

        public void AddTo(CommandLineArgsCallbackContext context)
        {
            foreach (var argument in Next ?? defaults)
            {
                context.Args.Add(argument);
            }

            Next = null;
        }
    }

    /// <summary>Runs a task to its end, with services stopped before and started after it.</summary>
    private sealed class TaskRun(ExecuteCommandContext context)
    {
        private readonly ResourceCommandService _commands = context.Services.GetRequiredService<ResourceCommandService>();
        private readonly ResourceNotificationService _notifications = context.Services.GetRequiredService<ResourceNotificationService>();

        public Task<ExecuteCommandResult> RunAsync(IResource task, TaskArguments arguments, IReadOnlyList<string> values)
        {
            arguments.Next = values;
            return RunAsync(task, [], []);
        }

        public async Task<ExecuteCommandResult> RunAsync(IResource task, IResource[] stopFirst, IResource[] startAfterwards)
        {
            foreach (var service in stopFirst)
            {
                await _commands.ExecuteCommandAsync(service, KnownResourceCommands.StopCommand, context.CancellationToken);
            }

            try
            {
                // The start command returns after the state of the previous run is gone, so a terminal state belongs to this run.
                var started = await _commands.ExecuteCommandAsync(task, KnownResourceCommands.StartCommand, context.CancellationToken);
                if (!started.Success)
                {
                    return started;
                }

                var ended = await _notifications.WaitForResourceAsync(
                    task.Name,
                    change => change.Snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text),
                    context.CancellationToken
                );
                if (ended.Snapshot.ExitCode == 0)
                {
                    return CommandResults.Success();
                }

                var how = ended.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? ended.Snapshot.State?.Text;
                return CommandResults.Failure($"{task.Name} ended with {how}; its log says why.");
            }
            finally
            {
                // The services start even if the task failed: otherwise many stopped services would hide the failed one.
                foreach (var service in startAfterwards)
                {
                    await StartAsync(service);
                }
            }
        }

        private async Task StartAsync(IResource service)
        {
            if (
                _notifications.TryGetCurrentState(service.Name, out var current)
                && current.Snapshot.State?.Text == KnownResourceStates.Running
            )
            {
                return;
            }

            var result = await _commands.ExecuteCommandAsync(service, KnownResourceCommands.StartCommand, context.CancellationToken);
            if (!result.Success)
            {
                context.Logger.LogWarning("{Service} was not started: {Reason}", service.Name, result.Message);
            }
        }
    }
}
