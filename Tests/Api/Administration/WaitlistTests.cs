using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Administration;

/// <summary>Requests for access, and decisions on them.</summary>
public sealed class WaitlistTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    private readonly AdminApi _api = new(database);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task The_answer_is_the_same_for_a_new_address_one_that_waits_and_one_with_an_account()
    {
        await TestAccounts.CreateAsync(database, "has-account");
        var answers = new List<string>();
        foreach (var address in new[] { "new@example.org", "new@example.org", "NEW@Example.ORG", "Has-Account@example.org" })
        {
            using var response = await AskAsync(address);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            answers.Add(
                string.Join('\n', response.Headers.Where(header => header.Key is not ("X-Request-Id" or "Date")).Select(h => h.Key))
                    + await response.Content.ReadAsStringAsync(Token)
            );
        }

        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.Equal(1L, await database.ScalarAsync<long>("SELECT count(*) FROM account.waitlist WHERE email = 'new@example.org'"));
    }

    [Theory]
    [InlineData("{}", "email,name")]
    [InlineData("""{"name":" ","email":"wanda"}""", "email,name")]
    [InlineData("""{"name":"Wanda","email":"wanda@example.org","admin":true}""", "admin")]
    [InlineData("""{"name":"Wanda","email":"wanda@kelvin\u212A.org"}""", "email")]
    [InlineData("""{"name":7,"email":null,"referralSource":""}""", "email,name,referralSource")]
    public async Task Invalid_fields_are_named(string body, string names)
    {
        using var response = await _api.SendAsync("POST", "/v1/waitlist", body: JsonDocument.Parse(body).RootElement);
        Assert.Equal(names, string.Join(',', await response.ReadInvalidNamesAsync()));
    }

    [Theory]
    [InlineData("slow-new@example.org")]
    [InlineData("slow-new@example.org")] // again
    public async Task The_answer_waits_for_the_clock_however_soon_the_database_answers(string address)
    {
        var clock = new HeldTimer();
        await using var server = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Access"] = "keys" });
        await using var slow = server.WithWebHostBuilder(host =>
            host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock))
        );
        var asked = slow.CreateClient().PostAsJsonAsync("/v1/waitlist", new { name = "Wanda", email = address }, Token);
        await clock.Held.WaitAsync(Token);
        await Eventually.GetAsync(
            () => database.ScalarAsync<long>("SELECT count(*) FROM account.waitlist WHERE email = $1", address),
            written => written == 1
        );
        Assert.False(asked.IsCompleted);
        clock.Release();
        using var response = await asked;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task In_local_mode_nobody_waits()
    {
        await using var local = new ApiServer(database.AppConnection);
        using var response = await local.CreateClient().PostAsync("/v1/waitlist", new StringContent("{}", null, "application/json"), Token);
        await response.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/waitlist-closed");
    }

    [Fact]
    public async Task A_client_may_ask_only_a_few_times_where_the_rate_limit_is_in_force()
    {
        await using var limited = new AdminApi(
            database,
            new()
            {
                ["Wyckoff:Api:RateLimit:Enabled"] = "true",
                ["Wyckoff:Waitlist:PerHour"] = "1",
                ["Wyckoff:Waitlist:Burst"] = "2",
            }
        );
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            // Invalid requests count too.
            using var response = await limited.SendAsync("POST", "/v1/waitlist", body: new { });
            statuses.Add(response.StatusCode);
            if (i == 2)
            {
                await response.ReadProblemAsync(HttpStatusCode.TooManyRequests, "/problems/too-many-requests");
                Assert.Equal(TimeSpan.FromHours(1), response.Headers.RetryAfter?.Delta);
            }
        }

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests], statuses);
        using var other = await limited.SendAsync("GET", "/problems");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Approval_makes_an_account_once()
    {
        var (_, key) = await _api.AdministratorAsync("approver");
        var id = await WaitAsync("approved@example.org");
        var first = await DecideAsync(id, "approved", key, "met in Lisbon");
        Assert.Equal(("approved", "met in Lisbon"), (first.GetProperty("status").GetString(), first.GetProperty("notes").GetString()));
        var account = first.GetProperty("accountId").GetInt64();
        var made = await _api.GetAsync("GET", $"/v1/admin/accounts/{account}", key);
        Assert.Equal("approved@example.org", made.GetProperty("email").GetString());
        Assert.True(made.GetProperty("isInvited").GetBoolean() && made.GetProperty("isActive").GetBoolean());
        Assert.False(made.GetProperty("isAdmin").GetBoolean());

        var second = await DecideAsync(id, "approved", key);
        Assert.Equal(first.ToString(), second.ToString());
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>("SELECT count(*) FROM account.user_profiles WHERE user_account_id = $1", account)
        );

        using var rejection = await SendDecisionAsync(id, "rejected", key);
        await rejection.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/waitlist-decided");
    }

    [Fact]
    public async Task A_rejected_request_can_be_approved_later()
    {
        var (_, key) = await _api.AdministratorAsync("second-thoughts");
        var id = await WaitAsync("rejected@example.org");
        var rejected = await DecideAsync(id, "rejected", key, "no reason");
        Assert.Equal(JsonValueKind.Null, rejected.GetProperty("accountId").ValueKind);
        var repeated = await DecideAsync(id, "rejected", key);
        Assert.Equal("no reason", repeated.GetProperty("notes").GetString());

        var approved = await DecideAsync(id, "approved", key);
        Assert.Equal(JsonValueKind.Number, approved.GetProperty("accountId").ValueKind);
    }

    [Fact]
    public async Task Approval_of_an_address_with_an_account_leads_to_it()
    {
        var (_, key) = await _api.AdministratorAsync("linker");
        var account = await TestAccounts.CreateAsync(database, "linked");
        var approved = await DecideAsync(await WaitAsync("Linked@example.org"), "approved", key);
        Assert.Equal(account, approved.GetProperty("accountId").GetInt64());
        Assert.Equal(
            "google:linked",
            await database.ScalarAsync<string>("SELECT external_user_id FROM account.user_accounts WHERE id = $1", account)
        );
    }

    [Fact]
    public async Task The_list_has_pages_and_a_filter()
    {
        var (_, key) = await _api.AdministratorAsync("pager");
        await database.ExecuteAsync(
            "INSERT INTO account.waitlist (name, email, status) "
                + "SELECT 'p', 'page' || n || '@example.org', 'rejected' FROM generate_series(1, 25) n"
        );
        var pages = await _api.PagesAsync("/v1/admin/waitlist?status=rejected&limit=10", key, "entries");
        var ids = pages.SelectMany(page => page).Select(entry => entry.GetProperty("id").GetInt64()).ToList();
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(
            await database.ScalarAsync<long>("SELECT count(*) FROM account.waitlist WHERE status = 'rejected'"),
            ids.Distinct().Count()
        );
        Assert.All(pages[..^1], page => Assert.Equal(10, page.Count));

        var first = await _api.GetAsync("GET", "/v1/admin/waitlist?limit=1", key);
        using var wrong = await _api.SendAsync(
            "GET",
            $"/v1/admin/waitlist?status=rejected&limit=1&cursor={first.GetProperty("next").GetString()}",
            key
        );
        Assert.Equal(["cursor"], await wrong.ReadInvalidNamesAsync());
    }

    [Theory]
    [InlineData("/v1/admin/waitlist/999999", """{"status":"approved"}""", 404)]
    [InlineData("/v1/admin/waitlist/0", """{"status":"waiting","note":"x"}""", 400)]
    [InlineData("/v1/admin/waitlist/x", "{}", 400)]
    public async Task Invalid_decisions_are_refused(string path, string body, int status)
    {
        var (_, key) = await _api.AdministratorAsync("decider");
        using var response = await _api.SendAsync("PATCH", path, key, JsonDocument.Parse(body).RootElement);
        Assert.Equal(status, (int)response.StatusCode);
    }

    private Task<HttpResponseMessage> AskAsync(string email) =>
        _api.SendAsync(
            "POST",
            "/v1/waitlist",
            body: new
            {
                name = "Wanda",
                email,
                referralSource = "a friend",
            }
        );

    private async Task<long> WaitAsync(string email)
    {
        using var response = await AskAsync(email);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return await database.ScalarAsync<long>("SELECT id FROM account.waitlist WHERE email = lower($1)", email);
    }

    private Task<HttpResponseMessage> SendDecisionAsync(long id, string status, string key) =>
        _api.SendAsync("PATCH", $"/v1/admin/waitlist/{id}", key, new { status });

    private Task<JsonElement> DecideAsync(long id, string status, string key, string? notes = null) =>
        _api.GetAsync("PATCH", $"/v1/admin/waitlist/{id}", key, notes is null ? new { status } : new { status, notes });

    /// <summary>The system's clock, but for timers of 300 ms, which a test lets fire.</summary>
    private sealed class HeldTimer : TimeProvider
    {
        private readonly TaskCompletionSource<Action> _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Action> Held => _held.Task;

        public void Release() => Held.Result();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != TimeSpan.FromMilliseconds(300))
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            _held.TrySetResult(() => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }
}
