using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Tests.Api;

/// <summary>Tests what all endpoints share: headers, limits, CORS, timeouts and compression.</summary>
public sealed class PipelineTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mine-42", true)]
    [InlineData("A.b_c-9", true)]
    [InlineData("", false)]
    [InlineData("two words", false)]
    [InlineData("<script>", false)]
    [InlineData("a,b", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    public async Task The_response_repeats_a_valid_request_id_and_replaces_an_invalid_one(string id, bool isValid)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        foreach (var path in (string[])["/problems", "/nothing", "/health"])
        {
            var answer = await api.RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n");
            var returned = Assert.Single(answer.Split("\r\n"), line => line.StartsWith("X-Request-Id: ", StringComparison.Ordinal))[14..];
            Assert.Equal(isValid, returned == id);
            Assert.Matches("^[0-9A-Za-z._-]{1,64}$", returned);
        }
    }

    [Fact]
    public async Task Requests_without_an_id_get_different_ids()
    {
        await using var api = new ApiServer(database.AppConnection);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var n = 0; n < 20; n++)
        {
            using var response = await api.CreateClient().GetAsync("/problems", Token);
            Assert.True(ids.Add(response.Headers.GetValues("X-Request-Id").Single()));
        }
    }

    [Fact]
    public async Task Every_response_has_the_security_headers()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        foreach (var path in (string[])["/problems", "/nothing", "/docs", "/openapi/v1.json", "/v1/imports?limit=0", "/health"])
        {
            using var response = await api.Client.GetAsync(path, Token);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", response.Headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.StartsWith(
                "default-src 'none'",
                response.Headers.GetValues("Content-Security-Policy").Single(),
                StringComparison.Ordinal
            );
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task The_documentation_page_runs_only_its_own_scripts_and_contacts_no_other_host()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        var nonces = new HashSet<string>(StringComparer.Ordinal);
        for (var n = 0; n < 2; n++)
        {
            using var response = await client.GetAsync("/docs", Token);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            var nonce = Regex.Match(policy, "script-src 'nonce-([^']+)';").Groups[1].Value;
            Assert.True(nonce.Length > 0 && nonces.Add(nonce), policy);
            Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);

            var page = await response.Content.ReadAsStringAsync(Token);
            var scripts = Regex.Matches(page, "<script[^>]*>");
            Assert.NotEmpty(scripts);
            Assert.All(scripts, script => Assert.Contains($"nonce=\"{nonce}\"", script.Value, StringComparison.Ordinal));
            Assert.DoesNotMatch("(src|href)=[\"']?(https?:)?//", page);
            foreach (
                var setting in (string[])
                    [
                        "\"withDefaultFonts\":false",
                        "\"telemetry\":false",
                        "\"hideClientButton\":true",
                        "\"showDeveloperTools\":\"never\"",
                        "\"agent\":{\"disabled\":true}",
                        "\"mcp\":{\"disabled\":true}",
                    ]
            )
            {
                Assert.Contains(setting, page, StringComparison.Ordinal);
            }
        }

        using var script = await client.GetAsync("/docs/scalar.js", Token);
        Assert.Equal((HttpStatusCode.OK, "text/javascript"), (script.StatusCode, script.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Ten_thousand_requests_exceed_the_rate_limit()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:RateLimit:Enabled"] = "true" });
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = api.Address };
        var (served, refused) = (0, 0);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10_000),
            new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Token },
            async (_, token) =>
            {
                using var response = await client.GetAsync("/problems/not-found", token);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref served);
                    return;
                }

                Assert.Equal(
                    (HttpStatusCode.TooManyRequests, "application/problem+json"),
                    (response.StatusCode, response.Content.Headers.ContentType?.MediaType)
                );
                Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
                Assert.Contains(
                    "\"/problems/too-many-requests\"",
                    await response.Content.ReadAsStringAsync(token),
                    StringComparison.Ordinal
                );
                Interlocked.Increment(ref refused);
            }
        );

        // The limit allows a burst, and a number of further requests per second of the test.
        var limit = new RateLimitOptions();
        Assert.InRange(served, limit.Burst, limit.Burst + (int)(limit.PerSecond * (clock.Elapsed.TotalSeconds + 1)));
        Assert.Equal(10_000, served + refused);
        TestContext.Current.SendDiagnosticMessage("{0} of 10,000 requests in {1:0.0} s were served", served, clock.Elapsed.TotalSeconds);

        // Health probes are not limited. Other requests are allowed again after a while.
        using var health = await client.GetAsync("/alive", Token);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await Eventually.GetAsync(
            async () => (await client.GetAsync("/problems/not-found", Token)).StatusCode,
            status => status == HttpStatusCode.OK
        );
    }

    [Theory]
    [InlineData(null, "203.0.113.7", "203.0.113.8", HttpStatusCode.TooManyRequests)]
    [InlineData("10.0.0.0/8", "203.0.113.7", "203.0.113.8", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.8", HttpStatusCode.OK)]
    // A proxy appends an address. Addresses before that one come from the client and are not trusted.
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.7", "198.51.100.2, 203.0.113.7", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.7", "198.51.100.1, 203.0.113.8", HttpStatusCode.OK)]
    // Both proxies are trusted.
    [InlineData("127.0.0.0/8,10.0.0.0/8", "203.0.113.7, 10.0.0.1", "203.0.113.7", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "2001:db8:1:2::1", "2001:db8:1:3::1", HttpStatusCode.OK)]
    [InlineData("127.0.0.0/8", "::ffff:203.0.113.7", "203.0.113.7:4711", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "nonsense", "more nonsense", HttpStatusCode.TooManyRequests)]
    public async Task The_rate_limit_uses_forwarded_addresses_only_from_trusted_proxies(
        string? proxies,
        string first,
        string second,
        HttpStatusCode expected
    )
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Wyckoff:Api:RateLimit:Enabled"] = "true",
            ["Wyckoff:Api:RateLimit:PerSecond"] = "1",
            ["Wyckoff:Api:RateLimit:Burst"] = "1",
            ["Wyckoff:Access"] = "keys",
        };
        foreach (var (index, proxy) in (proxies?.Split(',') ?? []).Index())
        {
            settings[$"Wyckoff:Api:Proxies:{index}"] = proxy;
        }

        await using var api = await ListeningApi.StartAsync(database.AppConnection, settings);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(first));
        Assert.Equal(expected, await AskAsync(second));

        async Task<HttpStatusCode> AskAsync(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/problems") { Headers = { { "X-Forwarded-For", address } } };
            using var response = await api.Client.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Only_configured_origins_may_read_responses()
    {
        await using var none = new ApiServer(database.AppConnection);
        Assert.Null(await AllowedAsync(none, "https://charts.example"));

        await using var one = new ApiServer(
            database.AppConnection,
            settings: new() { ["Wyckoff:Api:Cors:Origins:0"] = "https://charts.example" }
        );
        Assert.Equal("https://charts.example", await AllowedAsync(one, "https://charts.example"));
        Assert.Null(await AllowedAsync(one, "https://evil.example"));
        // Problem documents have the CORS headers as well.
        Assert.Equal("https://charts.example", await AllowedAsync(one, "https://charts.example", "/v1/imports/0"));

        await using var all = new ApiServer(
            database.AppConnection,
            settings: new()
            {
                ["Wyckoff:Api:Cors:Origins:0"] = "*",
                ["Wyckoff:Access"] = "keys",
                ["Wyckoff:Api:OpenMarketData"] = "true",
            }
        );
        Assert.Equal("*", await AllowedAsync(all, "https://anybody.example"));

        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/sync")
        {
            Headers =
            {
                { "Origin", "https://charts.example" },
                { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "authorization,content-type" },
            },
        };
        using var answer = await one.CreateClient().SendAsync(preflight, Token);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains("POST", answer.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));

        static async Task<string?> AllowedAsync(ApiServer api, string origin, string path = "/problems")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Origin", origin } } };
            using var response = await api.CreateClient().SendAsync(request, Token);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
            return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_413_with_and_without_a_content_length(bool chunked)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        var body = Encoding.UTF8.GetBytes("{\"symbol\":\"" + new string('x', 2 << 20) + "\"}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sync")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var response = await api.Client.SendAsync(request, Token);
        Assert.Equal(
            (HttpStatusCode.RequestEntityTooLarge, "application/problem+json"),
            (response.StatusCode, response.Content.Headers.ContentType?.MediaType)
        );
        Assert.Contains("/problems/body-too-large", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        // Imports have a higher limit.
        var lines = "timestamp,open,high,low,close,volume\n" + string.Concat(Enumerable.Repeat("2024-01-02,1,2,0.5,1.5,10\n", 100_000));
        using var import = await api.Client.PostAsync(
            "/v1/imports?symbol=LARGE&timeframe=1d",
            new StringContent(lines, Encoding.UTF8, "text/csv"),
            Token
        );
        Assert.Equal(HttpStatusCode.Created, import.StatusCode);
    }

    [Theory]
    [InlineData("POST /v1/sync", "application/json", "HTTP/1.1 413 ")]
    [InlineData("GET /problems", "application/json", "HTTP/1.1 200 ")]
    [InlineData("PUT /problems", "image/png", "HTTP/1.1 405 ")]
    public async Task A_request_whose_body_is_not_read_gets_a_response_and_its_connection_is_closed(
        string request,
        string type,
        string expected
    )
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        // The rest of the body is never sent, and RawAsync returns only when the server closes the connection.
        var answer = await api.RawAsync(
            $"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 3000000\r\n\r\n{{\"{new string('x', 60_000)}"
        );
        Assert.StartsWith(expected, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_takes_too_long_is_504_or_ends_with_an_error()
    {
        var (entered, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new() { ["Wyckoff:Api:AnswerWithin"] = "00:00:01" },
            app =>
            {
                app.MapGet("/never", (HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted));
                app.MapGet(
                    "/halfway",
                    async (HttpContext context) =>
                    {
                        await context.Response.WriteAsync("half", context.RequestAborted);
                        await context.Response.Body.FlushAsync(context.RequestAborted);
                        await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    }
                );
                app.MapGet(
                        "/patient",
                        async (HttpContext context) =>
                        {
                            entered.SetResult();
                            await finish.Task.WaitAsync(context.RequestAborted);
                            return "done";
                        }
                    )
                    .DisableRequestTimeout();
            }
        );
        var patient = api.Client.GetStringAsync("/patient", Token);
        await entered.Task;
        using var never = await api.Client.GetAsync("/never", Token);
        Assert.Equal(HttpStatusCode.GatewayTimeout, never.StatusCode);
        Assert.Contains("/problems/answer-too-slow", await never.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var halfway = await api.Client.GetAsync("/halfway", HttpCompletionOption.ResponseHeadersRead, Token);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => halfway.Content.ReadAsStringAsync(Token));
        // This request began before the other two and is exempt from the timeout.
        finish.SetResult();
        Assert.Equal("done", await patient);
    }

    [Fact]
    public async Task Late_or_too_large_headers_end_the_connection()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:HeadersWithin"] = "00:00:01" });
        Assert.StartsWith("HTTP/1.1 408 ", await api.RawAsync("GET /problems HTTP/1.1\r\nHost: localhost\r\n"), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 431 ",
            await api.RawAsync($"GET /problems HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 64 << 10)}\r\n\r\n"),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "HTTP/1.1 414 ",
            await api.RawAsync($"GET /problems?{new string('x', 64 << 10)} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task HEAD_works_wherever_GET_does_and_stops_the_handler_at_the_first_byte()
    {
        var ended = new TaskCompletionSource();
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('HEADS')");
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
                app.MapGet(
                    "/endless",
                    async (HttpContext context) =>
                    {
                        try
                        {
                            context.Response.ContentType = "text/event-stream";
                            while (true)
                            {
                                await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
                                await context.Response.Body.FlushAsync(context.RequestAborted);
                            }
                        }
                        finally
                        {
                            ended.TrySetResult();
                        }
                    }
                )
        );
        foreach (
            var (path, status, type) in new[]
            {
                ("/problems", HttpStatusCode.OK, "application/json"),
                ("/docs", HttpStatusCode.OK, "text/html"),
                ("/openapi/v1.json", HttpStatusCode.OK, "application/json"),
                ("/health", HttpStatusCode.OK, "application/json"),
                ("/v1/imports", HttpStatusCode.OK, "application/json"),
                ("/v1/quality/NONE", HttpStatusCode.NotFound, "application/problem+json"),
                ("/v1/sync", HttpStatusCode.MethodNotAllowed, "application/problem+json"),
                ("/endless", HttpStatusCode.OK, "text/event-stream"),
            }
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var response = await api.Client.SendAsync(request, Token);
            Assert.Equal((path, status, type), (path, response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
        }

        await ended.Task.WaitAsync(Eventually.Bound, Token);
        // The connection can be used for the next request.
        foreach (var path in (string[])["/endless", "/v1/stream?symbols=HEADS", "/v1/bars/HEADS/stream", "/v1/bars/HEADS", "/problems"])
        {
            var answers = await api.RawAsync(
                $"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    + "GET /problems/not-found HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            );
            Assert.Equal((path, 3), (path, answers.Split("HTTP/1.1 200 OK").Length));
            Assert.Contains("\"/problems/not-found\"", answers, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("zstd, gzip;q=0.5", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("zstd", "")]
    [InlineData("identity", "")]
    [InlineData("br;q=0, gzip;q=0", "")]
    public async Task The_response_has_the_compression_that_the_client_prefers(string accept, string expected)
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
            {
                app.MapGet(
                    "/stream",
                    async (HttpContext context) =>
                    {
                        context.Response.ContentType = "text/event-stream";
                        await context.Response.WriteAsync(new string('x', 5_000), context.RequestAborted);
                    }
                );
                app.MapGet("/small", () => "{}");
            }
        );
        Assert.Equal(expected, await EncodingAsync("/problems"));
        Assert.Equal("", await EncodingAsync("/stream"));

        async Task<string> EncodingAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
            using var response = await api.Client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True(path == "/stream" || response.Headers.Vary.Contains("Accept-Encoding") || accept == "identity");
            return string.Concat(response.Content.Headers.ContentEncoding);
        }
    }

    [Fact]
    public async Task HTTP_2_is_available_over_TLS()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var exported = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new() { ["urls"] = "https://127.0.0.1:0" },
            configure: builder =>
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = exported))
        );
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .Select(async _ =>
                    {
                        using var get = new HttpRequestMessage(HttpMethod.Get, "/problems")
                        {
                            Version = version,
                            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                            Headers = { { "Accept-Encoding", "br" } },
                        };
                        return await api.Client.SendAsync(get, Token);
                    })
            );
            Assert.All(
                answers,
                response =>
                    Assert.Equal(
                        (HttpStatusCode.OK, version, "br"),
                        (response.StatusCode, response.Version, string.Concat(response.Content.Headers.ContentEncoding))
                    )
            );
        }
    }

    [Theory]
    [InlineData("GET /problems HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\r\n\tX-Injected: b\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /problems?x=%0d%0aX-Injected:%20b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /problems/%0d%0aX-Injected:%20b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v1/quality/%0d%0aX-Injected:%20b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /problems HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\rX-Injected: b\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /problems HTTP/1.1\r\nHost: localhost\r\nOrigin: a\0b\r\nConnection: close\r\n\r\n")]
    public async Task Requests_cannot_inject_response_headers(string request)
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new()
            {
                ["Wyckoff:Api:Cors:Origins:0"] = "*",
                ["Wyckoff:Access"] = "keys",
                ["Wyckoff:Api:OpenMarketData"] = "true",
            }
        );
        var answer = await api.RawAsync(request);
        Assert.Matches("^HTTP/1.1 (200|400|404) ", answer);
        Assert.DoesNotContain("\nX-Injected", answer, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', answer);
    }

    [Theory]
    [InlineData("Wyckoff:Access", "open")]
    [InlineData("Wyckoff:Api:Hosts:0", "wyckoff.example")] // with Wyckoff:Access=local
    [InlineData("Wyckoff:Api:Cors:Origins:0", "*")] // with Wyckoff:Access=local
    [InlineData("Wyckoff:Api:MaxBody", "0")]
    [InlineData("Wyckoff:Api:AnswerWithin", "0")]
    [InlineData("Wyckoff:Api:RateLimit:PerSecond", "0")]
    [InlineData("Wyckoff:Api:Hosts:0", "https://wyckoff.example")]
    [InlineData("Wyckoff:Api:Hosts:0", "wyckoff.example:5080")]
    [InlineData("Wyckoff:Api:Hosts:0", "wyckoff.example/api")]
    [InlineData("Wyckoff:Api:Hosts:0", "two words")]
    [InlineData("Wyckoff:Api:Hosts:0", "*")]
    [InlineData("Wyckoff:Api:Hosts:0", "*wyckoff.example")]
    [InlineData("Wyckoff:Api:Hosts:0", "*.192.168.1.20")]
    [InlineData("Wyckoff:Api:Hosts:0", "0.0.0.0")]
    [InlineData("Wyckoff:Api:Hosts:0", "[::]")]
    [InlineData("Wyckoff:Api:Hosts:0", "[::1]:80")]
    [InlineData("Wyckoff:Api:Hosts:0", "")]
    [InlineData("Wyckoff:Api:Hosts", "wyckoff.example")]
    [InlineData("Wyckoff:Api:Cors:Origins:0", "charts.example")]
    [InlineData("Wyckoff:Api:Cors:Origins:0", "https://charts.example/path")]
    public async Task An_invalid_option_prevents_the_start_and_is_named(string key, string value)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ListeningApi.StartAsync(database.AppConnection, new() { [key] = value })
        );
        Assert.Contains(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key, error.Message, StringComparison.Ordinal);
    }
}
