using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff;

internal sealed class PostgresHealthCheck(Database database, DataSources sources, ConnectionPoolFigures pool) : IHealthCheck
{
    /// <summary>A standby that is frozen takes connections, and then says nothing.</summary>
    private static readonly TimeSpan HostPatience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var edition = await database.ReadAsync(TimescaleEdition.DetectAsync, cancellationToken);
            var figures = pool.Read();
            var data = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["server"] = edition.Server.ToString(),
                ["edition"] = edition.Edition.ToString(),
                ["timescaledb"] = edition.Extension?.ToString() ?? "none",
                ["capabilities"] = edition.Capabilities,
                ["pool"] = new Dictionary<string, long>(StringComparer.Ordinal) { ["open"] = figures.Open, ["idle"] = figures.Idle, ["waiting"] = figures.Waiting },
            };
            if (!sources.HasStandbys)
            {
                return HealthCheckResult.Healthy(data: data);
            }

            var written = await database.ReadAsync(WrittenAsync, cancellationToken);
            var hosts = await Task.WhenAll(sources.Hosts.Select(host => AskAsync(host.ConnectionString, written, cancellationToken)));
            data["hosts"] = sources.Hosts.Zip(hosts).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
            // Reads go on without a standby, on the primary.
            var away = sources.Hosts.Zip(hosts).Where(pair => pair.Second.State == HostState.Away).Select(pair => pair.First.Name).ToList();
            return away.Count == 0 ? HealthCheckResult.Healthy(data: data) : HealthCheckResult.Degraded($"{string.Join(", ", away)} does not answer; the others do its work", data: data);
        }
        catch (Exception e) when (e is NpgsqlException or NotSupportedException)
        {
            return new(context.Registration.FailureStatus, e.Message, e);
        }
    }

    private static async Task<string> WrittenAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_current_wal_lsn()::text", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<HostHealth> AskAsync(string connectionString, string written, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HostPatience);
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(limit.Token);
            // One that has replayed everything is not behind, however long ago the last transaction was.
            await using var command = new NpgsqlCommand(
                """
                SELECT pg_is_in_recovery(), greatest(pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()), 0)::bigint,
                       round(CASE WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN 0 ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END, 3)::float8
                """,
                connection)
            { Parameters = { new() { Value = written } } };
            await using var reader = await command.ExecuteReaderAsync(limit.Token);
            await reader.ReadAsync(limit.Token);
            return reader.GetBoolean(0)
                ? new(HostState.Standby, await reader.GetFieldValueAsync<long?>(1, limit.Token), await reader.GetFieldValueAsync<double?>(2, limit.Token))
                : new(HostState.Primary, null, null);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(HostState.Away, null, null);
        }
    }
}
