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

/// <summary>How requests are taken and answered, whatever they ask for.</summary>
public sealed class PipelineTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Key = "a key of some length";

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
    public async Task A_request_keeps_its_id_when_it_is_a_safe_one(string id, bool kept)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        foreach (var path in (string[])["/problems", "/nothing", "/health"])
        {
            var answer = await api.RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n");
            var given = Assert.Single(answer.Split("\r\n"), line => line.StartsWith("X-Request-Id: ", StringComparison.Ordinal))[14..];
            Assert.Equal(kept, given == id);
            Assert.Matches("^[0-9A-Za-z._-]{1,64}$", given);
        }
    }

    [Fact]
    public async Task Two_requests_without_an_id_get_two()
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
    public async Task Every_answer_tells_browsers_to_make_nothing_of_it()
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
    public async Task The_page_of_the_docs_runs_its_own_scripts_and_asks_nobody_else()
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
                var off in (string[])
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
                Assert.Contains(off, page, StringComparison.Ordinal);
            }
        }

        using var script = await client.GetAsync("/docs/scalar.js", Token);
        Assert.Equal((HttpStatusCode.OK, "text/javascript"), (script.StatusCode, script.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Ten_thousand_requests_in_a_second_are_not_all_answered()
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

        // However long it took: a burst, and what came in meanwhile.
        var limit = new RateLimitOptions();
        Assert.InRange(served, limit.Burst, limit.Burst + (int)(limit.PerSecond * (clock.Elapsed.TotalSeconds + 1)));
        Assert.Equal(10_000, served + refused);
        TestContext.Current.SendDiagnosticMessage("{0} of 10,000 requests in {1:0.0} s were served", served, clock.Elapsed.TotalSeconds);

        // Probes go on, and so does everybody after a while.
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
    // A proxy appends: what stands before its own word is the client's.
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.7", "198.51.100.2, 203.0.113.7", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.7", "198.51.100.1, 203.0.113.8", HttpStatusCode.OK)]
    // Of two proxies both are known.
    [InlineData("127.0.0.0/8,10.0.0.0/8", "203.0.113.7, 10.0.0.1", "203.0.113.7", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "2001:db8:1:2::1", "2001:db8:1:3::1", HttpStatusCode.OK)]
    [InlineData("127.0.0.0/8", "::ffff:203.0.113.7", "203.0.113.7:4711", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.0/8", "nonsense", "more nonsense", HttpStatusCode.TooManyRequests)]
    public async Task A_client_is_its_address_and_the_forwarded_one_only_from_a_known_proxy(
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
        };
        foreach (var (place, proxy) in (proxies?.Split(',') ?? []).Index())
        {
            settings[$"Wyckoff:Api:Proxies:{place}"] = proxy;
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
    public async Task Pages_of_other_origins_read_only_what_they_are_allowed_to()
    {
        await using var none = new ApiServer(database.AppConnection);
        Assert.Null(await AllowedAsync(none, "https://charts.example"));

        await using var one = new ApiServer(
            database.AppConnection,
            settings: new() { ["Wyckoff:Api:Cors:Origins:0"] = "https://charts.example" }
        );
        Assert.Equal("https://charts.example", await AllowedAsync(one, "https://charts.example"));
        Assert.Null(await AllowedAsync(one, "https://evil.example"));
        Assert.Equal("https://charts.example", await AllowedAsync(one, "https://charts.example", "/v1/imports/0")); // a problem can be read too

        await using var all = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Api:Cors:Origins:0"] = "*" });
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
    [InlineData(null, "Bearer realm=\"wyckoff\"")]
    [InlineData("Bearer another key of some length", "Bearer realm=\"wyckoff\", error=\"invalid_token\"")]
    [InlineData("Bearer ", "Bearer realm=\"wyckoff\", error=\"invalid_token\"")]
    [InlineData("Basic " + Key, "Bearer realm=\"wyckoff\", error=\"invalid_token\"")]
    public async Task With_an_operators_key_nothing_is_changed_without_it(string? authorization, string challenge)
    {
        await using var api = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Api:OperatorKey"] = Key });
        foreach (
            var (method, path) in new[]
            {
                ("POST", "/v1/imports"),
                ("POST", "/v1/sync"),
                ("DELETE", "/v1/imports"),
                ("PUT", "/nothing"),
                ("TRACE", "/v1/imports"),
                ("post", "/v1/sync"),
            }
        )
        {
            using var response = await SendAsync(method, path, authorization);
            Assert.Equal(
                (HttpStatusCode.Unauthorized, "application/problem+json"),
                (response.StatusCode, response.Content.Headers.ContentType?.MediaType)
            );
            Assert.Equal(challenge, response.Headers.WwwAuthenticate.ToString());
            Assert.DoesNotContain(Key, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using var read = await SendAsync("GET", "/v1/imports", authorization);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);

        async Task<HttpResponseMessage> SendAsync(string method, string path, string? with)
        {
            using var request = new HttpRequestMessage(new(method), path);
            if (with is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", with);
            }

            return await api.CreateClient().SendAsync(request, Token);
        }
    }

    [Fact]
    public async Task With_the_operators_key_it_is_as_without_one()
    {
        await using var api = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Api:OperatorKey"] = Key });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sync")
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
            Headers = { { "Authorization", "bearer " + Key } },
        };
        using var response = await api.CreateClient().SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_the_limit_is_413_whether_it_says_its_length_or_not(bool chunked)
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

        // An import may be larger than that.
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
    public async Task A_body_that_nobody_wants_is_answered_before_its_end_and_the_connection_closed(
        string request,
        string type,
        string expected
    )
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        // It ends when the server closes, and the rest of the body never comes.
        var answer = await api.RawAsync(
            $"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 3000000\r\n\r\n{{\"{new string('x', 60_000)}"
        );
        Assert.StartsWith(expected, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_504_or_cut_off_and_never_ends_as_if_it_were_complete()
    {
        var (entered, enough) = (new TaskCompletionSource(), new TaskCompletionSource());
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
                            await enough.Task.WaitAsync(context.RequestAborted);
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
        // It was there before those two, and is still.
        enough.SetResult();
        Assert.Equal("done", await patient);
    }

    [Fact]
    public async Task Headers_that_do_not_come_or_are_too_many_end_the_connection()
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
    public async Task Head_is_answered_wherever_get_is_without_the_body_and_without_what_follows_the_first_byte()
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
        // The connection is as good as before.
        foreach (var path in (string[])["/endless", "/v1/stream?symbols=HEADS", "/v1/bars/HEADS/stream", "/v1/bars/HEADS", "/problems"])
        {
            var answers = await api.RawAsync(
                $"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /problems/not-found HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
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
    public async Task An_answer_is_compressed_as_the_client_likes(string accept, string expected)
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
    public async Task Over_tls_it_speaks_http_2()
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
    public async Task What_is_sent_makes_no_header_of_the_answer(string request)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:Cors:Origins:0"] = "*" });
        var answer = await api.RawAsync(request);
        Assert.Matches("^HTTP/1.1 (200|400|404) ", answer);
        Assert.DoesNotContain("\nX-Injected", answer, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', answer);
    }

    [Theory]
    [InlineData("Wyckoff:Api:OperatorKey", "short")]
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
    public async Task A_wrong_option_keeps_it_from_starting_and_is_named(string key, string value)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            ListeningApi.StartAsync(database.AppConnection, new() { [key] = value })
        );
        Assert.Contains(key.EndsWith(":0", StringComparison.Ordinal) ? key[..^2] : key, refused.Message, StringComparison.Ordinal);
    }
}
