using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>Checks the health of each database server when the connection string names several.</summary>
public sealed class DatabaseHosts(Database database, DataSources sources)
{
    // A frozen standby accepts connections and then never answers.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The health by host and port; empty when the connection string names only one host.</summary>
    public async Task<IReadOnlyDictionary<string, HostHealth>> AskAsync(CancellationToken cancellationToken)
    {
        if (!sources.HasStandbys)
        {
            return new Dictionary<string, HostHealth>(StringComparer.Ordinal);
        }

        var primaryLsn = await database.ReadAsync(PrimaryLsnAsync, cancellationToken);
        var hosts = await Task.WhenAll(sources.Hosts.Select(host => AskAsync(host.ConnectionString, primaryLsn, cancellationToken)));
        return sources.Hosts.Zip(hosts).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
    }

    private static async Task<string> PrimaryLsnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_current_wal_lsn()::text", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<HostHealth> AskAsync(string connectionString, string primaryLsn, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(limit.Token);
            // A standby that has replayed everything has no lag, however long ago the last transaction was.
            await using var command = new NpgsqlCommand(
                """
                SELECT pg_is_in_recovery(),
                       greatest(pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()), 0)::bigint,
                       round(CASE
                         WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN 0
                         ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
                       END, 3)::float8
                """,
                connection
            )
            {
                Parameters = { new() { Value = primaryLsn } },
            };
            await using var reader = await command.ExecuteReaderAsync(limit.Token);
            await reader.ReadAsync(limit.Token);
            return reader.GetBoolean(0)
                ? new(
                    HostState.Standby,
                    await reader.GetFieldValueAsync<long?>(1, limit.Token),
                    await reader.GetFieldValueAsync<double?>(2, limit.Token)
                )
                : new(HostState.Primary, null, null);
        }
        catch (Exception e)
            when (!cancellationToken.IsCancellationRequested && (e is OperationCanceledException || DatabaseFaults.IsAny(e)))
        {
            return new(HostState.Away, null, null);
        }
    }
}
