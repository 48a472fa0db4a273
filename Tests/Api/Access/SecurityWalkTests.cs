using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api.OpenApi;

namespace Wyckoff.Tests.Api.Access;

/// <summary>
/// Sends requests with every kind of key, from another origin, with a foreign host and through a proxy to every endpoint. What is expected
/// follows from the access that the endpoint states, so new endpoints are covered too.
/// </summary>
public sealed class SecurityWalkTests(SecurityWalkTests.WalkDatabase database) : IClassFixture<SecurityWalkTests.WalkDatabase>
{
    private const string Allowed = "allowed";
    private const string KeyNeeded = "401 /problems/key-needed";
    private const string ScopeNeeded = "403 /problems/scope-needed";
    private const string CrossSite = "403 /problems/cross-site-request";
    private const string Forwarded = "403 /problems/forwarded-request";
    private const string UnknownHost = "421 /problems/unknown-host";

    // Longer responses are streams of market data.
    private const int ReadAtMost = 64 << 10;

    private static readonly string[] Refusals = [KeyNeeded, ScopeNeeded, CrossSite, Forwarded, UnknownHost];
    private static readonly string[] ForwardedHeaders =
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "x-forwarded-port",
        "X-Original-For",
        "Via",
        "X-Real-IP",
        "CF-Connecting-IP",
    ];

    // All that logs can say, and the addresses of requests.
    private static readonly Dictionary<string, string> LogEverything = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Trace",
        ["Logging:LogLevel:Microsoft"] = "Trace",
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests"] = "Trace",
        ["Logging:LogLevel:Npgsql"] = "Trace",
        ["Logging:LogLevel:Wyckoff"] = "Trace",
    };

    private readonly List<string> _wrong = [];
    private readonly List<string> _secrets = [WalkDatabase.Password];
    private int _accounts;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_endpoint_admits_the_keys_that_it_states_and_nothing_leaks()
    {
        await using var api = await ListeningApi.StartAsync(database.Connection, With("Wyckoff:Access", AccessModes.Keys), null, Trace);
        var endpoints = await EndpointsAsync(api);
        var reader = await NewKeyAsync(AccessScope.Read, isAdmin: false);
        var notValid = await NotValidKeysAsync();
        foreach (var endpoint in endpoints)
        {
            var withoutKey = endpoint.Access == EndpointAccess.Open ? Allowed : KeyNeeded;
            await ExpectAsync(api, endpoint, "no key", withoutKey);
            await ExpectAsync(api, endpoint, "a malformed key", withoutKey, ("Authorization", "Bearer wk_short"));
            var answers = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (what, key) in notValid)
            {
                answers[what] = await ExpectAsync(api, endpoint, what, withoutKey, Bearer(key));
            }

            if (endpoint.Access != EndpointAccess.Open && answers.Values.Distinct(StringComparer.Ordinal).Count() != 1)
            {
                _wrong.Add($"{endpoint}: keys that are not valid are told apart:\n{string.Join("\n", answers)}");
            }

            await ExpectAsync(api, endpoint, "a read key", Expected(endpoint, AccessScope.Read, isAdmin: false), Bearer(reader));
            foreach (var (scope, isAdmin) in new[] { (AccessScope.Write, false), (AccessScope.Write, true), (AccessScope.Admin, true) })
            {
                // A new account each time, because some endpoints end the account or its keys.
                var key = await NewKeyAsync(scope, isAdmin);
                await ExpectAsync(api, endpoint, $"{scope}, {isAdmin}", Expected(endpoint, scope, isAdmin), Bearer(key));
            }

            var admin = Bearer(await NewKeyAsync(AccessScope.Admin, isAdmin: true));
            await ExpectAsync(
                api,
                endpoint,
                "another origin",
                endpoint.IsChange ? CrossSite : Allowed,
                admin,
                ("Origin", "https://evil.example"),
                ("Sec-Fetch-Site", "cross-site")
            );
            var isProbe = endpoint.Url is "/health" or "/alive";
            await ExpectAsync(api, endpoint, "a foreign host", isProbe ? Allowed : UnknownHost, admin, ("Host", "evil.example"));
            await KeyInUrlAsync(api, endpoint, reader);
        }

        // The first line of a malformed request has the address too.
        await api.RawAsync($"GET /v1/tickers?key={reader} HTTP/1.1 \x01\r\nHost: localhost\r\n\r\n");
        Assert.True(_wrong.Count == 0, string.Join("\n", _wrong.Take(60)));
        Assert.Contains(api.Logged, line => line.StartsWith("Debug ", StringComparison.Ordinal));
        NoSecretsIn(api.Logged);
    }

    [Fact]
    public async Task No_answer_has_anything_of_another_account()
    {
        const string canary = "zanzibar";
        const int theirs = 7777;
        await ValidRows.FillAsync(database.Owner, theirs, canary);
        await using var api = await ListeningApi.StartAsync(database.Connection, With("Wyckoff:Access", AccessModes.Keys));
        foreach (var endpoint in await EndpointsAsync(api))
        {
            // The example of an id is 1: theirs takes its place.
            var foreign = endpoint with
            {
                Url = Regex.Replace(endpoint.Url, @"/1(?=$|[/?])", $"/{theirs}"),
            };
            foreach (var request in new[] { endpoint, foreign }.Distinct())
            {
                using var response = await SendAsync(api, request, [Bearer(await NewKeyAsync(AccessScope.Write, isAdmin: false))]);
                var outcome = await OutcomeAsync(response, [canary]);
                if (request == foreign && request != endpoint && request.Access is EndpointAccess.Read or EndpointAccess.Write)
                {
                    Expect(outcome.StartsWith("404 ", StringComparison.Ordinal), $"{request}: {outcome}, and 404 was expected.");
                }
            }
        }

        Assert.True(_wrong.Count == 0, string.Join("\n", _wrong.Take(60)));
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>($"SELECT count(*) FROM account.api_keys WHERE account_id = {theirs} AND revoked_at IS NULL")
        );

        void Expect(bool holds, string what)
        {
            if (!holds)
            {
                _wrong.Add(what);
            }
        }
    }

    [Fact]
    public async Task Every_endpoint_refuses_forwarded_requests_and_foreign_hosts_in_local_mode()
    {
        await using var api = await ListeningApi.StartAsync(database.Connection);
        foreach (var endpoint in await EndpointsAsync(api))
        {
            foreach (var header in ForwardedHeaders)
            {
                await ExpectAsync(api, endpoint, header, Forwarded, (header, "203.0.113.7"));
            }

            await ExpectAsync(
                api,
                endpoint,
                "a foreign host",
                endpoint.Url is "/health" or "/alive" ? Allowed : UnknownHost,
                ("Host", "evil.example")
            );
            await ExpectAsync(api, endpoint, "a foreign host behind a proxy", Forwarded, ("Host", "evil.example"), ("Forwarded", "for=1"));
            if (endpoint.IsChange)
            {
                await ExpectAsync(api, endpoint, "another origin", CrossSite, ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"));
            }
        }

        Assert.True(_wrong.Count == 0, string.Join("\n", _wrong.Take(60)));
    }

    [Fact]
    public async Task A_log_rule_of_a_provider_does_not_bring_the_addresses_back()
    {
        const string category = "Microsoft.AspNetCore.Hosting.Diagnostics";
        await using var api = await ListeningApi.StartAsync(
            database.Connection,
            new() { [$"Logging:Console:LogLevel:{category}"] = "Trace" },
            null,
            builder => builder.Logging.AddConsole().AddFilter(category, LogLevel.Trace)
        );
        Assert.False(api.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(LogLevel.Information));
    }

    private static string Expected(Endpoint endpoint, AccessScope scope, bool isAdmin) =>
        endpoint.Access switch
        {
            EndpointAccess.Open or EndpointAccess.Read => true,
            EndpointAccess.MarketData => !endpoint.IsChange || (scope >= AccessScope.Write && isAdmin),
            EndpointAccess.Write => scope >= AccessScope.Write,
            EndpointAccess.ChangeMarketData => scope >= AccessScope.Write && isAdmin,
            _ => scope == AccessScope.Admin && isAdmin,
        }
            ? Allowed
            : ScopeNeeded;

    private static (string, string) Bearer(string key) => ("Authorization", $"Bearer {key}");

    private static Dictionary<string, string> With(string key, string value) =>
        new(LogEverything, StringComparer.Ordinal) { [key] = value };

    private static void Trace(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) =>
        builder.Logging.SetMinimumLevel(LogLevel.Trace);

    /// <summary>All endpoints with an address, and with the examples of the OpenAPI document where it has them.</summary>
    private static async Task<List<Endpoint>> EndpointsAsync(ListeningApi api)
    {
        var described = await Described.ReadAsync(api.Client);
        var endpoints = new List<Endpoint>();
        foreach (
            var endpoint in api.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        )
        {
            var access = endpoint.Metadata.GetMetadata<AccessRequirement>()?.Access ?? EndpointAccess.Open;
            var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                var operation = described.Operations.FirstOrDefault(one => one.Method == method && Same(one.Path, path));
                var body = operation?.Bodies.FirstOrDefault(body => body.Example is not null);
                endpoints.Add(
                    new(method, operation?.ExampleUrl() ?? Regex.Replace(path, @"\{[^}]*\}", "1"), access, body?.Type, body?.Example)
                );
            }
        }

        Assert.True(endpoints.Count > 20);
        Assert.All(
            described.Operations,
            operation => Assert.Contains(endpoints, one => one.Method == operation.Method && one.Url == operation.ExampleUrl())
        );
        return endpoints;

        static bool Same(string path, string pattern) =>
            path.TrimEnd('/') == Regex.Replace(pattern, @"\{\**([^}:?=]+)[^}]*\}", "{$1}").TrimEnd('/');
    }

    private async Task<Dictionary<string, string>> NotValidKeysAsync()
    {
        var (_, unknown) = ApiKey.Issue(1, "unknown", AccessScope.Read, TimeProvider.System.GetUtcNow());
        Remember(unknown);
        var expired = await NewKeyAsync(AccessScope.Admin, isAdmin: true);
        var revoked = await NewKeyAsync(AccessScope.Admin, isAdmin: true);
        var deactivated = await NewKeyAsync(AccessScope.Admin, isAdmin: true);
        await database.ExecuteAsync(
            "UPDATE account.api_keys SET created_at = now() - interval '2 day', expires_at = now() - interval '1 s' WHERE key_hash = $1",
            ApiKey.HashOf(expired)
        );
        await database.ExecuteAsync("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1", ApiKey.HashOf(revoked));
        await database.ExecuteAsync(
            "UPDATE account.user_accounts SET is_active = false WHERE id = (SELECT account_id FROM account.api_keys WHERE key_hash = $1)",
            ApiKey.HashOf(deactivated)
        );
        return new(StringComparer.Ordinal)
        {
            ["unknown"] = unknown,
            ["expired"] = expired,
            ["revoked"] = revoked,
            ["deactivated"] = deactivated,
        };
    }

    private async Task<string> NewKeyAsync(AccessScope scope, bool isAdmin)
    {
        var account = await TestAccounts.CreateAsync(database, $"walk-{Guid.NewGuid():N}-{_accounts++}", isAdmin);
        var key = await TestAccounts.AddKeyAsync(database, account, scope);
        Remember(key);
        return key;
    }

    private void Remember(string key)
    {
        var hash = ApiKey.HashOf(key);
        _secrets.AddRange([key[ApiKey.PrefixLength..], Convert.ToHexString(hash), Convert.ToBase64String(hash).TrimEnd('=')]);
    }

    private async Task KeyInUrlAsync(ListeningApi api, Endpoint endpoint, string key)
    {
        foreach (var query in new[] { $"api_key={key}", key, $"a=Bearer%20{key}", "%77k%5F" + key[ApiKey.Mark.Length..] })
        {
            var with = endpoint with { Url = endpoint.Url + (endpoint.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + query };
            using var response = await SendAsync(api, with, []);
            // A change is refused before, if it comes from a page of another site. These requests do not.
            if (await OutcomeAsync(response, _secrets) is not "400 /problems/key-in-url" and var outcome)
            {
                _wrong.Add($"{endpoint} with a key in its address: {outcome}");
            }
        }
    }

    /// <summary>Sends a request, compares the outcome and returns the response without what differs between any two responses.</summary>
    private async Task<string> ExpectAsync(
        ListeningApi api,
        Endpoint endpoint,
        string what,
        string expected,
        params (string Name, string Value)[] headers
    )
    {
        using var response = await SendAsync(api, endpoint, headers);
        var outcome = await OutcomeAsync(response, _secrets);
        if (expected == Allowed ? Refusals.Contains(outcome) : outcome != expected)
        {
            _wrong.Add($"{endpoint} with {what}: {outcome}, and {expected} was expected.");
        }

        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return "";
        }

        var sent = response.Headers.Where(header => header.Key.ToUpperInvariant() is not ("DATE" or "X-REQUEST-ID"));
        return Regex.Replace(
            $"{string.Join("\n", sent.Concat(response.Content.Headers).Select(Text))}\n{await response.Content.ReadAsStringAsync(Token)}",
            @"""(requestId|traceId)"":\s*""[^""]*""",
            ""
        );

        static string Text(KeyValuePair<string, IEnumerable<string>> header) => $"{header.Key}: {string.Join(", ", header.Value)}";
    }

    private async Task<HttpResponseMessage> SendAsync(ListeningApi api, Endpoint endpoint, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(endpoint.Method), endpoint.Url);
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        if (endpoint is { BodyType: { } type, Body: { } body })
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new(type) } };
        }

        return await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    /// <summary>Returns the status and, of a problem, its type. Looks for secrets in headers and body.</summary>
    private async Task<string> OutcomeAsync(HttpResponseMessage response, List<string> secrets)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        var body = "";
        if (type is "application/problem+json")
        {
            body = await response.Content.ReadAsStringAsync(Token);
        }
        else if (type != "text/event-stream")
        {
            var buffer = new byte[ReadAtMost];
            var read = await (await response.Content.ReadAsStreamAsync(Token)).ReadAtLeastAsync(buffer, ReadAtMost, false, Token);
            body = Encoding.Latin1.GetString(buffer, 0, read);
        }

        var all = $"{response.Headers}{response.Content.Headers}{body}";
        _wrong.AddRange(
            secrets
                .Where(secret => all.Contains(secret, StringComparison.OrdinalIgnoreCase))
                .Select(secret => $"{response.RequestMessage!.RequestUri!.AbsolutePath}: the response contains {secret}.")
        );
        return type == "application/problem+json"
            ? $"{(int)response.StatusCode} {JsonDocument.Parse(body).RootElement.GetProperty("type").GetString()}"
            : $"{(int)response.StatusCode}";
    }

    private void NoSecretsIn(IReadOnlyList<string> lines)
    {
        foreach (var secret in _secrets)
        {
            Assert.DoesNotContain(lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    private sealed record Endpoint(string Method, string Url, EndpointAccess Access, string? BodyType, string? Body)
    {
        public bool IsChange =>
            Method is not ("GET" or "HEAD" or "OPTIONS") || Regex.IsMatch(Url, "[?&]fetch=[^&]", RegexOptions.IgnoreCase);

        public override string ToString() => $"{Method} {Url} ({Access})";
    }

    /// <summary>The sample data, and a role whose password is not an ordinary word.</summary>
    public sealed class WalkDatabase : TestDatabase, IAsyncLifetime
    {
        public const string Password = "kQ7wZb2mR9xT4s";

        private string Role => "walk_" + new Npgsql.NpgsqlConnectionStringBuilder(AdminConnection).Database!;

        public string Connection =>
            new Npgsql.NpgsqlConnectionStringBuilder(AdminConnection)
            {
                Username = Role,
                Password = Password,
                Options = "-c role=wyckoff_app",
            }.ConnectionString;

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await ExecuteAsync($"CREATE ROLE \"{Role}\" LOGIN PASSWORD '{Password}' IN ROLE wyckoff_app");
            await SampleDatabase.LoadAsync(this);
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await ExecuteAsync($"DROP ROLE \"{Role}\"");
            await DisposeAsync();
        }
    }
}
