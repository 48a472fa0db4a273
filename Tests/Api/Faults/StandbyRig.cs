using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>A streaming standby of the rig's PostgreSQL, and two replicas of the API that are told of both.</summary>
public sealed class StandbyRig(FaultRig rig) : IAsyncLifetime
{
    private readonly List<ApiProcess> _replicas = [];
    private LocalPostgres? _standby;
    private string? _missing;

    internal LocalPostgres Standby => _standby!;

    /// <summary>To the primary and the standby, as the role of the services.</summary>
    internal string Connection =>
        new NpgsqlConnectionStringBuilder(rig.Connection)
        {
            Host = $"127.0.0.1:{rig.Postgres.Port},127.0.0.1:{Standby.Port}",
        }.ConnectionString;

    internal IReadOnlyList<ApiProcess> Replicas
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return _replicas;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Path.Combine(rig.Postgres.BinFolder, "pg_basebackup")))
        {
            _missing = $"There is no pg_basebackup in {rig.Postgres.BinFolder} to make a standby with.";
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

    /// <summary>How many transactions the standby has ended so far for anybody but us: reads, since it can have no others.</summary>
    internal async Task<long> ReadsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'wyckoff'",
            connection
        );
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>The version of a symbol's minutes that the standby shows.</summary>
    internal async Task<long> VersionAsync(string symbol)
    {
        await using var connection = new NpgsqlConnection(FaultRig.AppConnection(Standby) + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT version FROM market.bar_windows JOIN market.tickers ON id = ticker_id WHERE symbol = $1 AND timeframe = '1m'",
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

    // In a database of its own, so as not to be counted.
    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(Standby.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
