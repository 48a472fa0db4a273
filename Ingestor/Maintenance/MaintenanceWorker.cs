using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Hosting;
using Wyckoff.ServiceDefaults;
using Wyckoff.Timescale;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>One <see cref="MaintenanceRound"/> after the other. Degraded when none has been wholly successful for three times as long as one is due.</summary>
internal sealed class MaintenanceWorker(
    MaintenanceDatabase database,
    MaintenanceRound round,
    IOptions<MaintenanceOptions> options,
    TimeProvider time,
    ILogger<MaintenanceWorker> logger
) : Worker(time, logger)
{
    private volatile State _state = new(time.GetUtcNow(), null);

    private sealed record State(DateTimeOffset Good, MaintenanceReport? Last);

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
                services.GetRequiredService<ILogger<MaintenanceRound>>()
            );
        });
        builder.Services.AddSingleton<MaintenanceWorker>();
    }

    /// <summary>What the verb does: one round, and what it did.</summary>
    /// <exception cref="RefusalException">Not all of it could be done.</exception>
    public static async Task OnceAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var report = await services
            .GetRequiredService<MaintenanceRound>()
            .RunOnceAsync(services.GetRequiredService<TimeProvider>().GetUtcNow(), cancellationToken);
        if (report.Elsewhere)
        {
            await output.WriteLineAsync("Another instance is at it; nothing was done here.");
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
            throw new RefusalException($"Not all of it could be done: {string.Join(", ", report.Failed.Select(step => step.Name))}.");
        }
    }

    /// <summary>One round now.</summary>
    public async Task<MaintenanceReport> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var report = await round.RunOnceAsync(now, cancellationToken);
        _state = new(report.Succeeded ? Time.GetUtcNow() : _state.Good, report);
        return report;
    }

    protected override HealthCheckResult Health()
    {
        if (database.Source is null)
        {
            return HealthCheckResult.Healthy(MaintenanceDatabase.Absent);
        }

        var (good, last) = _state;
        var age = Time.GetUtcNow() - good;
        var words = last switch
        {
            null => "the first round is under way",
            { Elsewhere: true } => "another instance was at it",
            _ => string.Create(CultureInfo.InvariantCulture, $"last full success {age.TotalSeconds:0} s ago"),
        };
        if (last is { Succeeded: false })
        {
            // Health is public; why a step failed is in the log.
            words += "; failing: " + string.Join(", ", last.Failed.Select(step => step.Name));
        }

        return age > 3 * options.Value.Every ? HealthCheckResult.Degraded(words) : HealthCheckResult.Healthy(words);
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
