using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.MigrationService;

/// <summary>
/// Tests the passwords of roles, on an own server, because roles belong to the whole server. The server logs every statement.
/// </summary>
public sealed class RolePasswordTests : IAsyncLifetime
{
    private const string AppPassword = """it's "one" \ $of$ them""";
    private const string WorkerPassword = "worker's 0wn";
    private static int _servers;
    private LocalPostgres _server = null!;
    private int _marks;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _server = await TestServers.Current.OwnPostgresAsync(
            $"passwords{Interlocked.Increment(ref _servers)}",
            settings: new() { ["log_statement"] = "all" }
        );

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_role_can_log_in_with_its_password_and_the_server_log_never_shows_it()
    {
        await SetAsync(AppPassword, WorkerPassword);

        await SignInAsync("wyckoff_app", AppPassword);
        await SignInAsync("wyckoff_worker", WorkerPassword);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => SignInAsync("wyckoff_app", "another"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        var log = await LogAsync();
        Assert.Contains("ALTER ROLE wyckoff_app PASSWORD 'SCRAM-SHA-256$4096:", log, StringComparison.Ordinal);
        Assert.Contains("ALTER ROLE wyckoff_worker PASSWORD 'SCRAM-SHA-256$4096:", log, StringComparison.Ordinal);
        Assert.DoesNotContain("\"one\"", log, StringComparison.Ordinal);
        Assert.DoesNotContain("s 0wn", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_is_set_only_when_the_role_has_a_different_one()
    {
        await SetAsync(AppPassword, WorkerPassword);
        var before = (await LogAsync()).Length;

        await SetAsync(AppPassword, null);
        Assert.DoesNotContain(" PASSWORD ", (await LogAsync())[before..], StringComparison.Ordinal);
        await SignInAsync("wyckoff_app", AppPassword);
        await SignInAsync("wyckoff_worker", WorkerPassword);

        await SetAsync("a new one", "");
        await SignInAsync("wyckoff_app", "a new one");
        await SignInAsync("wyckoff_worker", WorkerPassword);
        await Assert.ThrowsAsync<PostgresException>(() => SignInAsync("wyckoff_app", AppPassword));
    }

    [Fact]
    public async Task An_administrator_who_may_not_read_verifiers_sets_the_password_each_time()
    {
        const string name = "administrator";
        await ExecuteAsync(_server.ConnectionString("postgres"), $"CREATE ROLE {name} LOGIN CREATEROLE CREATEDB PASSWORD '{name}'");
        var administrator = As(name, name);
        await SetAsync(AppPassword, WorkerPassword, administrator);
        var before = (await LogAsync()).Length;

        await SetAsync(AppPassword, WorkerPassword, administrator);
        var log = (await LogAsync())[before..];
        Assert.Contains("ALTER ROLE wyckoff_app PASSWORD 'SCRAM-SHA-256$4096:", log, StringComparison.Ordinal);
        Assert.DoesNotContain("permission denied", log, StringComparison.Ordinal);
        await SignInAsync("wyckoff_app", AppPassword);
    }

    [Theory]
    [InlineData("pässword")]
    [InlineData("two\nlines")]
    public async Task A_password_that_drivers_prepare_differently_is_refused_and_not_printed(string password)
    {
        var (exitCode, _, error) = await RunAsync(password, null, _server.ConnectionString("wyckoff"));
        Assert.Equal(1, exitCode);
        var said = MigrationTests.Lines(error)[^1];
        Assert.Contains("Wyckoff:AppPassword has a character that is not printable ASCII", said, StringComparison.Ordinal);
        Assert.DoesNotContain(password, error, StringComparison.Ordinal);
    }

    private async Task SetAsync(string app, string? worker, string? administrator = null)
    {
        var (exitCode, _, error) = await RunAsync(app, worker, administrator ?? _server.ConnectionString("wyckoff"));
        Assert.True(exitCode == 0, error);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(string app, string? worker, string administrator)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Wyckoff__Timescale"] = "off",
            ["Wyckoff__AppPassword"] = app,
            ["Wyckoff__WorkerPassword"] = worker ?? "",
        };

        return Migrations.RunAsync(administrator, environment);
    }

    private Task SignInAsync(string role, string password) => ExecuteAsync(As(role, password) + ";Pooling=false", "SELECT 1");

    private string As(string role, string password) =>
        new NpgsqlConnectionStringBuilder(_server.ConnectionString("wyckoff")) { Username = role, Password = password }.ConnectionString;

    /// <summary>Reads the server's log up to now. The log reaches the file through a pipe, so this logs a mark and waits for it.</summary>
    private async Task<string> LogAsync()
    {
        var mark = $"mark {++_marks} of the log";
        await ExecuteAsync(_server.ConnectionString("postgres"), $"SELECT '{mark}'");
        return await Eventually.GetAsync(
            ReadLogAsync,
            log => log.Contains(mark, StringComparison.Ordinal),
            log => log[^Math.Min(log.Length, 500)..]
        );
    }

    private async Task<string> ReadLogAsync()
    {
        await using var file = new FileStream(_server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(Token);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
