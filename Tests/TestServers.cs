using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Timescale;

[assembly: AssemblyFixture(typeof(Wyckoff.Tests.TestServers))]

namespace Wyckoff.Tests;

/// <summary>
/// The servers of this test run: one PostgreSQL per edition that a test asks for, one Redis, each started once, when first asked for.
/// WYCKOFF_TEST_POSTGRES and WYCKOFF_TEST_REDIS name servers that are there already.
/// </summary>
public sealed class TestServers : IAsyncDisposable
{
    public const string AppPassword = "app";
    public const string WorkerPassword = "worker";

    private readonly ConcurrentDictionary<PostgresEdition, Lazy<Task<PostgresServer>>> _postgres = new();
    private readonly Lazy<Task<LocalRedis>> _redis = new(() => LocalRedis.StartAsync(new(), CancellationToken.None));
    private readonly string _folder = Path.Combine(Disk(), $"wyckoff-tests-{Environment.ProcessId}");

    public TestServers() => Current = this;

    public static TestServers Current { get; private set; } = null!;

    /// <summary>A server of this edition. It fails where the edition is not there, with the reason.</summary>
    public Task<PostgresServer> PostgresAsync(PostgresEdition edition) =>
        _postgres.GetOrAdd(edition, wish => new(() => StartAsync(wish))).Value;

    public async Task<string> RedisAsync() =>
        Environment.GetEnvironmentVariable("WYCKOFF_TEST_REDIS") is { Length: > 0 } given ? given : (await _redis.Value).ConnectionString;

    /// <summary>A Redis of a test's own, to be killed.</summary>
    public static Task<LocalRedis> OwnRedisAsync(int port = 0) =>
        LocalRedis.StartAsync(new() { Port = port }, TestContext.Current.CancellationToken);

    /// <summary>A PostgreSQL of a test's own, to be killed and started again on the same data.</summary>
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

    /// <summary>A streaming standby of a server of a test's own, made from its base backup, or started again.</summary>
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

    /// <summary>In memory where there is room: each test class has databases of a few thousand files, made and dropped again.</summary>
    private static string Disk()
    {
        const string memory = "/dev/shm";
        const long room = 6L << 30;
        return Directory.Exists(memory) && new DriveInfo(memory) is { DriveFormat: "tmpfs", AvailableFreeSpace: > room }
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

/// <summary>One server, with a migrated template that databases are cloned from.</summary>
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

    /// <summary>The administrator's connection to a database that nobody has made yet.</summary>
    public string NewDatabase() => ConnectionString($"test_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}");

    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(_admin.ConnectionString) { Database = database, IncludeErrorDetail = true }.ConnectionString;

    /// <summary>The administrator's connection to a new database with the whole schema.</summary>
    public async Task<string> CloneAsync() => await CloneAsync(await _template.Value);

    /// <summary>The same, with rows in every table.</summary>
    public async Task<string> CloneFilledAsync() => await CloneAsync(await _filled.Value);

    /// <summary>The administrator's connection to a new database with nothing in it, on a server that knows our roles.</summary>
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
        // A clone has everything of its template but its settings.
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

    /// <summary>Where its pg_dump and psql are; of a server that was given, whatever is on PATH must do.</summary>
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
        // TimescaleDB's scheduler sits in every database, and a database somebody sits in cannot be cloned.
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
