using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Hosting;
using Wyckoff.ServiceDefaults;
using Wyckoff.Timescale;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>
/// Runs a <see cref="MaintenanceRound"/> at a fixed interval. The health is degraded if none has fully succeeded for three intervals.
/// </summary>
internal sealed class MaintenanceWorker(
    MaintenanceDatabase database,
    MaintenanceRound round,
    IOptions<MaintenanceOptions> options,
    TimeProvider time,
    ILogger<MaintenanceWorker> logger
) : Worker(time, logger)
{
    private volatile State _state = new(time.GetUtcNow(), null);

    private sealed record State(DateTimeOffset LastSuccess, MaintenanceReport? Last);

    public static void Add(WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<MaintenanceOptions>()
            .BindConfiguration(MaintenanceOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton(_ => new MaintenanceDatabase(
            builder.Configuration.GetConnectionString(MaintenanceDatabase.Connection)
        ));
        builder.Services.AddSingleton(services =>
        {
            using var scope = services.CreateScope();
            var model = scope.ServiceProvider.GetRequiredService<WyckoffDbContext>().Model;
            return new MaintenanceRound(
                services.GetRequiredService<MaintenanceDatabase>(),
                model.Hypertables(builder.Configuration),
                model.ContinuousAggregates(builder.Configuration),
                services.GetRequiredService<IOptions<MaintenanceOptions>>().Value.KeepReplaced,
                services.GetRequiredService<ILogger<MaintenanceRound>>()
            );
        });
        builder.Services.AddSingleton<MaintenanceWorker>();
    }

    /// <summary>Runs one round for the verb and prints its steps.</summary>
    /// <exception cref="RefusalException">A step failed.</exception>
    public static async Task OnceAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var report = await services
            .GetRequiredService<MaintenanceRound>()
            .RunOnceAsync(services.GetRequiredService<TimeProvider>().GetUtcNow(), cancellationToken);
        if (report.Elsewhere)
        {
            await output.WriteLineAsync("Another instance is running maintenance; nothing was done here.");
        }

        if (report.Steps.Count > 0)
        {
            var console = VerbConsole.Create(output);
            var steps = console.NewTable(new("Step"), new("What was done"));
            foreach (var step in report.Steps)
            {
                steps.AddTextRow(step.Name, step.Fault is null ? step.Done : "failed: " + step.Fault);
            }

            console.Write(steps);
        }

        if (!report.Succeeded)
        {
            throw new RefusalException($"Not all steps could be done: {string.Join(", ", report.Failed.Select(step => step.Name))}.");
        }
    }

    /// <summary>Runs one round and keeps its report for the health check.</summary>
    public async Task<MaintenanceReport> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var report = await round.RunOnceAsync(now, cancellationToken);
        _state = new(report.Succeeded ? Time.GetUtcNow() : _state.LastSuccess, report);
        return report;
    }

    protected override HealthCheckResult Health()
    {
        if (database.Source is null)
        {
            return HealthCheckResult.Healthy(MaintenanceDatabase.Absent);
        }

        var (lastSuccess, last) = _state;
        var age = Time.GetUtcNow() - lastSuccess;
        var text = last switch
        {
            null => "the first round is running",
            { Elsewhere: true } => "another instance runs maintenance",
            _ => string.Create(CultureInfo.InvariantCulture, $"last full success {age.TotalSeconds:0} s ago"),
        };
        if (last is { Succeeded: false })
        {
            // The health report is public, so it names only the failed steps. The log has the reasons.
            text += "; failing: " + string.Join(", ", last.Failed.Select(step => step.Name));
        }

        return age > 3 * options.Value.Every ? HealthCheckResult.Degraded(text) : HealthCheckResult.Healthy(text);
    }

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        if (database.Source is null)
        {
            Logger.NoMaintenance();
            return false;
        }

        await RunOnceAsync(Time.GetUtcNow(), stoppingToken);
        return true;
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.Delay(options.Value.Every, Time, stoppingToken);
}
