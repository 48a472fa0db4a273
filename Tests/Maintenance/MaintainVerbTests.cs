using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Ingestor.Maintenance;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Maintenance;

/// <summary>Tests the verb as a process, and the rights of its role.</summary>
public sealed class MaintainVerbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_verb_runs_one_round_and_prints_its_steps()
    {
        var (exitCode, output, error) = await MaintainAsync(database.WorkerConnection);
        Assert.True(exitCode == 0, error + output);
        Assert.Matches("market.refresh_overview +up to date", output);

        // ./wyckoff.sh connects as the owner and sets the role.
        (exitCode, _, error) = await MaintainAsync(database.AdminConnection + ";Options=-c role=wyckoff_worker");
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public async Task Failed_steps_are_named_and_give_exit_code_1()
    {
        var (exitCode, output, error) = await MaintainAsync(database.AppConnection);
        Assert.Equal(1, exitCode);
        Assert.Contains("failed: 42501", output, StringComparison.Ordinal);
        Assert.Contains(
            "trading.refresh_views",
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );

        (exitCode, _, error) = await MaintainAsync(
            new NpgsqlConnectionStringBuilder(database.WorkerConnection) { Password = "wrong" }.ConnectionString
        );
        Assert.Equal(1, exitCode);
        Assert.Contains("connect", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no ConnectionStrings:worker")]
    [InlineData("Hots=secret", "not a connection string such as")]
    public async Task Without_a_valid_worker_connection_the_verb_refuses(string connection, string reason)
    {
        var (exitCode, output, error) = await MaintainAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains(reason, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_worker_connection_the_service_is_healthy_and_its_health_says_so()
    {
        await using var unconfigured = new MaintenanceDatabase(null);
        var round = new MaintenanceRound(unconfigured, [], [], TimeSpan.FromDays(30), NullLogger<MaintenanceRound>.Instance);
        using var worker = new MaintenanceWorker(
            unconfigured,
            round,
            Options.Create(new MaintenanceOptions()),
            TimeProvider.System,
            NullLogger<MaintenanceWorker>.Instance
        );
        await worker.StartAsync(Token);
        await worker.ExecuteTask!;
        var health = await worker.CheckHealthAsync(new(), Token);
        Assert.Equal(
            (HealthStatus.Healthy, "no ConnectionStrings:worker: maintenance does not run here"),
            (health.Status, health.Description)
        );
    }

    [Fact]
    public async Task A_worker_role_created_without_login_can_log_in_after_the_migration()
    {
        // Roles belong to the whole server, so the test needs its own.
        await using var server = await TestServers.Current.OwnPostgresAsync("earlier", edition: PostgresEdition.Plain);
        await using (var admin = new NpgsqlConnection(server.ConnectionString("postgres")))
        {
            await admin.OpenAsync(Token);
            await using var create = new NpgsqlCommand("CREATE ROLE wyckoff_worker NOLOGIN", admin);
            await create.ExecuteNonQueryAsync(Token);
        }

        var (exitCode, _, error) = await Migrations.RunAsync(server.ConnectionString("wyckoff"));
        Assert.True(exitCode == 0, error);
        await using var worker = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.ConnectionString("wyckoff"))
            {
                Username = "wyckoff_worker",
                Password = TestServers.WorkerPassword,
                Pooling = false,
            }.ConnectionString
        );
        await worker.OpenAsync(Token);
        await using var member = new NpgsqlCommand("SELECT pg_has_role('wyckoff_app', 'wyckoff_worker', 'MEMBER')", worker);
        Assert.Equal(false, await member.ExecuteScalarAsync(Token));
    }

    private Task<(int ExitCode, string Output, string Error)> MaintainAsync(string connection) =>
        Run.DotnetAsync(
            "Ingestor",
            ["maintain"],
            new()
            {
                ["ConnectionStrings__wyckoff"] = database.AppConnection,
                ["ConnectionStrings__worker"] = connection,
                ["Logging__LogLevel__Default"] = "None",
            }
        );
}
