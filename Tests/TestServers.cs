using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Timescale;

[assembly: AssemblyFixture(typeof(Wyckoff.Tests.TestServers))]

namespace Wyckoff.Tests;

/// <summary>
/// The servers of this test run: one PostgreSQL per edition and one Redis, each started at its first use. WYCKOFF_TEST_POSTGRES and
/// WYCKOFF_TEST_REDIS name existing servers to use instead.
/// </summary>
public sealed class TestServers : IAsyncDisposable
{
    public const string AppPassword = "app";
    public const string WorkerPassword = "worker";

    private readonly ConcurrentDictionary<PostgresEdition, Lazy<Task<PostgresServer>>> _postgres = new();
    private readonly Lazy<Task<LocalRedis>> _redis = new(() => LocalRedis.StartAsync(new(), CancellationToken.None));
    private readonly string _folder = Path.Combine(DataRoot(), $"wyckoff-tests-{Environment.ProcessId}");

    public TestServers() => Current = this;

    public static TestServers Current { get; private set; } = null!;

    /// <summary>Returns the server of an edition. Fails with the reason if the edition is not available.</summary>
    public Task<PostgresServer> PostgresAsync(PostgresEdition edition) =>
        _postgres.GetOrAdd(edition, wish => new(() => StartAsync(wish))).Value;

    public async Task<string> RedisAsync() =>
        Environment.GetEnvironmentVariable("WYCKOFF_TEST_REDIS") is { Length: > 0 } given ? given : (await _redis.Value).ConnectionString;

    /// <summary>Starts a Redis for one test, which may kill it.</summary>
    public static Task<LocalRedis> OwnRedisAsync(int port = 0) =>
        LocalRedis.StartAsync(new() { Port = port }, TestContext.Current.CancellationToken);

    /// <summary>Starts a PostgreSQL for one test, which may kill it and start it again on the same data.</summary>
    public Task<LocalPostgres> OwnPostgresAsync(
        string name,
        int port = 0,
        PostgresEdition edition = PostgresEdition.Best,
        Dictionary<string, string>? settings = null
    ) =>
        LocalPostgres.StartAsync(
            Options(name, edition) with
            {
                Port = port,
                Settings = settings ?? [],
            },
            TestContext.Current.CancellationToken
        );

    /// <summary>The connection string to the database of a server, for the role that the services use.</summary>
    public static string AppConnection(LocalPostgres server) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString("wyckoff"))
        {
            Username = "wyckoff_app",
            Password = AppPassword,
        }.ConnectionString;

    /// <summary>Starts a streaming standby of a server, created from a base backup at its first start.</summary>
    public async Task<LocalPostgres> StandbyOfAsync(LocalPostgres primary, string name, int port = 0)
    {
        var options = Options(name, PostgresEdition.Best) with { Port = port };
        var folder = options.DataFolder!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (options.Home.Account is { } account)
            {
                await Run.ProcessAsync("chown", [$"{account}:", folder], []);
            }

            var command = options.Home.Command(
                Path.Combine(primary.BinFolder, "pg_basebackup"),
                "-D",
                folder,
                "-h",
                primary.Host,
                "-p",
                $"{primary.Port}",
                "-U",
                primary.User,
                "--write-recovery-conf",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--no-sync"
            );
            var (exitCode, _, error) = await Run.ProcessAsync(
                command[0],
                command.Skip(1),
                new() { ["PGPASSWORD"] = primary.Password },
                "/"
            );
            Assert.True(exitCode == 0, error);
            await File.WriteAllTextAsync(folder + ".password", primary.Password, TestContext.Current.CancellationToken);
        }

        return await LocalPostgres.StartAsync(options, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _postgres.Values.Where(server => server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }))
        {
            await (await server.Value).DisposeAsync();
        }

        if (_redis.IsValueCreated)
        {
            await (await _redis.Value).DisposeAsync();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>
    /// Returns a folder in memory if enough is free, because each test class creates and drops databases of a few thousand files.
    /// </summary>
    private static string DataRoot()
    {
        const string memory = "/dev/shm";
        const long required = 6L << 30;
        return Directory.Exists(memory) && new DriveInfo(memory) is { DriveFormat: "tmpfs", AvailableFreeSpace: > required }
            ? memory
            : "/var/tmp";
    }

    private LocalPostgresOptions Options(string name, PostgresEdition edition) =>
        new()
        {
            DataFolder = Path.Combine(_folder, name),
            Durable = false,
            Edition = edition,
        };

    private async Task<PostgresServer> StartAsync(PostgresEdition edition)
    {
        if (Environment.GetEnvironmentVariable("WYCKOFF_TEST_POSTGRES") is { Length: > 0 } given)
        {
            return await PostgresServer.OfAsync(given, edition, null);
        }

        Directory.CreateDirectory(_folder);
        var server = await LocalPostgres.StartAsync(Options(edition.ToString(), edition), CancellationToken.None);
        return await PostgresServer.OfAsync(server.ConnectionString("postgres"), edition, server);
    }
}

/// <summary>A server with a migrated template database, from which test databases are cloned.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static int _databases;
    private readonly NpgsqlConnectionStringBuilder _admin;
    private readonly PostgresEdition _wish;
    private readonly LocalPostgres? _server;
    private readonly Lazy<Task<string>> _template;
    private readonly Lazy<Task<string>> _filled;

    private PostgresServer(NpgsqlConnectionStringBuilder admin, PostgresEdition wish, LocalPostgres? server)
    {
        (_admin, _wish, _server) = (admin, wish, server);
        _template = new(MakeTemplateAsync);
        _filled = new(MakeFilledAsync);
    }

    public static async Task<PostgresServer> OfAsync(string admin, PostgresEdition wish, LocalPostgres? server)
    {
        var made = new PostgresServer(new(admin), wish, server);
        if (server is null && wish is PostgresEdition.Apache or PostgresEdition.Community)
        {
            await using var connection = new NpgsqlConnection(await made.CloneAsync());
            await connection.OpenAsync();
            var there = (await TimescaleEdition.DetectAsync(connection, CancellationToken.None)).Edition;
            if (there.ToString() != wish.ToString())
            {
                throw new LocalServerException($"WYCKOFF_TEST_POSTGRES is a server of the {there} edition, not {wish}.");
            }
        }

        return made;
    }

    /// <summary>Returns the superuser's connection string to a new name; the database does not exist yet.</summary>
    public string NewDatabase() => ConnectionString($"test_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}");

    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(_admin.ConnectionString) { Database = database, IncludeErrorDetail = true }.ConnectionString;

    /// <summary>Creates a migrated database and returns the superuser's connection string.</summary>
    public async Task<string> CloneAsync() => await CloneAsync(await _template.Value);

    /// <summary>Creates a migrated database with rows in every table and returns the superuser's connection string.</summary>
    public async Task<string> CloneFilledAsync() => await CloneAsync(await _filled.Value);

    /// <summary>Creates an empty database, after the roles of the schema exist, and returns the superuser's connection string.</summary>
    public async Task<string> EmptyAsync()
    {
        await _template.Value;
        var empty = NewDatabase();
        await ExecuteAsync($"CREATE DATABASE {Name(empty)} OWNER wyckoff_owner");
        return empty;
    }

    private async Task<string> CloneAsync(string template)
    {
        var clone = NewDatabase();
        await ExecuteAsync($"CREATE DATABASE {Name(clone)} TEMPLATE {template} OWNER wyckoff_owner");
        // A clone does not inherit the settings of its template.
        await ExecuteAsync($"ALTER DATABASE {Name(clone)} SET search_path = {Wyckoff.MigrationService.DatabaseSetup.SearchPath}");
        return clone;
    }

    public Task DropAsync(string connectionString) => ExecuteAsync($"DROP DATABASE IF EXISTS {Name(connectionString)} WITH (FORCE)");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        else
        {
            foreach (var template in new[] { _template, _filled }.Where(template => template.IsValueCreated))
            {
                await ExecuteAsync($"DROP DATABASE IF EXISTS {await template.Value} WITH (FORCE)");
            }
        }
    }

    /// <summary>The folder of pg_dump and psql; empty for an existing server, which uses the programs on PATH.</summary>
    public string BinFolder => _server?.BinFolder ?? "";

    private static string Name(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    private async Task<string> MakeTemplateAsync()
    {
        var template = NewDatabase();
        var (exitCode, _, error) = await Migrations.RunAsync(
            template,
            _wish == PostgresEdition.Plain ? new() { ["Wyckoff__Timescale"] = "off" } : []
        );
        Assert.True(exitCode == 0, error);
        return await LockAsync(template);
    }

    private async Task<string> MakeFilledAsync()
    {
        var filled = await CloneAsync();
        await Schema.Filling.FillAsync(filled);
        return await LockAsync(filled);
    }

    private async Task<string> LockAsync(string template)
    {
        // A database with connections cannot be cloned, and TimescaleDB's scheduler connects to every database.
        await ExecuteAsync($"ALTER DATABASE {Name(template)} ALLOW_CONNECTIONS false");
        await ExecuteAsync($"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{Name(template)}'");
        return Name(template);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_admin.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString
        );
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
