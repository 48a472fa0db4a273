using System.Net;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class AccountTests(TestDatabase database) : AccountApiBase(database)
{
    [Fact]
    public async Task An_account_is_shown_and_changed_and_what_is_absent_stays()
    {
        var (id, key) = await AddAccountAsync("ann");
        var account = await GetAsync(key, "GET", "");
        Assert.Equal((id, "ann@example.org", "google"), (account.GetProperty("id").GetInt64(), Text("email"), Text("authProvider")));

        await GetAsync(
            key,
            "PATCH",
            "",
            """
            {"name":"Ann Ö","profilePictureUrl":"https://example.org/a.png","phone":"+43 1","address":"Elm 1","dateOfBirth":"1990-12-31",
             "gender":"x"}
            """
        );
        account = await GetAsync(key, "PATCH", "", """{"phone":null,"address":"Elm 2"}""");
        Assert.Equal(("Ann Ö", "Elm 2", "1990-12-31", "x"), (Text("name"), Text("address"), Text("dateOfBirth"), Text("gender")));
        Assert.Equal((null, "https://example.org/a.png"), (Text("phone"), Text("profilePictureUrl")));
        Assert.Equal(account.ToString(), (await GetAsync(key, "GET", "")).ToString());

        string? Text(string name) => account.GetProperty(name).GetString();
    }

    [Fact]
    public async Task All_errors_of_a_change_are_named_at_once()
    {
        var (_, key) = await AddAccountAsync("errors");
        using var response = await SendAsync(
            key,
            "PATCH",
            "?x=1",
            """
            {"name":" ","profilePictureUrl":"javascript:alert(1)","phone":"a\u0000","address":5,"dateOfBirth":"2990-01-01",
             "gender":"123456789012345678901","email":"other@example.org","isAdmin":true}
            """
        );
        var errors = await response.ReadErrorsAsync();
        Assert.Equal(
            ["address", "dateOfBirth", "email", "gender", "isAdmin", "name", "phone", "profilePictureUrl", "x"],
            errors.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Contains("'javascript:alert(1)' is not a URL", errors["profilePictureUrl"], StringComparison.Ordinal);
        Assert.Contains("'2990-01-01' is not between 1900-01-01 and today", errors["dateOfBirth"], StringComparison.Ordinal);
        using var date = await SendAsync(key, "PATCH", "", """{"dateOfBirth":"31.12.1990","name":null}""");
        Assert.Equal(["dateOfBirth", "name"], await date.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task A_stale_tag_is_refused_with_the_current_one()
    {
        var (_, key) = await AddAccountAsync("tag");
        using var first = await SendAsync(key, "GET", "");
        var tag = first.Headers.ETag!.ToString();
        using var unchanged = await SendAsync(key, "GET", "", null, ("If-None-Match", tag));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var changed = await SendAsync(key, "PATCH", "", """{"name":"one"}""", ("If-Match", tag));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using var stale = await SendAsync(key, "PATCH", "", """{"name":"two"}""", ("If-Match", tag));
        await stale.ReadProblemAsync(HttpStatusCode.PreconditionFailed, "/problems/changed-meanwhile");
        Assert.Equal(changed.Headers.ETag, stale.Headers.ETag);
        Assert.NotEqual(tag, stale.Headers.ETag!.ToString());
        using var malformed = await SendAsync(key, "PATCH", "", """{"name":"two"}""", ("If-Match", "no tag"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, malformed.StatusCode);
        Assert.Equal("one", (await GetAsync(key, "GET", "")).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_read_key_changes_nothing()
    {
        var (_, key) = await AddAccountAsync("reader", Wyckoff.Accounts.AccessScope.Read);
        foreach (
            var (method, path) in new[]
            {
                ("PATCH", ""),
                ("PUT", "/profile"),
                ("PUT", "/risk-profile"),
                ("PUT", "/site-preferences"),
                ("PUT", "/rules/risk/RS001"),
                ("DELETE", "/rules/risk/RS001"),
                ("POST", "/keys"),
                ("PATCH", "/keys/1"),
                ("DELETE", "/keys/1"),
                ("POST", "/keys/1/rotate"),
                ("DELETE", ""),
            }
        )
        {
            using var response = await SendAsync(key, method, path, method is "DELETE" ? null : "{}");
            await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        }
    }
}
