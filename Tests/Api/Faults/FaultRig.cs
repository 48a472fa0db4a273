using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Redis;

namespace Wyckoff.Tests.Api.Faults;

[CollectionDefinition(nameof(FaultRig))]
public sealed class FaultRigCollection : ICollectionFixture<FaultRig>;

/// <summary>
/// Starts a PostgreSQL server, a Redis server and two API processes that tests can kill, freeze and restart on the same ports.
/// WYCKOFF_TEST_FAULTS=10 makes every test ten times as long.
/// </summary>
public sealed class FaultRig : IAsyncLifetime
{
    private readonly List<ApiProcess> _replicas = [];
    private readonly List<RedisConnection> _connections = [];
    private int _symbols;
    private bool _isStopped;

    internal static double Length { get; } =
        double.TryParse(
            Environment.GetEnvironmentVariable("WYCKOFF_TEST_FAULTS"),
            System.Globalization.CultureInfo.InvariantCulture,
            out var length
        )
            ? length
            : 1;

    internal LocalPostgres Postgres { get; private set; } = null!;

    internal LocalRedis Redis { get; private set; } = null!;

    internal IReadOnlyList<ApiProcess> Replicas => _replicas;

    /// <summary>The connection string of the role that the services use.</summary>
    internal string Connection => TestServers.AppConnection(Postgres);

    public async ValueTask InitializeAsync()
    {
        Redis = await TestServers.OwnRedisAsync();
        Postgres = await StartPostgresAsync();
        var (exitCode, _, error) = await Migrations.RunAsync(Postgres.ConnectionString("wyckoff"));
        Assert.True(exitCode == 0, error);
        await using (var admin = new NpgsqlConnection(Postgres.ConnectionString("wyckoff") + ";Pooling=false"))
        {
            await admin.OpenAsync();
            await TestDatabase.RestPoliciesAsync(admin);
        }

        _replicas.Add(await ApiProcess.StartAsync(Connection, Redis.ConnectionString));
        _replicas.Add(await ApiProcess.StartAsync(Connection, Redis.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        if (!_isStopped)
        {
            await Postgres.DisposeAsync();
        }

        await Redis.DisposeAsync();
    }

    /// <summary>Writes the first bars of a new symbol. Every write is announced through Redis, as in production.</summary>
    internal async Task<NumberedBars> BarsAsync(int seed)
    {
        var redis = new RedisConnection(
            new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:cache", Redis.ConnectionString)]).Build(),
            NullLogger<RedisConnection>.Instance
        );
        _connections.Add(redis);
        await redis.StartAsync(TestContext.Current.CancellationToken);
        var bars = new NumberedBars(Connection, $"FAULT{++_symbols}", seed, redis);
        await bars.WriteFirstBarsAsync(TestContext.Current.CancellationToken);
        return bars;
    }

    /// <summary>Executes statements as the administrator, each in its own transaction.</summary>
    internal async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = new NpgsqlConnection(Postgres.ConnectionString("wyckoff") + ";Pooling=false;Command Timeout=120");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Whether a commit of the services' role is waiting for synchronous standbys.</summary>
    internal async Task<bool> IsWaitingForStandbysAsync()
    {
        await using var connection = new NpgsqlConnection(Postgres.ConnectionString("wyckoff") + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'wyckoff_app')",
            connection
        );
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true;
    }

    internal async Task KillRedisAsync()
    {
        Signals.Kill(Redis.Pid);
        await Redis.Exited;
    }

    internal async Task RestartRedisAsync()
    {
        var (port, password) = (Redis.Port, Redis.Password);
        await Redis.DisposeAsync();
        Redis = await LocalRedis.StartAsync(new() { Port = port, Password = password }, TestContext.Current.CancellationToken);
    }

    internal async Task KillPostgresAsync()
    {
        Signals.Kill(Postgres.Pid);
        await Postgres.Exited;
    }

    internal async Task StopPostgresAsync()
    {
        await Postgres.DisposeAsync();
        _isStopped = true;
    }

    /// <summary>Starts the server again with the same data and port, after stopping it if necessary.</summary>
    internal async Task RestartPostgresAsync()
    {
        if (!_isStopped)
        {
            await StopPostgresAsync();
        }

        Postgres = await StartPostgresAsync(Postgres.Port);
        _isStopped = false;
    }

    // Data need not survive a crash of the machine, but an acknowledged commit has to survive SIGKILL of the server.
    private static Task<LocalPostgres> StartPostgresAsync(int port = 0) =>
        TestServers.Current.OwnPostgresAsync("faults", port, settings: new() { ["synchronous_commit"] = "on" });
}
