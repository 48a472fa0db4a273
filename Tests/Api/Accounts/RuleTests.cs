using System.Net;
using System.Text.Json;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class RuleTests(TestDatabase database)
    : AccountApiBase(database, new(StringComparer.Ordinal) { ["Wyckoff:Accounts:MaxRules"] = "5" })
{
    [Fact]
    public async Task Rules_are_created_replaced_listed_and_deleted()
    {
        var (_, key) = await AddAccountAsync("rules");
        using var made = await SendAsync(
            key,
            "PUT",
            "/rules/risk/RS001",
            """{"parameters":{"severity":"warn","limit":0.10},"description":"d"}"""
        );
        Assert.Equal((HttpStatusCode.Created, "/v1/account/rules/risk/RS001"), (made.StatusCode, made.Headers.Location?.ToString()));
        await GetAsync(key, "PUT", "/rules/entry-quality/EQ_001", """{"isEnabled":false}""");
        var rule = await GetAsync(key, "GET", "/rules/risk/RS001");
        Assert.Equal("0.10", rule.GetProperty("parameters").GetProperty("limit").GetRawText());
        Assert.Equal(["EQ_001", "RS001"], Codes(await GetAsync(key, "GET", "/rules")));
        Assert.Equal(["RS001"], Codes(await GetAsync(key, "GET", "/rules?evaluator=risk")));

        rule = await GetAsync(key, "PUT", "/rules/risk/RS001", "{}");
        Assert.Equal(
            ("{}", true, JsonValueKind.Null),
            (
                rule.GetProperty("parameters").GetRawText(),
                rule.GetProperty("isEnabled").GetBoolean(),
                rule.GetProperty("description").ValueKind
            )
        );
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(key, "DELETE", "/rules/risk/RS001"));
        using var gone = await SendAsync(key, "DELETE", "/rules/risk/RS001");
        await gone.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-rule");
        using var unknown = await SendAsync(key, "GET", "/rules/risk/RS001");
        await unknown.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-rule");
    }

    [Fact]
    public async Task Conditions_of_a_change_are_met_or_it_is_refused()
    {
        var (_, key) = await AddAccountAsync("conditions");
        const string path = "/rules/risk/RS002";
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync("If-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, await PutAsync("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync("If-None-Match", "*"));
        using var read = await SendAsync(key, "GET", path);
        var tag = read.Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.OK, await PutAsync("If-Match", tag, """{"isEnabled":false}"""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync("If-Match", tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync("If-Match", "W/" + tag));
        using var deleted = await SendAsync(key, "DELETE", path, null, ("If-Match", tag));
        await deleted.ReadProblemAsync(HttpStatusCode.PreconditionFailed, "/problems/changed-meanwhile");
        using var again = await SendAsync(key, "DELETE", path, null, ("If-Match", deleted.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);

        async Task<HttpStatusCode> PutAsync(string header, string value, string json = "{}")
        {
            using var response = await SendAsync(key, "PUT", path, json, (header, value));
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Bad_names_and_parameters_are_refused()
    {
        var (_, key) = await AddAccountAsync("bad");
        using var names = await SendAsync(key, "PUT", "/rules/r%20k/" + new string('A', 51), """{"severity":"info"}""");
        Assert.Equal(["evaluator", "ruleCode", "severity"], await names.ReadInvalidNamesAsync());
        foreach (
            var (json, field) in new[]
            {
                ("""{"parameters":[]}""", "parameters"),
                ("""{"parameters":{"severity":"fatal"}}""", "parameters.severity"),
                ("""{"parameters":{"severity":1}}""", "parameters.severity"),
                ("""{"parameters":{"a":{"b":[1,1e999]}}}""", "parameters.a.b[1]"),
                ("""{"parameters":{"a":0.12345678901234567890123456789}}""", "parameters.a"),
                ("""{"parameters":{"a":"x\u0000"}}""", "parameters.a"),
                ("""{"parameters":{"a":"\ud800"}}""", "parameters.a"),
                ("""{"parameters":{"a":{"b":1,"b":2}}}""", "parameters.a.b"),
                ("""{"isEnabled":"true"}""", "isEnabled"),
                ("""{"description":5}""", "description"),
            }
        )
        {
            using var response = await SendAsync(key, "PUT", "/rules/risk/RS001", json);
            Assert.Equal([field], await response.ReadInvalidNamesAsync());
        }

        Assert.Empty(Codes(await GetAsync(key, "GET", "/rules")));
        using var filter = await SendAsync(key, "GET", "/rules?evaluator=a%2Fb&x=1");
        Assert.Equal(["evaluator", "x"], await filter.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task An_account_has_a_limited_number_of_rules_also_when_they_are_made_at_the_same_time()
    {
        var (_, key) = await AddAccountAsync("many");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => StatusAsync(key, "PUT", $"/rules/risk/R{n}", "{}")));
        Assert.Equal(5, statuses.Count(status => status == HttpStatusCode.Created));
        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.Conflict));
        using var more = await SendAsync(key, "PUT", "/rules/risk/R9", "{}");
        var problem = await more.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/limit-reached");
        Assert.Contains("5 rules", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var code = Codes(await GetAsync(key, "GET", "/rules"))[0];
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key, "PUT", $"/rules/risk/{code}", """{"isEnabled":false}"""));
    }

    [Fact]
    public async Task Two_accounts_have_rules_of_their_own()
    {
        var (_, mine) = await AddAccountAsync("mine");
        var (_, theirs) = await AddAccountAsync("theirs");
        await GetAsync(theirs, "PUT", "/rules/risk/SECRET", "{}");
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(mine, "GET", "/rules/risk/SECRET"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(mine, "DELETE", "/rules/risk/SECRET"));
        Assert.Equal(HttpStatusCode.Created, await StatusAsync(mine, "PUT", "/rules/risk/SECRET", """{"isEnabled":false}"""));
        Assert.True((await GetAsync(theirs, "GET", "/rules/risk/SECRET")).GetProperty("isEnabled").GetBoolean());
    }

    private static List<string?> Codes(JsonElement list) =>
        [.. list.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("ruleCode").GetString())];
}
