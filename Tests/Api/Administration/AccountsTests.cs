using System.Net;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Administration;

/// <summary>Administrators list, make and change accounts.</summary>
public sealed class AccountsTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    private readonly AdminApi _api = new(database);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1/admin/accounts")]
    [InlineData("GET", "/v1/admin/accounts/1")]
    [InlineData("PATCH", "/v1/admin/accounts/1")]
    [InlineData("POST", "/v1/admin/accounts")]
    [InlineData("GET", "/v1/admin/waitlist")]
    [InlineData("PATCH", "/v1/admin/waitlist/1")]
    [InlineData("GET", "/v1/audit")]
    public async Task Others_than_administrators_are_refused(string method, string path)
    {
        var administrator = await TestAccounts.CreateAsync(database, "scopes", isAdmin: true);
        var other = await TestAccounts.CreateAsync(database, "no-admin");
        var keys = new[]
        {
            await TestAccounts.AddKeyAsync(database, administrator, AccessScope.Write),
            await TestAccounts.AddKeyAsync(database, other, AccessScope.Admin),
        };
        foreach (var key in keys)
        {
            using var response = await _api.SendAsync(method, path, key, method == "GET" ? null : new { });
            await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        }

        using var without = await _api.SendAsync(method, path, null, method == "GET" ? null : new { });
        await without.ReadProblemAsync(HttpStatusCode.Unauthorized, "/problems/key-needed");
    }

    [Fact]
    public async Task Who_has_just_stopped_being_an_administrator_is_refused()
    {
        var (id, key) = await _api.AdministratorAsync("former");
        await _api.GetAsync("GET", "/v1/admin/accounts", key);
        // The answer about the key may still be cached; then the database refuses.
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_admin = false WHERE id = $1", id);
        using var response = await _api.SendAsync("POST", "/v1/admin/accounts", key, new { email = "late@example.org", name = "Late" });
        await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
    }

    [Fact]
    public async Task An_invited_account_is_made_once()
    {
        var (_, key) = await _api.AdministratorAsync("inviter");
        using var made = await _api.SendAsync("POST", "/v1/admin/accounts", key, new { email = "Bob@Example.org", name = "Bob" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var account = await _api.GetAsync("GET", made.Headers.Location!.ToString(), key);
        Assert.Equal("bob@example.org", account.GetProperty("email").GetString());
        Assert.True(account.GetProperty("isInvited").GetBoolean());

        using var again = await _api.SendAsync("POST", "/v1/admin/accounts", key, new { email = "bob@EXAMPLE.org", name = "Robert" });
        await again.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-exists");
        Assert.Equal(made.Headers.Location, again.Headers.Location);

        using var invalid = await _api.SendAsync(
            "POST",
            "/v1/admin/accounts",
            key,
            new
            {
                email = "@",
                isAdmin = "yes",
                role = 1,
            }
        );
        Assert.Equal(["email", "isAdmin", "name", "role"], await invalid.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task The_first_sign_in_leads_to_the_invited_account()
    {
        var (_, key) = await _api.AdministratorAsync("host");
        var account = await _api.GetAsync("POST", "/v1/admin/accounts", key, new { email = "guest@example.org", name = "Guest" });
        Assert.Equal(account.GetProperty("id").GetInt64(), await TestAccounts.CreateAsync(database, "guest"));
    }

    [Fact]
    public async Task The_list_has_pages_and_filters()
    {
        var (_, key) = await _api.AdministratorAsync("lister");
        await database.ExecuteAsync(
            """
            INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider, is_active)
            SELECT 'invited:page' || n, 'Page ' || n, 'page' || n || '@example.net', 'local', n % 5 <> 0 FROM generate_series(1, 230) n
            """
        );
        var pages = await _api.PagesAsync("/v1/admin/accounts?search=PAGE&limit=50", key, "accounts");
        Assert.Equal([50, 50, 50, 50, 30], pages.Select(page => page.Count));
        var ids = pages.SelectMany(page => page).Select(account => account.GetProperty("id").GetInt64()).ToList();
        Assert.Equal(ids.Order().Distinct(), ids);

        var inactive = await _api.GetAsync("GET", "/v1/admin/accounts?search=page&active=false", key);
        Assert.Equal(46, inactive.GetProperty("count").GetInt32());
        using var invalid = await _api.SendAsync("GET", "/v1/admin/accounts?limit=0&active=x&cursor=x&order=name", key);
        Assert.Equal(["active", "limit", "order"], await invalid.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task Personal_data_of_an_account_is_not_shown()
    {
        var (_, key) = await _api.AdministratorAsync("curious");
        var account = await TestAccounts.CreateAsync(database, "private");
        await database.ExecuteAsync("UPDATE account.user_accounts SET phone = 'canary', address = 'canary' WHERE id = $1", account);
        Assert.DoesNotContain("canary", (await _api.GetAsync("GET", "/v1/admin/accounts", key)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_with_a_stale_ETag_is_refused()
    {
        var (_, key) = await _api.AdministratorAsync("etag");
        var account = await TestAccounts.CreateAsync(database, "etag-target");
        var path = $"/v1/admin/accounts/{account}";
        using var read = await _api.SendAsync("GET", path, key);
        var tag = read.Headers.ETag!.ToString();
        using var changed = await _api.SendAsync("PATCH", path, key, new { isAdmin = true }, ("If-Match", tag));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag!.ToString());
        foreach (var stale in new[] { tag, "W/" + changed.Headers.ETag, "nonsense", "\"\"" })
        {
            using var refused = await _api.SendAsync("PATCH", path, key, new { isAdmin = false }, ("If-Match", stale));
            await refused.ReadProblemAsync(HttpStatusCode.PreconditionFailed, "/problems/changed-meanwhile");
        }

        foreach (var current in new[] { "\"other\", " + changed.Headers.ETag, "*" })
        {
            using var same = await _api.SendAsync("PATCH", path, key, new { isAdmin = true }, ("If-Match", current));
            Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        }
    }

    [Fact]
    public async Task Deactivation_ends_keys_and_sessions_at_once_and_sessions_for_good()
    {
        var (_, key) = await _api.AdministratorAsync("closer");
        var account = await TestAccounts.CreateAsync(database, "closed");
        var read = await TestAccounts.AddKeyAsync(database, account, AccessScope.Read);
        await database.ExecuteAsync(
            "INSERT INTO account.sessions (account_id, token_hash, expires_at) "
                + "VALUES ($1, decode(repeat('ab', 32), 'hex'), now() + '1 day')",
            account
        );
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());
        await _api.GetAsync("PATCH", $"/v1/admin/accounts/{account}", key, new { isActive = false });
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync());

        await _api.GetAsync("PATCH", $"/v1/admin/accounts/{account}", key, new { isActive = true });
        Assert.Equal(HttpStatusCode.OK, await Eventually.GetAsync(StatusAsync, status => status != HttpStatusCode.Unauthorized));
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM account.sessions WHERE account_id = $1 AND revoked_at IS NOT NULL",
                account
            )
        );

        async Task<HttpStatusCode> StatusAsync()
        {
            using var response = await _api.SendAsync("GET", "/v1/tickers", read);
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData("/v1/admin/accounts/999999", """{"isActive":false}""", 404)]
    [InlineData("/v1/admin/accounts/9223372036854775808", """{"isActive":false}""", 400)]
    [InlineData("/v1/admin/accounts/1", "{}", 400)]
    [InlineData("/v1/admin/accounts/1", """{"isActive":null,"isAdmin":1,"email":"x"}""", 400)]
    public async Task Invalid_changes_are_refused(string path, string body, int status)
    {
        var (_, key) = await _api.AdministratorAsync("changer");
        using var response = await _api.SendAsync("PATCH", path, key, JsonDocument.Parse(body).RootElement);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task In_local_mode_the_local_account_stays()
    {
        await using var local = new ApiServer(database.AppConnection);
        var id = await database.ScalarAsync<long>("SELECT id FROM account.user_accounts WHERE external_user_id = 'local'");
        foreach (var body in new[] { """{"isActive":false}""", """{"isAdmin":false}""" })
        {
            using var response = await local
                .CreateClient()
                .PatchAsync(
                    $"/v1/admin/accounts/{id}",
                    new StringContent(body, null, "application/json"),
                    TestContext.Current.CancellationToken
                );
            await response.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/last-administrator");
        }
    }
}
