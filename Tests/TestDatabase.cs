using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Timescale;
using Wyckoff.Trading;

namespace Wyckoff.Tests;

/// <summary>A migrated database for one test class, on the best edition found.</summary>
public class TestDatabase : IAsyncLifetime
{
    private readonly PostgresEdition _wish;
    private readonly List<NpgsqlDataSource> _sources = [];
    private PostgresServer? _server;
    private string? _missing;
    private string _admin = "";

    public TestDatabase()
        : this(PostgresEdition.Best) { }

    protected TestDatabase(PostgresEdition wish) => _wish = wish;

    /// <summary>Connects as the superuser.</summary>
    public NpgsqlDataSource Admin => field ??= Source(AdminConnection);

    /// <summary>Connects as wyckoff_owner, the owner of all objects.</summary>
    public NpgsqlDataSource Owner => field ??= Source(As(role: "wyckoff_owner"));

    /// <summary>Connects as wyckoff_app, the role of the services.</summary>
    public NpgsqlDataSource App => field ??= Source(AppConnection);

    public NpgsqlDataSource Worker => field ??= Source(As(role: "wyckoff_worker"));

    public NpgsqlDataSource Reader => field ??= Source(As(role: "wyckoff_reader"));

    /// <summary>Connects as wyckoff_console, the role of eng/psql.</summary>
    public NpgsqlDataSource Console => field ??= Source(As(role: "wyckoff_console"));

    public PostgresServer Server
    {
        get
        {
            SkipIfMissing();
            return _server!;
        }
    }

    public TimescaleEdition Edition
    {
        get
        {
            SkipIfMissing();
            return field;
        }
        private set;
    } = null!;

    public string AdminConnection
    {
        get
        {
            SkipIfMissing();
            return _admin;
        }
    }

    public string AppConnection =>
        new NpgsqlConnectionStringBuilder(AdminConnection)
        {
            Username = "wyckoff_app",
            Password = TestServers.AppPassword,
        }.ConnectionString;

    /// <summary>The Ingestor's second connection. It logs in as wyckoff_worker, unlike <see cref="Worker"/>, which sets the role.</summary>
    public string WorkerConnection =>
        new NpgsqlConnectionStringBuilder(AdminConnection)
        {
            Username = "wyckoff_worker",
            Password = TestServers.WorkerPassword,
        }.ConnectionString;

    public WyckoffDbContext Context() => Context(App);

    public WyckoffDbContext OwnerContext() => Context(Owner);

    public async ValueTask InitializeAsync()
    {
        try
        {
            _server = await TestServers.Current.PostgresAsync(_wish);
        }
        // Tests of the Community edition are skipped where it is missing, because no package registry has it. The other editions can be
        // installed anywhere.
        catch (LocalServerException e)
            when (_wish == PostgresEdition.Community || Environment.GetEnvironmentVariable("WYCKOFF_TEST_POSTGRES") is { Length: > 0 })
        {
            _missing = e.Message;
            return;
        }

        _admin = await CloneAsync(_server);
        await using var connection = await Admin.OpenConnectionAsync();
        Edition = await RestPoliciesAsync(connection);
    }

    /// <summary>
    /// Turns all policies off. The first run of a policy is due at once, and compressing a chunk while a test writes to it can deadlock. A
    /// test of a policy runs its job itself.
    /// </summary>
    public static async Task<TimescaleEdition> RestPoliciesAsync(NpgsqlConnection connection)
    {
        var edition = await TimescaleEdition.DetectAsync(connection, CancellationToken.None);
        if (edition.HasPolicies)
        {
            await using var unschedule = new NpgsqlCommand(
                "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL",
                connection
            );
            await unschedule.ExecuteNonQueryAsync();
        }

        return edition;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DropAsync(_admin);
        }
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(Admin, sql, parameters);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(Admin, sql, parameters);
        return await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a session of this database waits for an advisory lock.</summary>
    public Task AdvisoryLockAwaitedAsync() =>
        Eventually.GetAsync(
            () =>
                ScalarAsync<long>(
                    """
                    SELECT count(*) FROM pg_locks
                     WHERE locktype = 'advisory'
                       AND NOT granted
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """
                ),
            waiting => waiting > 0
        );

    protected virtual Task<string> CloneAsync(PostgresServer server) => server.CloneAsync();

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, object[] parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return command;
    }

    private static WyckoffDbContext Context(NpgsqlDataSource source) =>
        new((DbContextOptions<WyckoffDbContext>)new DbContextOptionsBuilder<WyckoffDbContext>().UseWyckoff(source).Options);

    private string As(string role) => new NpgsqlConnectionStringBuilder(AdminConnection) { Options = $"-c role={role}" }.ConnectionString;

    private NpgsqlDataSource Source(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.MapTradingEnums();
        var source = builder.Build();
        _sources.Add(source);
        return source;
    }

    private void SkipIfMissing() => Assert.SkipWhen(_missing is not null, _missing ?? "");
}

public sealed class PlainDatabase() : TestDatabase(PostgresEdition.Plain);

public sealed class ApacheDatabase() : TestDatabase(PostgresEdition.Apache);

public sealed class CommunityDatabase() : TestDatabase(PostgresEdition.Community);
