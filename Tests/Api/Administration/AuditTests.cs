using System.Globalization;
using System.Net;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Administration;

/// <summary>The audit trail, as administrators read it.</summary>
public sealed class AuditTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    private readonly AdminApi _api = new(database);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("POST", "/v1/admin/accounts", """{"email":"made@example.org","name":"Made"}""", "account.created,user_profile.created")]
    [InlineData("PATCH", "/v1/admin/accounts/{account}", """{"isActive":false}""", "account.updated,session.updated")]
    [InlineData("PATCH", "/v1/admin/accounts/{account}", """{"isAdmin":true}""", "account.updated")]
    [InlineData(
        "PATCH",
        "/v1/admin/waitlist/{entry}",
        """{"status":"approved"}""",
        "account.created,user_profile.created,waitlist.updated"
    )]
    public async Task A_change_is_found_by_the_id_of_its_request(string method, string path, string body, string events)
    {
        var (administrator, key) = await _api.AdministratorAsync("actor");
        var account = await TestAccounts.CreateAsync(database, $"target-{events}-{body.Length}".ToLowerInvariant().Replace(',', '-'));
        var hash = Convert.ToHexString(Guid.NewGuid().ToByteArray());
        await database.ExecuteAsync(
            "INSERT INTO account.sessions (account_id, token_hash, expires_at) VALUES ($1, decode($2 || $2, 'hex'), now() + '1 day')",
            account,
            hash
        );
        var entry = await database.ScalarAsync<long>(
            "INSERT INTO account.waitlist (name, email) VALUES ('w', $1) RETURNING id",
            $"{hash.ToLowerInvariant()}@example.org"
        );
        var request = Guid.CreateVersion7();
        path = path.Replace("{account}", account.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{entry}", entry.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        using var changed = await _api.SendAsync(
            method,
            path,
            key,
            JsonDocument.Parse(body).RootElement,
            ("X-Request-Id", request.ToString())
        );
        Assert.True(changed.IsSuccessStatusCode);

        var found = await FindAsync($"correlationId={request}", key);
        Assert.Equal(events, string.Join(',', found.Select(e => e.GetProperty("eventType").GetString()).Order(StringComparer.Ordinal)));
        var keyId = await database.ScalarAsync<long>("SELECT max(id) FROM account.api_keys WHERE account_id = $1", administrator);
        Assert.All(found, e => Assert.Equal($"account:{administrator} key:{keyId}", e.GetProperty("actor").GetString()));
        Assert.All(found, e => Assert.Equal(request, e.GetProperty("correlationId").GetGuid()));
    }

    [Fact]
    public async Task A_request_for_access_is_found_by_its_id_and_shows_no_personal_data()
    {
        var (_, key) = await _api.AdministratorAsync("reader");
        var request = Guid.CreateVersion7();
        using var asked = await _api.SendAsync(
            "POST",
            "/v1/waitlist",
            body: new { name = "Canary", email = "canary@example.org" },
            headers: ("X-Request-Id", request.ToString("N"))
        );
        var entry = Assert.Single(await FindAsync($"correlationId={request}", key));
        Assert.Equal("waitlist.created", entry.GetProperty("eventType").GetString());
        Assert.DoesNotContain("canary", entry.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Each_filter_selects()
    {
        var (administrator, key) = await _api.AdministratorAsync("filterer");
        var account = await TestAccounts.CreateAsync(database, "filtered");
        await _api.GetAsync("PATCH", $"/v1/admin/accounts/{account}", key, new { isAdmin = true });
        var updated = Assert.Single(await FindAsync($"actor=account:{administrator}&entityId={account}", key));
        Assert.Equal("UPDATE is_admin", updated.GetProperty("action").GetString());
        Assert.True(updated.GetProperty("changes").GetProperty("new").GetProperty("is_admin").GetBoolean());

        Assert.Equal(3, (await FindAsync($"accountId={account}", key)).Count); // the account, its profile, the change
        Assert.Single(await FindAsync($"accountId={account}&entityType=user_profile", key));
        Assert.Single(await FindAsync($"accountId={account}&eventType=account.created", key));
        Assert.Empty(await FindAsync($"actor=account:{administrator}0&accountId={account}", key));
        Assert.Empty(await FindAsync($"actor=account&accountId={account}", key));

        var at = updated.GetProperty("timestamp").GetString()!;
        Assert.Single(await FindAsync($"accountId={account}&from={at}", key));
        Assert.Equal(2, (await FindAsync($"accountId={account}&to={at}", key)).Count);
        Assert.Equal(3, (await FindAsync($"accountId={account}&from=0001-01-01&to=9999-12-31", key)).Count);
        Assert.Empty(await FindAsync($"accountId={account}&to=2020-01-01", key));
        Assert.Empty(await FindAsync($"accountId={account}&from=9999-12-30", key));

        using var invalid = await _api.SendAsync(
            "GET",
            "/v1/audit?correlationId=mine-42&accountId=x&from=2026-01-02&to=2026-01-01&limit=1001",
            key
        );
        Assert.Equal(["accountId", "correlationId", "from", "limit"], await invalid.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task Pages_are_complete_and_newest_first()
    {
        var (_, key) = await _api.AdministratorAsync("pager");
        var account = await TestAccounts.CreateAsync(database, "busy");
        await database.ExecuteAsync(
            "INSERT INTO account.user_rules (account_id, rule_code, evaluator) SELECT $1, 'R' || n, 'risk' FROM generate_series(1, 500) n",
            account
        );
        var pages = await _api.PagesAsync($"/v1/audit?accountId={account}&entityType=user_rule&limit=120", key, "entries");
        Assert.Equal([120, 120, 120, 120, 20], pages.Select(page => page.Count));
        var entries = pages.SelectMany(page => page).ToList();
        Assert.Equal(500, entries.Select(entry => entry.GetProperty("entityId").GetString()).Distinct(StringComparer.Ordinal).Count());
        var milliseconds = entries.Select(entry => entry.GetProperty("id").GetString()![..13]).ToList();
        Assert.Equal(milliseconds.OrderDescending(StringComparer.Ordinal), milliseconds);
    }

    [Fact]
    public async Task Administrators_see_the_changes_of_all_accounts_and_others_none()
    {
        var (_, key) = await _api.AdministratorAsync("seer");
        var account = await TestAccounts.CreateAsync(database, "seen");
        Assert.NotEmpty(await FindAsync($"accountId={account}", key));
        using var own = await _api.SendAsync("GET", "/v1/audit", await TestAccounts.AddKeyAsync(database, account, AccessScope.Admin));
        await own.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
    }

    private async Task<List<JsonElement>> FindAsync(string query, string key) =>
        [.. (await _api.GetAsync("GET", "/v1/audit?" + query, key)).GetProperty("entries").EnumerateArray()];
}
