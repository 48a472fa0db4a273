using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Wyckoff;
using Wyckoff.MigrationService;
using Wyckoff.ServiceDefaults;

var status = new Option<bool>("--status") { Description = "Show migrations, hypertables, policies and sizes; change nothing." };
var verify = new Option<bool>("--verify") { Description = "Check that all that is declared is there; exit code 1 if not." };
var dryRun = new Option<bool>("--dry-run") { Description = "Print the SQL that would run; write nothing." };
var to = new Option<string?>("--to") { Description = "Migrate forward or back to the migration NAME (0: before the first).", HelpName = "NAME" };
var reset = new Option<bool>("--reset") { Description = "Drop the database with all its data and make it anew (needs --yes)." };
var yes = new Option<bool>("--yes") { Description = "Data may be lost." };
var command = new RootCommand("Brings the database to the schema of this build. Without options: migrate, reconcile the time-series storage, verify.")
{
    status, verify, dryRun, to, reset, yes,
};

var parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    return Fail(parsed.Errors[0].Message + " --help lists the options.");
}

if (parsed.Action is not null)
{
    return await parsed.InvokeAsync(); // --help, --version
}

bool[] verbs = [parsed.GetValue(status), parsed.GetValue(verify), parsed.GetValue(dryRun), parsed.GetValue(to) is not null, parsed.GetValue(reset)];
if (verbs.Count(chosen => chosen) > 1)
{
    return Fail("--status, --verify, --dry-run, --to and --reset exclude each other.");
}

// Settings lie beside the program, and not in whatever folder it was called from.
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.AddServiceDefaults();
// What a verb prints is its result; the log goes to the other stream and only speaks when something is wrong.
builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Warning);
builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
if (parsed.GetValue(status) || parsed.GetValue(verify) || parsed.GetValue(dryRun))
{
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
}

builder.Services.AddOptions<MigrationOptions>().BindConfiguration(MigrationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<DatabaseServer>();
builder.Services.AddSingleton<Migrator>();
using var host = builder.Build();
var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

// In the open, not in a BackgroundService: one that throws leaves exit code 0, and whoever waits for our completion would start on half a schema.
try
{
    await host.StartAsync();
    var migrator = host.Services.GetRequiredService<Migrator>();
    var ok = parsed switch
    {
        _ when parsed.GetValue(status) => await migrator.StatusAsync(Console.Out, stopping),
        _ when parsed.GetValue(verify) => await migrator.VerifyAsync(Console.Out, stopping),
        _ when parsed.GetValue(dryRun) => await migrator.DryRunAsync(Console.Out, stopping),
        _ when parsed.GetValue(reset) => await migrator.ResetAsync(parsed.GetValue(yes), stopping),
        _ => await migrator.ApplyAsync(parsed.GetValue(to), parsed.GetValue(yes), stopping),
    };
    // Only the service stays up: a verb is called by somebody who waits for its end.
    if (ok && !verbs.Contains(true) && host.Services.GetRequiredService<IOptions<MigrationOptions>>().Value.StayUp)
    {
        host.Services.GetRequiredService<ILogger<Migrator>>().StayingUp();
        await host.WaitForShutdownAsync();
    }
    else
    {
        await host.StopAsync();
    }

    return ok ? 0 : 1;
}
catch (Exception e)
{
    var isStopped = e is OperationCanceledException && stopping.IsCancellationRequested;
    if (!isStopped && !ServiceRun.IsRefusal(e, RefusalException.IsRefusal))
    {
        host.Services.GetRequiredService<ILogger<Migrator>>().MigrationFailed(e);
    }

    // Telemetry is flushed, and the log written to its end, before the last word.
    await host.StopAsync();
    host.Dispose();
    return Fail(isStopped ? "Stopped before the end; run it again." : e.Message);
}

static int Fail(string why)
{
    Console.Error.WriteLine("migrations: " + why.ReplaceLineEndings(" "));
    return 1;
}
