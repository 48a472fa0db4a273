using System.Net;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class KeyManagementTests(TestDatabase database)
    : AccountApiBase(database, new(StringComparer.Ordinal) { ["Wyckoff:Accounts:MaxKeys"] = "4", ["Wyckoff:Accounts:ShowEndedKeys"] = "2" })
{
    [Fact]
    public async Task A_key_is_made_shown_once_renamed_and_revoked()
    {
        var (_, key) = await AddAccountAsync("life");
        using var response = await SendAsync(key, "POST", "/keys", """{"name":"notebook","scope":"write","expiresInDays":90}""");
        Assert.Equal((HttpStatusCode.Created, "no-store"), (response.StatusCode, response.Headers.CacheControl?.ToString()));
        var made = JsonElement.Parse(await response.Content.ReadAsStringAsync(Token));
        var (id, secret) = (made.GetProperty("id").GetInt64(), made.GetProperty("key").GetString()!);
        Assert.True(ApiKey.IsForm(secret));
        Assert.Equal(90, (made.GetProperty("expiresAt").GetDateTimeOffset() - made.GetProperty("createdAt").GetDateTimeOffset()).TotalDays);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(secret, "GET", ""));

        using var list = await SendAsync(key, "GET", "/keys");
        var text = await list.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(secret[..ApiKey.PrefixLength], text, StringComparison.Ordinal);

        Assert.Equal("desk", (await GetAsync(key, "PATCH", $"/keys/{id}", """{"name":"desk"}""")).GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(key, "DELETE", $"/keys/{id}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(secret, "GET", ""));
        var revokedAt = (await FindAsync(key, id)).GetProperty("revokedAt").GetString();
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(key, "DELETE", $"/keys/{id}"));
        Assert.Equal(
            (revokedAt, "revoked"),
            (await FindAsync(key, id)) is var found ? (Text(found, "revokedAt"), Text(found, "state")) : default
        );
        Assert.DoesNotContain(
            "desk",
            await Database.ScalarAsync<string>(
                "SELECT string_agg(metadata::text, ' ') FROM audit.audit_trail WHERE entity_type = 'api_key'"
            ),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(AccessScope.Write, false, "admin", 403)]
    [InlineData(AccessScope.Write, true, "admin", 403)]
    [InlineData(AccessScope.Admin, false, "admin", 403)] // worth no more than write, because the account is not an administrator's
    [InlineData(AccessScope.Admin, true, "admin", 201)]
    [InlineData(AccessScope.Write, false, "write", 201)]
    public async Task A_key_has_at_most_the_scope_of_the_one_that_made_it(AccessScope own, bool isAdmin, string scope, int expected)
    {
        var (_, key) = await AddAccountAsync($"scope-{own}-{isAdmin}-{scope}", own, isAdmin);
        using var response = await SendAsync(key, "POST", "/keys", $$"""{"name":"x","scope":"{{scope}}"}""");
        Assert.Equal(expected, (int)response.StatusCode);
        if (expected == 403)
        {
            await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        }
    }

    [Fact]
    public async Task A_key_cannot_be_widened_by_rotating_a_wider_one()
    {
        var (id, write) = await AddAccountAsync("wide", isAdmin: true);
        await TestAccounts.AddKeyAsync(Database, id, AccessScope.Admin);
        var admin = Keys(await GetAsync(write, "GET", "/keys")).Single(key => Text(key, "scope") == "admin").GetProperty("id").GetInt64();
        using var response = await SendAsync(write, "POST", $"/keys/{admin}/rotate");
        await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        Assert.Equal("live", Text(await FindAsync(write, admin), "state"));
    }

    [Fact]
    public async Task A_key_revokes_itself_and_narrower_ones_but_no_wider_one()
    {
        var (account, admin) = await AddAccountAsync("narrow", AccessScope.Admin, isAdmin: true);
        var write = await TestAccounts.AddKeyAsync(Database, account, AccessScope.Write);
        var keys = (await GetAsync(admin, "GET", "/keys")).GetProperty("keys").EnumerateArray();
        var ids = keys.ToDictionary(key => Text(key, "scope")!, key => key.GetProperty("id").GetInt64(), StringComparer.Ordinal);
        using var refused = await SendAsync(write, "DELETE", $"/keys/{ids["admin"]}");
        await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(write, "DELETE", $"/keys/{ids["write"]}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(admin, "GET", ""));
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":"  "}""", "name")]
    [InlineData("""{"name":"x","scope":"root"}""", "scope")]
    [InlineData("""{"name":"x","scope":1,"expiresInDays":0}""", "expiresInDays", "scope")]
    [InlineData("""{"name":"x","expiresInDays":3651}""", "expiresInDays")]
    [InlineData("""{"name":"x","expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"name":"x","expiresAt":"soon"}""", "expiresAt")]
    [InlineData("""{"name":"x","expiresAt":"2999-12-01T00:00:00Z","expiresInDays":5}""", "expiresAt", "expiresInDays")]
    [InlineData("""{"name":"x","key":"wk_chosen"}""", "key")]
    public async Task Bad_fields_are_named(string json, params string[] expected)
    {
        var (_, key) = await AddAccountAsync("fields");
        using var response = await SendAsync(key, "POST", "/keys", json);
        Assert.Equal(expected, await response.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task Rotation_replaces_a_key_at_once_or_after_an_overlap()
    {
        var (_, key) = await AddAccountAsync("rotate");
        var old = await GetAsync(key, "POST", "/keys", """{"name":"bot","scope":"write","expiresInDays":30}""");
        var next = await GetAsync(key, "POST", $"/keys/{old.GetProperty("id")}/rotate");
        Assert.NotEqual(Text(old, "key"), Text(next, "key"));
        Assert.Equal(("bot", "write", 30), (Text(next, "name"), Text(next, "scope"), Days(next)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Text(old, "key")!, "GET", ""));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Text(next, "key")!, "GET", ""));

        var last = await GetAsync(key, "POST", $"/keys/{next.GetProperty("id")}/rotate?overlapHours=24");
        Assert.Equal(30, Days(last));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Text(next, "key")!, "GET", ""));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Text(last, "key")!, "GET", ""));
        var ending = (await FindAsync(key, next.GetProperty("id").GetInt64())).GetProperty("expiresAt").GetDateTimeOffset();
        Assert.Equal(24, (ending - last.GetProperty("createdAt").GetDateTimeOffset()).TotalHours, 0.001); // stored to the microsecond

        using var again = await SendAsync(key, "POST", $"/keys/{old.GetProperty("id")}/rotate");
        await again.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/key-ended");
        using var wrong = await SendAsync(key, "POST", $"/keys/{last.GetProperty("id")}/rotate?overlapHours=73&x=1");
        Assert.Equal(["overlapHours", "x"], await wrong.ReadInvalidNamesAsync());

        static double Days(JsonElement key) =>
            (key.GetProperty("expiresAt").GetDateTimeOffset() - key.GetProperty("createdAt").GetDateTimeOffset()).TotalDays;
    }

    [Fact]
    public async Task An_expired_key_cannot_be_rotated()
    {
        var (id, key) = await AddAccountAsync("expired");
        var made = await GetAsync(key, "POST", "/keys", """{"name":"x","expiresInDays":1}""");
        await Database.ExecuteAsync(
            "UPDATE account.api_keys SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day' WHERE id = $1",
            made.GetProperty("id").GetInt64()
        );
        Assert.Equal("expired", Text(await FindAsync(key, made.GetProperty("id").GetInt64()), "state"));
        using var response = await SendAsync(key, "POST", $"/keys/{made.GetProperty("id")}/rotate");
        var problem = await response.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/key-ended");
        Assert.Contains("has expired", Text(problem, "detail"), StringComparison.Ordinal);
        Assert.True(id > 0);
    }

    [Fact]
    public async Task A_key_revokes_and_rotates_itself_and_gets_the_answer()
    {
        var (_, key) = await AddAccountAsync("itself");
        var first = await GetAsync(key, "POST", "/keys", """{"name":"self","scope":"write"}""");
        var second = await GetAsync(Text(first, "key")!, "POST", $"/keys/{first.GetProperty("id")}/rotate");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Text(first, "key")!, "GET", ""));
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(Text(second, "key")!, "DELETE", $"/keys/{second.GetProperty("id")}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(Text(second, "key")!, "GET", ""));
    }

    [Fact]
    public async Task Keys_of_another_account_do_not_exist()
    {
        var (_, mine) = await AddAccountAsync("mine");
        var (_, theirs) = await AddAccountAsync("theirs");
        var id = Keys(await GetAsync(theirs, "GET", "/keys")).Single().GetProperty("id").GetInt64();
        foreach (var (method, path, json) in new[] { ("PATCH", "", """{"name":"x"}"""), ("DELETE", "", null), ("POST", "/rotate", null) })
        {
            using var response = await SendAsync(mine, method, $"/keys/{id}{path}", json);
            var problem = await response.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-key");
            using var nobody = await SendAsync(mine, method, $"/keys/999999{path}", json);
            var unknown = await nobody.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-key");
            Assert.Equal(
                Text(unknown, "detail")!
                    .Replace("999999", id.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal),
                Text(problem, "detail")
            );
        }

        Assert.Equal("live", Text(await FindAsync(theirs, id), "state"));
        using var malformed = await SendAsync(mine, "DELETE", "/keys/one");
        Assert.Equal(["id"], await malformed.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task An_account_has_a_limited_number_of_valid_keys_and_keeps_few_old_ones()
    {
        var (_, key) = await AddAccountAsync("limit");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StatusAsync(key, "POST", "/keys", """{"name":"x"}""")));
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.Created)); // and the one of the test
        using var more = await SendAsync(key, "POST", "/keys", """{"name":"x"}""");
        await more.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/limit-reached");
        var id = Keys(await GetAsync(key, "GET", "/keys"))[0].GetProperty("id").GetInt64();
        using var overlap = await SendAsync(key, "POST", $"/keys/{id}/rotate?overlapHours=1");
        await overlap.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/limit-reached");
        for (var n = 0; n < 4; n++)
        {
            id = (await GetAsync(key, "POST", $"/keys/{id}/rotate")).GetProperty("id").GetInt64();
        }

        Assert.Equal(6, Keys(await GetAsync(key, "GET", "/keys")).Count);
    }

    private async Task<JsonElement> FindAsync(string key, long id) =>
        Keys(await GetAsync(key, "GET", "/keys")).Single(one => one.GetProperty("id").GetInt64() == id);

    private static List<JsonElement> Keys(JsonElement list) => [.. list.GetProperty("keys").EnumerateArray()];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
