using Microsoft.Extensions.Diagnostics.HealthChecks;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff.Postgres;

internal sealed class PostgresHealthCheck(Database database, DatabaseHosts hosts, ConnectionPoolFigures pool) : IHealthCheck
{
    private readonly Lock _lock = new();
    private Task<TimescaleEdition>? _detecting;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var edition = await DetectAsync().WaitAsync(cancellationToken);
            var figures = pool.Read();
            var data = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["server"] = edition.Server.ToString(),
                ["edition"] = edition.Edition.ToString(),
                ["timescaledb"] = edition.Extension?.ToString() ?? "none",
                ["capabilities"] = edition.Capabilities,
                ["pool"] = new Dictionary<string, long>(StringComparer.Ordinal)
                {
                    ["open"] = figures.Open,
                    ["idle"] = figures.Idle,
                    ["waiting"] = figures.Waiting,
                },
            };
            var each = await hosts.AskAsync(cancellationToken);
            if (each.Count == 0)
            {
                return HealthCheckResult.Healthy(data: data);
            }

            data["hosts"] = each;
            // Only degraded: without a standby, reads run on the primary.
            var away = each.Where(host => host.Value.State == HostState.Away).Select(host => host.Key).ToList();
            return away.Count == 0
                ? HealthCheckResult.Healthy(data: data)
                : HealthCheckResult.Degraded($"{string.Join(", ", away)} does not answer; the others do its work", data: data);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var data = new Dictionary<string, object>(StringComparer.Ordinal) { [FailureClass.Key] = FailureClass.Of(e) };
            return new(context.Registration.FailureStatus, exception: e, data: data);
        }
    }

    /// <summary>
    /// Detects the edition with at most one query at a time. A probe that gives up does not cancel the query, because Npgsql's cancellation
    /// takes half a minute on a frozen server (measured). The next probe waits for the same query, so a frozen server occupies one
    /// connection and not one per probe.
    /// </summary>
    private Task<TimescaleEdition> DetectAsync()
    {
        lock (_lock)
        {
            return _detecting is { IsCompleted: false }
                ? _detecting
                : _detecting = database.ReadAsync(TimescaleEdition.DetectAsync, CancellationToken.None);
        }
    }
}
