using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff;

internal sealed class PostgresHealthCheck(Database database, ConnectionPoolFigures pool) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var edition = await database.ReadAsync(TimescaleEdition.DetectAsync, cancellationToken);
            var figures = pool.Read();
            return HealthCheckResult.Healthy(data: new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["server"] = edition.Server.ToString(),
                ["edition"] = edition.Edition.ToString(),
                ["timescaledb"] = edition.Extension?.ToString() ?? "none",
                ["capabilities"] = edition.Capabilities,
                ["pool"] = new Dictionary<string, long>(StringComparer.Ordinal) { ["open"] = figures.Open, ["idle"] = figures.Idle, ["waiting"] = figures.Waiting },
            });
        }
        catch (Exception e) when (e is NpgsqlException or NotSupportedException)
        {
            return new(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
