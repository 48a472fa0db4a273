using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Access;

/// <summary>Requests with and without API keys.</summary>
public sealed class KeyTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    private readonly ApiServer _api = new(database.AppConnection, settings: new() { ["Wyckoff:Access"] = AccessModes.Keys });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public void Every_endpoint_states_who_may_use_it()
    {
        var endpoints = _api.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();
        Assert.All(
            endpoints,
            endpoint =>
                Assert.True(
                    endpoint.Metadata.GetMetadata<AccessRequirement>() is not null
                        || (
                            endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
                            && endpoint.RoutePattern.RawText is "/health" or "/alive"
                        ),
                    endpoint.DisplayName
                )
        );
    }

    [Fact]
    public async Task Without_a_key_only_what_is_the_same_everywhere_is_open()
    {
        foreach (var path in new[] { "/health", "/alive", "/problems", "/docs/", "/openapi/v1.json" })
        {
            using var open = await SendAsync("GET", path, null);
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        }

        using var response = await SendAsync("GET", "/v1/tickers", null);
        await response.ReadProblemAsync(HttpStatusCode.Unauthorized, "/problems/key-needed");
        Assert.Equal("Bearer realm=\"wyckoff\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("Bearer another key of some length")]
    [InlineData("Bearer ")]
    [InlineData("Bearer wk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Basic wk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_wrong_key_is_refused_even_where_none_is_needed(string authorization)
    {
        await using var open = new ApiServer(
            database.AppConnection,
            settings: new() { ["Wyckoff:Access"] = AccessModes.Keys, ["Wyckoff:Api:OpenMarketData"] = "true" }
        );
        using var without = await open.CreateClient().GetAsync("/v1/tickers", Token);
        Assert.Equal(HttpStatusCode.OK, without.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tickers");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await open.CreateClient().SendAsync(request, Token);
        var problem = await response.ReadProblemAsync(HttpStatusCode.Unauthorized, "/problems/key-needed");
        Assert.Equal("Bearer realm=\"wyckoff\", error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
        Assert.DoesNotContain("AAAA", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccessScope.Read, false, 403)]
    [InlineData(AccessScope.Read, true, 403)]
    [InlineData(AccessScope.Write, false, 403)]
    [InlineData(AccessScope.Admin, false, 403)]
    [InlineData(AccessScope.Write, true, 400)] // no provider is configured
    [InlineData(AccessScope.Admin, true, 400)]
    public async Task Market_data_is_read_with_every_key_and_changed_with_a_write_key_of_an_administrator(
        AccessScope scope,
        bool isAdmin,
        int expected
    )
    {
        var account = await TestAccounts.CreateAsync(database, $"{scope}-{isAdmin}", isAdmin);
        var key = await TestAccounts.AddKeyAsync(database, account, scope);
        using var read = await SendAsync("GET", "/v1/tickers", key);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var fetch = await SendAsync("GET", "/v1/bars/SPY?timeframe=1d&from=2024-06-03&to=2024-06-08&fetch=missing", key);
        Assert.Equal(expected, (int)fetch.StatusCode);
    }

    [Fact]
    public async Task A_key_in_the_address_is_refused()
    {
        var key = await TestAccounts.AddKeyAsync(database, await TestAccounts.CreateAsync(database, "address"), AccessScope.Read);
        using var response = await SendAsync("GET", $"/v1/tickers?api_key={key}", null);
        var problem = await response.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/key-in-url");
        Assert.DoesNotContain(key, problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KEY", true)]
    [InlineData("Bearer KEY", true)]
    [InlineData("x=KEY;", true)]
    [InlineData("xKEY", false)] // a longer token that has the form of a key in it
    [InlineData("KEY0", false)]
    [InlineData("wk_short", false)]
    [InlineData("", false)]
    public void A_key_is_recognised_as_a_word(string text, bool expected) =>
        Assert.Equal(expected, ApiKey.IsIn(text.Replace("KEY", "wk_" + new string('A', 43), StringComparison.Ordinal)));

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? key)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        return await _api.CreateClient().SendAsync(request, Token);
    }
}
