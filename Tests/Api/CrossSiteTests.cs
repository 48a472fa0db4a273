using System.Globalization;
using System.Text;
using Wyckoff.Api.Errors;

namespace Wyckoff.Tests.Api;

/// <summary>Requests that web pages of other sites make a browser send, and the host names under which the service responds.</summary>
public sealed class CrossSiteTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Csv = "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n";
    private const string Boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    private const string Trusted = "https://charts.example";
    private const string Fetch = "GET /v1/bars/SPY?timeframe=1d&from=2024-06-03&to=2024-06-08&fetch=missing";

    // The headers of Chromium that differ between requests. PORT is replaced by the port of the service.
    private const string Form = $"""
        Cache-Control: max-age=0
        Content-Type: multipart/form-data; boundary={Boundary}
        Upgrade-Insecure-Requests: 1
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8
        Sec-Fetch-Mode: navigate
        Sec-Fetch-User: ?1
        Sec-Fetch-Dest: document
        """;

    private const string NoCors = "Content-Type: text/plain;charset=UTF-8\nAccept: */*\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: empty";
    private const string Script = "Content-Type: text/csv\nAccept: */*\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: empty";

    private const string Navigation = """
        Upgrade-Insecure-Requests: 1
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8
        Sec-Fetch-Mode: navigate
        Sec-Fetch-User: ?1
        Sec-Fetch-Dest: document
        """;

    private const string Image = "Accept: image/avif,image/webp,*/*;q=0.8\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image";
    private const string CrossSite = "\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site";
    private const string SameSite = "\nOrigin: http://localhost:18888\nSec-Fetch-Site: same-site";
    private const string SameOrigin = "\nOrigin: http://localhost:PORT\nSec-Fetch-Site: same-origin";
    private const string NoOrigin = "\nSec-Fetch-Site: cross-site";
    private const string Preflight = $"Origin: {Trusted}\nAccess-Control-Request-Method: POST\nSec-Fetch-Mode: cors" + NoOrigin;
    private const string Curl = "User-Agent: curl/8.5.0\nAccept: */*\nContent-Type: text/csv";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_of_other_sites_cannot_change_data_and_other_clients_can()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:Cors:Origins:0"] = Trusted });
        const string import = "POST /v1/imports?timeframe=1d&symbol=";
        (string What, string Request, string Headers, int Status)[] requests =
        [
            ("a form of another site", import + "EVIL", Form + CrossSite, 403),
            ("a form that hides where it is from", import + "EVIL", Form + "\nOrigin: null\nSec-Fetch-Site: cross-site", 403),
            ("fetch without CORS", import + "EVIL", NoCors + CrossSite, 403),
            ("a page on another port", import + "EVIL", NoCors + SameSite, 403),
            ("a page on another port, with a script", import + "EVIL", Script + SameSite, 403),
            ("a relation nobody knows", import + "EVIL", NoCors + "\nOrigin: https://evil.example\nSec-Fetch-Site: adjacent", 403),
            ("two relations", import + "EVIL", NoCors + "\nSec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site", 403),
            ("a name that begins like a trusted one", import + "EVIL", Script + $"\nOrigin: {Trusted}.evil.example" + NoOrigin, 403),
            ("a trusted name over HTTP", import + "EVIL", Script + "\nOrigin: http://charts.example\nSec-Fetch-Site: cross-site", 403),
            ("a link of another site that fetches", Fetch, Navigation + NoOrigin, 403),
            ("an image of another site that fetches", Fetch, Image + NoOrigin, 403),
            ("an image that hides the parameter", Fetch.Replace("fetch", "%66et%63h", StringComparison.Ordinal), Image + NoOrigin, 403),
            ("a HEAD that fetches", Fetch.Replace("GET", "HEAD", StringComparison.Ordinal), Image + NoOrigin, 403),
            ("a browser without Sec-Fetch-Site", import + "EVIL", "Content-Type: text/plain\nOrigin: https://evil.example", 403),
            ("its page on another port", import + "EVIL", "Content-Type: text/plain\nOrigin: http://localhost:18888", 403),
            ("its page over TLS", import + "EVIL", "Content-Type: text/plain\nOrigin: https://localhost:PORT", 403),
            ("its page without an origin", import + "EVIL", "Content-Type: text/plain\nOrigin: null", 403),
            ("curl with a foreign origin", import + "EVIL", Curl + "\nOrigin: https://evil.example", 403),
            ("curl with two origins", import + "EVIL", Curl + "\nOrigin: http://localhost:PORT\nOrigin: https://evil.example", 403),
            ("a ticker's end", "DELETE /v1/tickers/SAFE?confirm=SAFE", Script + CrossSite, 403),
            ("a method of no endpoint", "FOO /v1/tickers", Script + CrossSite, 403),
            ("a page of this service", import + "OWN1", Script + SameOrigin, 201),
            ("a form of this service", import + "OWN2", Form + SameOrigin, 201),
            ("a page of this service, in an old browser", import + "OWN3", "Content-Type: text/csv\nOrigin: http://localhost:PORT", 201),
            ("a page of a trusted origin", import + "OWN4", Script + $"\nOrigin: {Trusted}\nSec-Fetch-Site: cross-site", 201),
            ("a page of a trusted origin, in an old browser", import + "OWN5", $"Content-Type: text/csv\nOrigin: {Trusted}", 201),
            ("curl", import + "OWN6", Curl, 201),
            // 400, because no provider is configured.
            ("the docs' own request", Fetch, "Accept: */*\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\nSec-Fetch-Site: same-origin", 400),
            ("an address that was typed", Fetch, Navigation + "\nSec-Fetch-Site: none", 400),
            ("curl that fetches", Fetch, Curl, 400),
            ("a link of another site that reads", "GET /v1/tickers", Navigation + NoOrigin, 200),
            ("a link of another site with an empty fetch", "GET /v1/bars/OWN6?timeframe=1d&fetch=", Navigation + NoOrigin, 200),
            ("a script of another site that reads", "GET /v1/tickers", "Accept: */*\nSec-Fetch-Mode: cors" + CrossSite, 200),
            ("a preflight of a trusted origin", "OPTIONS /v1/sync", Preflight, 204),
        ];
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('SAFE')");
        var wrong = new List<string>();
        foreach (var (what, request, headers, status) in requests)
        {
            var answer = await SendAsync(api, request, "localhost:PORT", headers);
            if (
                !answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal)
                || (status == 403 && !IsProblem(answer, "cross-site-request"))
            )
            {
                wrong.Add($"{what}: {status} was expected: {answer}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol = 'EVIL'"));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol = 'SAFE'"));
        Assert.Equal(6, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol ~ '^OWN[1-6]$'"));
    }

    [Fact]
    public async Task The_origin_asterisk_lets_all_pages_read_but_not_change_data()
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
        var read = await SendAsync(api, "GET /v1/tickers", "localhost:PORT", "Accept: */*" + CrossSite);
        Assert.Contains("Access-Control-Allow-Origin: *", read, StringComparison.Ordinal);
        var refused = await SendAsync(api, "POST /v1/imports?timeframe=1d&symbol=STAR", "localhost:PORT", NoCors + CrossSite);
        Assert.True(IsProblem(refused, "cross-site-request"), refused);
        Assert.Contains("'https://evil.example'", refused, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol = 'STAR'"));
    }

    [Fact]
    public async Task Only_names_of_the_service_are_accepted_as_hosts()
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            new()
            {
                ["Wyckoff:Access"] = "keys",
                ["Wyckoff:Api:OpenMarketData"] = "true",
                ["Wyckoff:Api:Hosts:0"] = "wyckoff.example",
                ["Wyckoff:Api:Hosts:1"] = "*.lan.example",
                ["Wyckoff:Api:Hosts:2"] = "192.168.1.20",
                ["Wyckoff:Api:Hosts:3"] = "2001:DB8:0::1",
                ["Wyckoff:Api:Hosts:4"] = "api_1",
                ["Wyckoff:Api:Hosts:5"] = "börse.example",
            }
        );
        string[] known =
        [
            "localhost",
            "LocalHost:PORT",
            "localhost:1",
            "x.localhost",
            "a.b.localhost:PORT",
            "127.0.0.1",
            "127.0.0.1:PORT",
            "127.0.0.53:80",
            "[::1]",
            "[::1]:PORT",
            "wyckoff.example",
            "WYCKOFF.example:8443",
            "a.lan.example",
            "192.168.1.20:5080",
            "[2001:db8::1]:5080",
            "api_1:8080",
            "xn--brse-5qa.example",
        ];
        string[] unknown =
        [
            "evil.example",
            "evil.example:PORT",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "www.wyckoff.example",
            "lan.example",
            "evillan.example",
            "192.168.1.21",
            "0.0.0.0:PORT",
            "[2001:db8::2]",
            "",
        ];
        var wrong = new List<string>();
        foreach (var host in known)
        {
            var answer = await SendAsync(api, "GET /problems", host);
            if (!answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
            {
                wrong.Add($"{host}: {answer}");
            }
        }

        foreach (var host in unknown)
        {
            var answer = await SendAsync(api, "GET /problems", host);
            if (!IsProblem(answer, "unknown-host"))
            {
                wrong.Add($"{host}: {answer}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    [Fact]
    public async Task Only_health_probes_are_answered_under_an_unknown_host()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:Cors:Origins:0"] = Trusted });
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('KEPT')");
        foreach (
            var request in (string[])
                [
                    "GET /v1/tickers",
                    "HEAD /v1/tickers",
                    "POST /v1/imports?timeframe=1d&symbol=REBOUND",
                    "PUT /v1/tickers/KEPT",
                    "PATCH /v1/tickers/KEPT",
                    "DELETE /v1/tickers/KEPT?confirm=KEPT",
                    "OPTIONS /v1/tickers",
                    "TRACE /v1/tickers",
                    "GET /",
                    "GET /docs",
                    "GET /openapi/v1.json",
                    "GET /nothing",
                    "GET /health/more",
                    "GET /v1/status",
                ]
        )
        {
            // After DNS rebinding, the page and the service have the same origin for the browser.
            var headers = Script + SameOrigin.Replace("localhost", "evil.example", StringComparison.Ordinal);
            var answer = await SendAsync(api, request, "evil.example:PORT", headers);
            Assert.True(IsProblem(answer, "unknown-host"), $"{request}: {answer}");
        }

        var preflight = await SendAsync(api, "OPTIONS /v1/sync", "evil.example", Preflight);
        Assert.True(IsProblem(preflight, "unknown-host"), preflight);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol = 'KEPT'"));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.tickers WHERE symbol = 'REBOUND'"));

        // The cache of the last valid host does not let another one pass.
        Assert.StartsWith("HTTP/1.1 200 ", await SendAsync(api, "GET /problems", "localhost"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 421 ", await SendAsync(api, "GET /problems", "evil.example"), StringComparison.Ordinal);
        foreach (var probe in (string[])["/health", "/alive"])
        {
            Assert.StartsWith("HTTP/1.1 200 ", await SendAsync(api, "GET " + probe, "10.244.0.7:8080"), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 200 ", await api.RawAsync($"GET {probe} HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        }

        Assert.Contains("names no host", await api.RawAsync("GET /problems HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
    }

    /// <summary>Sends a raw request. A POST has a file with one bar, in a form if the headers declare one.</summary>
    private static Task<string> SendAsync(ListeningApi api, string request, string host, string headers = "Accept: */*")
    {
        var body =
            !request.StartsWith("POST", StringComparison.Ordinal) ? ""
            : !headers.Contains("multipart/form-data", StringComparison.Ordinal) ? Csv
            : $"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bars.csv\"\r\n\r\n{Csv}\r\n--{Boundary}--\r\n";
        var text = new StringBuilder($"{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        text.Append(headers.ReplaceLineEndings("\r\n")).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n{body}");
        return api.RawAsync(text.Replace("PORT", api.Address.Port.ToString(CultureInfo.InvariantCulture)).ToString());
    }

    /// <summary>Whether the response is a problem of a kind. For HEAD, only the status and the content type are checked.</summary>
    private static bool IsProblem(string answer, string kind)
    {
        var parts = answer.Split("\r\n\r\n", 2);
        return parts[0].StartsWith($"HTTP/1.1 {Problems.Find(kind)!.Status} ", StringComparison.Ordinal)
            && parts[0].Contains("Content-Type: application/problem+json", StringComparison.Ordinal)
            && (parts[1].Length == 0 || parts[1].Contains($"\"type\":\"/problems/{kind}\"", StringComparison.Ordinal));
    }
}
