using System.Net;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Tests.Api.Access;

/// <summary>In local mode nobody signs in, so the service listens on loopback only.</summary>
public sealed class LocalModeTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0;http://*:0")]
    [InlineData("ASPNETCORE_URLS", "http://[::]:0")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "0")]
    [InlineData("Kestrel__Endpoints__all__Url", "http://+:0")]
    public async Task The_service_ends_with_one_line_when_it_is_to_listen_on_other_addresses(string name, string value)
    {
        var (exitCode, _, error) = await Run.DotnetAsync(
            "Api",
            [],
            new()
            {
                ["ConnectionStrings__wyckoff"] = database.AppConnection,
                ["Wyckoff__Access"] = AccessModes.Local,
                ["ASPNETCORE_URLS"] = "",
                ["Logging__LogLevel__Default"] = "Critical",
                [name] = value,
            }
        );
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Wyckoff:Access=local needs no key, so the service does not listen on", line, StringComparison.Ordinal);
        Assert.Contains("or set Wyckoff:Access=keys", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Wyckoff:Api:Hosts:0", "wyckoff.example")]
    [InlineData("Wyckoff:Api:Proxies:0", "127.0.0.1")]
    public async Task Names_and_proxies_of_a_public_service_are_refused(string name, string value)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() =>
            ListeningApi.StartAsync(database.AppConnection, new() { [name] = value })
        );
        Assert.Contains("need Wyckoff:Access=keys", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:0")]
    [InlineData("http://[::1]:0")]
    [InlineData("http://127.0.0.2:0")]
    public async Task Loopback_addresses_are_served_without_a_key(string url)
    {
        // localhost has two addresses, so it has no free port of its own choice.
        url = url.Replace("localhost:0", $"localhost:{Wyckoff.LocalServers.PortOwner.PickFree()}", StringComparison.Ordinal);
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["urls"] = url });
        using var response = await api.Client.GetAsync("/v1/tickers", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_setting_of_the_framework_does_not_hide_that_a_request_was_forwarded()
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new() { ["ForwardedHeaders_Enabled"] = "true" } // ASPNETCORE_FORWARDEDHEADERS_ENABLED in the environment
        );
        foreach (var header in new[] { "X-Forwarded-For", "X-Forwarded-Proto" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tickers");
            request.Headers.Add(header, header == "X-Forwarded-For" ? "203.0.113.7" : "https");
            using var response = await api.Client.SendAsync(request, Token);
            await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/forwarded-request");
        }
    }

    [Fact]
    public async Task A_database_without_a_local_account_is_refused()
    {
        var connection = await database.Server.CloneAsync();
        await using (var source = Npgsql.NpgsqlDataSource.Create(connection))
        {
            await using var deactivate = source.CreateCommand(
                "UPDATE account.user_accounts SET is_active = false WHERE external_user_id = 'local'"
            );
            Assert.Equal(1, await deactivate.ExecuteNonQueryAsync(Token));
        }

        var app = new Npgsql.NpgsqlConnectionStringBuilder(connection) { Username = "wyckoff_app", Password = TestServers.AppPassword };
        var refused = await Assert.ThrowsAsync<RefusalException>(() => ListeningApi.StartAsync(app.ConnectionString));
        Assert.Contains("no active local account", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run MigrationService", refused.Message, StringComparison.Ordinal);
        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_key_is_not_looked_at()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        api.Client.DefaultRequestHeaders.Authorization = new("Bearer", "wk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        using var response = await api.Client.GetAsync("/v1/tickers", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
