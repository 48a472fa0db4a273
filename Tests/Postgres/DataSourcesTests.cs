using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Postgres;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Postgres;

public sealed class DataSourcesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_single_host_has_one_pool_for_all_reads_and_one_for_everything_else()
    {
        await using var sources = new DataSources(new(database.AppConnection));
        Assert.Same(sources.PrimaryReads, sources.Reading);
        Assert.NotSame(sources.Primary, sources.Reading);
        Assert.False(sources.HasStandbys);
        Assert.Equal(new NpgsqlConnectionStringBuilder(database.AppConnection).Port, await StandbyPortAsync(sources));
    }

    [Fact]
    public async Task A_pooled_session_is_fully_reset_after_a_write_but_only_rolled_back_after_a_read()
    {
        await using var sources = new DataSources(
            new(new NpgsqlConnectionStringBuilder(database.AppConnection) { MaxPoolSize = 1 }.ConnectionString)
        );
        foreach (var (source, left) in new[] { (sources.Primary, 0L), (sources.PrimaryReads, 1L) })
        {
            await using (var connection = await source.OpenConnectionAsync(Token))
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands = { new("SELECT pg_advisory_lock(5000)"), new("BEGIN"), new("SELECT pg_advisory_xact_lock(5001)") },
                };
                await batch.ExecuteNonQueryAsync(Token);
            }

            await using var again = await source.OpenConnectionAsync(Token);
            await using var count = new NpgsqlCommand(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
                again
            );
            Assert.Equal(left, await count.ExecuteScalarAsync(Token));
        }
    }

    [Theory]
    [InlineData("127.0.0.1:{dead},127.0.0.1:{port}")]
    [InlineData("127.0.0.1:{port}, 127.0.0.1:{dead}")]
    public async Task Reads_skip_an_unreachable_host(string hosts)
    {
        await using var sources = new DataSources(new(At(hosts)));
        Assert.True(sources.HasStandbys);
        var port = new NpgsqlConnectionStringBuilder(database.AppConnection).Port;
        Assert.Equal(port, await Reads(sources).ReadAsync(PortAsync, Token));
        Assert.Equal(port, await StandbyPortAsync(sources));
    }

    [Fact]
    public async Task A_single_port_applies_to_all_hosts()
    {
        var settings = new NpgsqlConnectionStringBuilder(database.AppConnection);
        await using var sources = new DataSources(
            new(
                new NpgsqlConnectionStringBuilder(database.AppConnection)
                {
                    Host = $"127.0.0.2:{PortOwner.PickFree()},{settings.Host}",
                }.ConnectionString
            )
        );
        Assert.Equal(settings.Port, await StandbyPortAsync(sources));
    }

    [Theory]
    [InlineData("127.0.0.1:{dead},127.0.0.1:{port}", "Away Primary")]
    [InlineData("127.0.0.1:{port},127.0.0.1:{dead}", "Primary Away")]
    public async Task A_service_starts_without_its_standby_and_reports_degraded_health(string hosts, string states)
    {
        await using var api = new ApiServer(At(hosts), settings: new(StringComparer.Ordinal) { ["Wyckoff:Database:MinPoolSize"] = "5" });
        using var response = await api.CreateClient().GetAsync("/health", Token);
        var health = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement;
        Assert.True(response.IsSuccessStatusCode, health.ToString());
        var postgres = health.GetProperty("dependencies").GetProperty("postgres");
        Assert.Equal("Degraded", postgres.GetProperty("status").GetString());
        Assert.Equal(
            states.Split(' '),
            postgres.GetProperty("hosts").EnumerateObject().Select(host => host.Value.GetProperty("state").GetString())
        );
        Assert.InRange(postgres.GetProperty("pool").GetProperty("open").GetInt64(), 5, 20);
    }

    private static Database Reads(DataSources sources) => new(sources, TimeProvider.System, NullLogger<Database>.Instance);

    private static Task<int> StandbyPortAsync(DataSources sources) =>
        Reads(sources)
            .OpenOnStandbyAsync(
                async (connection, token) =>
                {
                    await using (connection)
                    {
                        return await PortAsync(connection, token);
                    }
                },
                Token
            );

    private static async Task<int> PortAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT current_setting('port')::int", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private string At(string hosts)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.AppConnection);
        settings.Host = hosts
            .Replace("{dead}", $"{PortOwner.PickFree()}", StringComparison.Ordinal)
            .Replace("{port}", $"{settings.Port}", StringComparison.Ordinal);
        return settings.ConnectionString;
    }
}
