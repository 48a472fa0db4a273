using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Wyckoff.MigrationService.Verbs;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService;

/// <summary>The command line. Results are printed to one writer, and a failure as a single line to another.</summary>
internal static class MigrationCommand
{
    private static readonly Option<bool> Status = new("--status")
    {
        Description = "Show migrations, hypertables, policies and sizes; change nothing.",
    };
    private static readonly Option<bool> Verify = new("--verify")
    {
        Description = "Check that all that is declared is there; exit code 1 if not.",
    };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Print the SQL that would run; write nothing." };
    private static readonly Option<bool> Reset = new("--reset")
    {
        Description = "Drop the database with all its data and make it anew (needs --yes).",
    };
    private static readonly Option<bool> Yes = new("--yes") { Description = "With --reset: all data may be lost." };

    /// <param name="args">The arguments of the process.</param>
    /// <param name="output">Receives the results.</param>
    /// <param name="error">Receives the line that says why the command failed.</param>
    /// <param name="configure">Changes the host before it is built.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        Action<HostApplicationBuilder>? configure = null
    )
    {
        // Failures are printed with the name of the verb, if there is one: keys, accounts, waitlist.
        var name = args is ["keys" or "accounts" or "waitlist", ..] ? args[0] : "migrations";
        Option<bool>[] options = [Status, Verify, DryRun, Reset];
        var command = new RootCommand(
            "Brings the database to the schema of this build. Without options: migrate, reconcile the time-series storage, verify."
        )
        {
            Status,
            Verify,
            DryRun,
            Reset,
            Yes,
            KeysVerb.Create(RunVerbAsync),
            AccountsVerb.Create(RunVerbAsync),
            WaitlistVerb.Create(RunVerbAsync),
        };
        command.SetAction(parsed => MigrateAsync(parsed));
        var parsed = command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(parsed.Errors[0].Message + " --help lists the options.");
        }

        if (options.Append(Yes).FirstOrDefault(parsed.GetValue) is { } option && parsed.CommandResult.Command != command)
        {
            return await FailAsync($"{option.Name} is no option of a verb.");
        }

        // The host stops the work when the process is told to end.
        return await parsed.InvokeAsync(
            new()
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }
        );

        async Task<int> MigrateAsync(ParseResult parsed)
        {
            if (options.Count(parsed.GetValue) > 1)
            {
                return await FailAsync($"{string.Join(", ", options.Select(option => option.Name))} exclude each other.");
            }

            return await RunHostAsync(
                isReport: parsed.GetValue(Status) || parsed.GetValue(Verify) || parsed.GetValue(DryRun),
                async (host, stopping) =>
                {
                    var migrator = host.Services.GetRequiredService<Migrator>();
                    if (parsed.GetValue(Status))
                    {
                        await migrator.StatusAsync(output, stopping);
                    }
                    else if (parsed.GetValue(Verify))
                    {
                        return await migrator.VerifyAsync(output, stopping);
                    }
                    else if (parsed.GetValue(DryRun))
                    {
                        await migrator.DryRunAsync(output, stopping);
                    }
                    else if (parsed.GetValue(Reset))
                    {
                        await migrator.ResetAsync(parsed.GetValue(Yes), stopping);
                    }
                    else
                    {
                        await migrator.ApplyAsync(stopping);
                        // StayUp applies only here: whoever runs one of the other commands waits for its end.
                        if (host.Services.GetRequiredService<IOptions<MigrationOptions>>().Value.StayUp)
                        {
                            host.Services.GetRequiredService<ILogger<Migrator>>().StayingUp();
                            await host.WaitForShutdownAsync(CancellationToken.None);
                        }
                    }

                    return true;
                }
            );
        }

        Task<int> RunVerbAsync(Func<OwnerVerb, CancellationToken, Task> verb) =>
            RunHostAsync(
                isReport: true,
                async (host, stopping) =>
                {
                    await OwnerVerb.RunAsync(host.Services.GetRequiredService<DatabaseAdmin>(), output, error, verb, stopping);
                    return true;
                }
            );

        async Task<int> RunHostAsync(bool isReport, Func<IHost, CancellationToken, Task<bool>> work)
        {
            var builder = CreateBuilder(isReport);
            configure?.Invoke(builder);
            using var host = builder.Build();
            var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

            // Not in a BackgroundService: when one throws, the process exits with 0, and services that wait for completion would start on
            // an incomplete schema.
            try
            {
                await host.StartAsync(CancellationToken.None);
                var ok = await work(host, stopping);
                await host.StopAsync(CancellationToken.None);
                return ok ? 0 : 1;
            }
            catch (Exception e)
            {
                var isStopped = e is OperationCanceledException && stopping.IsCancellationRequested;
                if (!isStopped && !ServiceRun.IsRefusal(e, RefusalException.IsRefusal))
                {
                    host.Services.GetRequiredService<ILogger<Migrator>>().MigrationFailed(e);
                }

                // Flush telemetry and logs first, so that the line with the failure is the last output.
                await host.StopAsync(CancellationToken.None);
                host.Dispose();
                return await FailAsync(isStopped ? "Stopped before the end; run it again." : e.Message);
            }
        }

        async Task<int> FailAsync(string why)
        {
            await error.WriteLineAsync($"{name}: " + why.ReplaceLineEndings(" "));
            return 1;
        }
    }

    private static HostApplicationBuilder CreateBuilder(bool isReport)
    {
        // Read appsettings.json beside the program, not in the current directory.
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.AddServiceDefaults();
        // Standard output is for results, so warnings and errors are logged to standard error.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        if (isReport)
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
        }

        builder
            .Services.AddOptions<MigrationOptions>()
            .BindConfiguration(MigrationOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<DatabaseAdmin>();
        builder.Services.AddSingleton<FirstAccess>();
        builder.Services.AddSingleton<Migrator>();
        return builder;
    }
}
