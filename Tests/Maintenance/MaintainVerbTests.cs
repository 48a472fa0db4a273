using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Ingestor.Maintenance;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Maintenance;

/// <summary>The verb as a process, and who may be the worker.</summary>
public sealed class MaintainVerbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_does_one_round_and_says_what_was_done()
    {
        var (exitCode, output, error) = await MaintainAsync(database.WorkerConnection);
        Assert.True(exitCode == 0, error + output);
        Assert.Matches("market.refresh_overview +up to date", output);

        // As ./wyckoff.sh does it.
        (exitCode, _, error) = await MaintainAsync(database.AdminConnection + ";Options=-c role=wyckoff_worker");
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public async Task What_could_not_be_done_is_exit_code_1_and_named()
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
    public async Task Without_a_connection_of_its_own_it_refuses(string connection, string why)
    {
        var (exitCode, output, error) = await MaintainAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains(why, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_connection_of_its_own_the_service_is_healthy_and_says_so()
    {
        await using var nothing = new MaintenanceDatabase(null);
        var round = new MaintenanceRound(nothing, [], [], NullLogger<MaintenanceRound>.Instance);
        using var worker = new MaintenanceWorker(
            nothing,
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
    public async Task A_role_that_an_earlier_version_made_may_log_in_after_the_migration()
    {
        // A server of its own: roles are the whole server's.
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
