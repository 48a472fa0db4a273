using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Starts a streaming standby of the server of <see cref="FaultRig"/>, and two API processes that use both servers.</summary>
public sealed class StandbyRig(FaultRig rig) : IAsyncLifetime
{
    private readonly List<ApiProcess> _replicas = [];
    private LocalPostgres? _standby;
    private string? _skipReason;

    internal LocalPostgres Standby => _standby!;

    /// <summary>The connection string to the primary and the standby, for the role that the services use.</summary>
    internal string Connection =>
        new NpgsqlConnectionStringBuilder(rig.Connection)
        {
            Host = $"127.0.0.1:{rig.Postgres.Port},127.0.0.1:{Standby.Port}",
        }.ConnectionString;

    internal IReadOnlyList<ApiProcess> Replicas
    {
        get
        {
            Assert.SkipWhen(_skipReason is not null, _skipReason ?? "");
            return _replicas;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Path.Combine(rig.Postgres.BinFolder, "pg_basebackup")))
        {
            _skipReason = $"A standby needs pg_basebackup, and {rig.Postgres.BinFolder} has none.";
            return;
        }

        _standby = await TestServers.Current.StandbyOfAsync(rig.Postgres, "standby");
        _replicas.Add(await ApiProcess.StartAsync(Connection, rig.Redis.ConnectionString));
        _replicas.Add(await ApiProcess.StartAsync(Connection, rig.Redis.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        if (_standby is not null)
        {
            await _standby.DisposeAsync();
        }
    }

    internal async Task KillAsync()
    {
        Signals.Kill(Standby.Pid);
        await Standby.Exited;
    }

    internal async Task RestartAsync()
    {
        await Standby.DisposeAsync();
        _standby = await TestServers.Current.StandbyOfAsync(rig.Postgres, "standby", Standby.Port);
    }

    /// <summary>The number of transactions that the standby has completed for the API, all of them reads.</summary>
    internal async Task<long> ReadsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'wyckoff'",
            connection
        );
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>The version of the 1m window of a symbol, as the standby sees it.</summary>
    internal async Task<long> VersionAsync(string symbol)
    {
        await using var connection = new NpgsqlConnection(TestServers.AppConnection(Standby) + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT version
              FROM market.bar_windows
              JOIN market.tickers ON id = ticker_id
             WHERE symbol = $1 AND timeframe = '1m'
            """,
            connection
        )
        {
            Parameters = { new() { Value = symbol } },
        };
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as long? ?? 0;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    // Connects to another database than the API, so that ReadsAsync does not count this connection.
    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(Standby.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
