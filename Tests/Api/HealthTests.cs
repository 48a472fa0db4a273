using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Wyckoff.Tests.Api.Faults;

namespace Wyckoff.Tests.Api;

public sealed class HealthTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_names_each_dependency_its_latency_and_the_edition()
    {
        await using var api = new ApiServer(
            database.AppConnection,
            await TestServers.Current.RedisAsync(),
            new(StringComparer.Ordinal) { ["Wyckoff:Database:MinPoolSize"] = "5" }
        );
        var health = await EventuallyAsync(api.CreateClient(), "Healthy");
        var postgres = health.GetProperty("dependencies").GetProperty("postgres");
        Assert.Equal(database.Edition.Edition.ToString(), postgres.GetProperty("edition").GetString());
        Assert.Equal(database.Edition.Server.ToString(), postgres.GetProperty("server").GetString());
        Assert.True(postgres.GetProperty("latencyMs").GetDouble() > 0);
        Assert.InRange(postgres.GetProperty("pool").GetProperty("open").GetInt64(), 5, 40);
        Assert.Equal(0, postgres.GetProperty("pool").GetProperty("waiting").GetInt64());
        Assert.Equal("Healthy", health.GetProperty("dependencies").GetProperty("redis").GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.OK, (await api.CreateClient().GetAsync("/alive", Token)).StatusCode);
    }

    [Fact]
    public async Task The_health_is_degraded_while_Redis_is_away()
    {
        var redis = await TestServers.OwnRedisAsync();
        var (port, password) = (redis.Port, redis.Password);
        await using var api = new ApiServer(database.AppConnection, $"{redis.ConnectionString},connectRetry=1,syncTimeout=500");
        var client = api.CreateClient();
        await EventuallyAsync(client, "Healthy");

        Signals.Kill(redis.Pid);

        var health = await EventuallyAsync(client, "Degraded");
        Assert.Contains(
            "reads come from the database",
            health.GetProperty("dependencies").GetProperty("redis").GetProperty("description").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", Token)).StatusCode);
        await redis.DisposeAsync();

        await using var again = await Wyckoff.LocalServers.LocalRedis.StartAsync(new() { Port = port, Password = password }, Token);
        await EventuallyAsync(client, "Healthy");
    }

    [Fact]
    public async Task The_service_is_unhealthy_while_PostgreSQL_is_away()
    {
        var server = await TestServers.Current.OwnPostgresAsync("health");
        var port = server.Port;
        Assert.Equal(0, (await Migrations.RunAsync(server.ConnectionString("wyckoff"))).ExitCode);
        await using var api = new ApiServer(TestServers.AppConnection(server));
        var client = api.CreateClient();
        await EventuallyAsync(client, "Healthy");

        Signals.Kill(server.Pid);

        var away = (await EventuallyAsync(client, "Unhealthy")).GetProperty("dependencies").GetProperty("postgres");
        Assert.Equal(["status", "latencyMs", "error"], away.EnumerateObject().Select(property => property.Name));
        Assert.Equal("away", away.GetProperty("error").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive", Token)).StatusCode);
        await server.DisposeAsync();

        await using var again = await TestServers.Current.OwnPostgresAsync("health", port);
        await EventuallyAsync(client, "Healthy");
    }

    [Fact]
    public async Task The_exception_of_a_failing_check_is_logged_once_and_never_published()
    {
        Exception? failure = null;
        var refused = new Dictionary<string, object>(StringComparer.Ordinal);
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            configure: builder =>
                builder
                    .Services.AddHealthChecks()
                    .AddCheck("moody", () => failure is null ? HealthCheckResult.Healthy("in good spirits") : throw failure)
                    .AddCheck(
                        "careful",
                        () => new(failure is null ? HealthStatus.Healthy : HealthStatus.Degraded, "goes on", failure, refused)
                    )
        );
        Assert.Equal("in good spirits", (await AskAsync("moody")).GetProperty("description").GetString());

        refused["error"] = "refused";
        failure = new InvalidOperationException("FATAL: password authentication failed for user \"secret_user\" at 10.1.2.3");
        for (var probe = 0; probe < 3; probe++)
        {
            var moody = await AskAsync("moody");
            Assert.Equal(("Unhealthy", "error"), (moody.GetProperty("status").GetString(), moody.GetProperty("error").GetString()));
            Assert.False(moody.TryGetProperty("description", out _));
            Assert.Equal("goes on", (await AskAsync("careful")).GetProperty("description").GetString());
        }

        Assert.Equal(["careful: Degraded (refused)", "moody: Unhealthy (error)"], Logged("Warning", "InvalidOperationException: FATAL"));

        failure = new TimeoutException("The timeout at 10.1.2.3 has elapsed.");
        Assert.Equal("timeout", (await AskAsync("moody")).GetProperty("error").GetString());
        await AskAsync("moody");
        Assert.Equal(["moody: Unhealthy (timeout)"], Logged("Warning", "TimeoutException: The timeout at"));
        Assert.Equal(3, Logged("Warning", "").Count);

        failure = null;
        refused.Clear();
        await AskAsync("moody");
        await AskAsync("moody");
        Assert.Equal(["careful: Healthy (goes on)", "moody: Healthy (in good spirits)"], Logged("Information", ""));

        async Task<JsonElement> AskAsync(string check)
        {
            var text = await api.Client.GetBodyAsync("/health");
            Assert.DoesNotContain("secret_user", text, StringComparison.Ordinal);
            Assert.DoesNotContain("10.1.2.3", text, StringComparison.Ordinal);
            return JsonDocument.Parse(text).RootElement.GetProperty("dependencies").GetProperty(check);
        }

        List<string> Logged(string level, string exception) =>
            [
                .. from line in api.Logged
                where line.Contains(exception, StringComparison.Ordinal)
                let health = Regex.Match(line, $@"^{level} \S+\.HealthLog 900: Health of ((moody|careful): \w+( \([^)]+\))?)")
                where health.Success
                orderby health.Groups[1].Value
                select health.Groups[1].Value,
            ];
    }

    [Fact]
    public async Task A_hundred_requests_wait_for_twenty_pooled_connections_and_succeed()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('POOL') ON CONFLICT DO NOTHING");
        await using var holder = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        // Every request waits for this lock, so there are more concurrent requests than connections.
        await using (var hold = new NpgsqlCommand("LOCK TABLE market.tickers IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var requests = Enumerable.Range(0, 100).Select(_ => client.GetAsync("/v1/bars/POOL", Token)).ToList();
        const string waiting = """
            SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'wyckoff_app' AND wait_event_type = 'Lock'
            """;
        await Eventually.GetAsync(() => database.ScalarAsync<long>(waiting), count => count == 20);
        await transaction.RollbackAsync(Token);

        Assert.All(await Task.WhenAll(requests), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        var used = await database.ScalarAsync<long>(
            """
            SELECT count(*)
              FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'wyckoff_app' AND application_name = 'Wyckoff.Api'
            """
        );
        Assert.InRange(used, 20, 40);
    }

    [Fact]
    public async Task A_broken_pooled_connection_is_replaced_without_an_error()
    {
        await using var api = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Database:KeepAlive"] = "00:00:00" });
        var client = api.CreateClient();
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol) SELECT 'DEAD' || n FROM generate_series(0, 99) AS n ON CONFLICT DO NOTHING"
        );
        for (var round = 0; round < 3; round++)
        {
            // Concurrent requests fill the pool with connections that are then terminated. Every symbol is new, so none is cached.
            await AskAsync(round);
            Assert.True(
                await database.ScalarAsync<long>(
                    """
                    SELECT count(pg_terminate_backend(pid, 5000))
                      FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = 'wyckoff_app'
                    """
                ) > 0
            );
            await AskAsync(round + 1);
        }

        async Task AskAsync(int round)
        {
            var answers = await Task.WhenAll(Enumerable.Range(round * 25, 25).Select(n => client.GetAsync($"/v1/bars/DEAD{n}", Token)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        }
    }

    private static Task<JsonElement> EventuallyAsync(HttpClient client, string status) =>
        Eventually.GetAsync(
            async () => JsonDocument.Parse(await client.GetBodyAsync("/health")).RootElement,
            health => health.GetProperty("status").GetString() == status,
            condition: $"the health is {status}"
        );
}

file static class HttpClientExtensions
{
    /// <summary>Returns the body of a response with any status.</summary>
    public static async Task<string> GetBodyAsync(this HttpClient client, string url)
    {
        using var response = await client.GetAsync(url, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
