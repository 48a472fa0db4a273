using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>
/// Sends random valid and invalid requests to every operation of the OpenAPI document.
/// Each must get a response that the document describes, and no 500.
/// A request depends only on the seed and its number. The seed is fixed, so that runs are repeatable;
/// <c>WYCKOFF_TEST_FUZZ=SEED[:SECONDS]</c> sets another seed and duration.
/// </summary>
public sealed class FuzzTests(SampleDatabase database, ITestOutputHelper output) : IClassFixture<SampleDatabase>
{
    private const int DefaultSeed = 20_261_130;
    private const int RequestsPerSecond = 150;
    private static readonly TimeSpan ResponseTimeout = Eventually.Bound;

    // Already percent-encoded for a URL. Some encodings are invalid.
    private static readonly string[] HostileValues =
    [
        "",
        "%00",
        "a%00b",
        "%ED%A0%80",
        "%FF%FE",
        "%C0%AF",
        "%F0%9F%92%A9",
        "%",
        "%zz",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cwindows",
        "%252e%252e%252f",
        "%0d%0aX-Injected:%20yes",
        "%u0041",
        "'%20OR%201=1--",
        "%27;DROP%20TABLE%20market.tickers;--",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "{0}",
        "${7*7}",
        "$(id)",
        "-1",
        "0",
        "1e9",
        "1e400",
        "NaN",
        "Infinity",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "99999999999999999999999999",
        "0x10",
        "1.5",
        "%2B1",
        "%201",
        "true",
        "null",
        "undefined",
        "[]",
        "{}",
        "2024-02-30",
        "2024-13-01",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59.9999999Z",
        "2024-06-03T00:00:00-14:00",
        "20240603",
        "-62135596800",
        "253402300799",
        "253402300800",
        "1718000000000000000",
        "SPY,SPY,SPY",
        "SPY,",
        ",",
        "SPY%2CAAPL%2CTSLA",
        "BTC%2FUSD",
        "%E2%80%AE",
        "%EF%BB%BFSPY",
        "America/New_York",
        "../../etc/localtime",
        "Etc/GMT%2B12",
        "1m",
        "3m",
        "7h",
        "1w",
        "1mo",
        "1q",
        "1y",
        "0m",
        "100000000m",
        "all",
        "open,open",
        "timestamp",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "SPY",
        "AAPL",
        "spy",
        "Spy%20",
    ];

    private static readonly string[] Accepts =
    [
        "*/*",
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "application/vnd.apache.parquet",
        "text/event-stream",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "image/png",
        "garbage",
        "application/json;q=0",
        ";;;",
        "text/csv;q=abc",
        "*",
        "a/b,c/d;q=1.0000001",
        "application/json;version=\"1",
        "/",
        "application/json, text/csv;q=0.9, */*;q=0.1",
    ];

    private static readonly string[] Bodies =
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        "\"text\"",
        "0",
        "{\"symbol\":1}",
        "{\"symbol\":null,\"symbols\":[null]}",
        "{\"symbol\":\"\\ud800\"}",
        "{\"symbol\":\"\\u0000\"}",
        "{\"symbol\":\"X\",\"symbol\":\"Y\"}",
        "{\"from\":1e400}",
        "{\"from\":\"0001-01-01T00:00:00+14:00\",\"to\":\"9999-12-31T23:59:59-14:00\",\"symbol\":\"SPY\"}",
        "\u00ff\u00fe",
        "\u00ef\u00bb\u00bf{}",
        "{\"a\":" + "[[[[[[[[",
        "{\"timezone\":\"Mars/Phobos\",\"symbol\":\"X\"}",
        "{\"active\":\"yes\",\"symbol\":\"X\",\"name\":\"\\u0007\"}",
        "--x\r\nContent-Disposition: form-data; name=f; filename=a.csv\r\n\r\nnonsense\r\n--x--",
        "PAR1PAR1",
        "PK\u0003\u0004",
        "\u001f\u008b\u0008\u0000",
    ];

    private static readonly string[] Types =
    [
        "application/json",
        "text/csv",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/merge-patch+json",
        "application/json; charset=utf-16",
        "garbage",
        "application/zip",
        "application/gzip",
        "application/vnd.apache.parquet",
    ];

    private static readonly string[] Samples = ["SPY", "AAPL", "TSLA"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_gets_a_described_response_and_no_500()
    {
        var (seed, seconds) = Settings();
        await using var api = await StartAsync();
        var described = await Described.ReadAsync(api.Client);
        var wrong = new ConcurrentQueue<string>();
        var statuses = new ConcurrentDictionary<(string, int), int>();
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, seconds * RequestsPerSecond),
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Token },
            async (number, token) =>
            {
                if (clock.Elapsed.TotalSeconds > seconds || wrong.Count >= 20)
                {
                    return;
                }

                var random = new Random(unchecked(seed + (number * 7919)));
                var operation = described.Operations[random.Next(described.Operations.Count)];
                using var request = Request(operation, random, api.Address, out var text);
                var started = clock.Elapsed;
                try
                {
                    using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
                    timeout.CancelAfter(ResponseTimeout);
                    using var response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
                    var (status, type) = ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType);
                    var body = type == "text/event-stream" ? [] : await ReadAsync(response, timeout.Token);
                    statuses.AddOrUpdate((operation.Id, status), 1, (_, count) => count + 1);
                    if (FindError(DescribedOperation(), response, status, type, body) is { } error)
                    {
                        wrong.Enqueue(
                            $"{number}: {text}\n   {status} {type}: {error}\n   "
                                + Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 600)))
                        );
                    }
                }
                catch (OperationCanceledException) when (!token.IsCancellationRequested)
                {
                    wrong.Enqueue(
                        $"{number}: {text}\n   no response within {(clock.Elapsed - started).TotalSeconds:0} s; "
                            + $"sessions of the database: {await SessionsAsync()}"
                    );
                }
                catch (HttpRequestException e) when (e.InnerException is IOException && request.Content?.Headers.ContentLength > 1 << 20)
                {
                    // The server closes the connection if the client continues to send a body that is too large.
                }
                catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
                {
                    wrong.Enqueue($"{number}: {text}\n   {e.Message} {e.InnerException?.Message}");
                }

                // The request may have another method than the operation that it was made from.
                Described.Operation? DescribedOperation() =>
                    described.Operations.FirstOrDefault(other => other.Path == operation.Path && other.Method == request.Method.Method);

                string? FindError(Described.Operation? requested, HttpResponseMessage response, int status, string? type, byte[] body)
                {
                    if (status >= 500 || response.Headers.Contains("X-Injected"))
                    {
                        return "a 5xx status or an injected header";
                    }

                    if (!response.Headers.Contains("X-Request-Id"))
                    {
                        // The HTTP server itself rejects malformed requests, before the middleware adds X-Request-Id.
                        return status is 400 or 408 or 413 or 414 or 431 && body.Length == 0 ? null : "a response without X-Request-Id";
                    }

                    if (request.Method == HttpMethod.Head)
                    {
                        return body.Length == 0 ? null : "a body in the response to HEAD";
                    }

                    if (status < 400)
                    {
                        return requested is null
                            ? "success of a method that is not described"
                            : described.FindError(requested, status, type, body);
                    }

                    if (type != "application/problem+json")
                    {
                        return "an error that is not a problem document";
                    }

                    return described.FindProblemError(body, out var document)
                        ?? document.GetProperty("type").GetString() switch
                        {
                            "/problems/not-found" or "/problems/method-not-allowed" => null,
                            "/problems/cross-site-request" or "/problems/forwarded-request" when requested is null => null,
                            _ => requested is null
                                ? "an undocumented problem for a method that is not described"
                                : described.FindError(requested, status, type, body),
                        };
                }
            }
        );

        var requests = statuses.Values.Sum();
        output.WriteLine($"WYCKOFF_TEST_FUZZ={seed}:{seconds}; {requests} requests in {clock.Elapsed.TotalSeconds:0.0} s");
        foreach (var operation in statuses.GroupBy(status => status.Key.Item1).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            output.WriteLine(
                $"{operation.Key}: "
                    + string.Join(
                        ", ",
                        operation.OrderBy(status => status.Key.Item2).Select(status => $"{status.Key.Item2} {status.Value}×")
                    )
            );
        }

        Assert.True(
            wrong.IsEmpty,
            $"WYCKOFF_TEST_FUZZ={seed}:{seconds}\n{string.Join('\n', wrong)}\n"
                + string.Join('\n', api.Logged.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).Take(5))
        );
        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));
        // Each GET operation must have succeeded at least once, or the test would prove little.
        Assert.True(requests > 300, $"Only {requests} requests were sent.");
        Assert.All(
            described.Operations.Where(operation => operation is { Method: "GET", Id: not "SignIn" }), // in local mode nobody signs in
            operation =>
                Assert.True(
                    statuses.Keys.Any(status => status.Item1 == operation.Id && status.Item2 == 200),
                    $"{operation} never succeeded."
                )
        );
    }

    [Fact]
    public async Task Malformed_HTTP_gets_an_error_response_or_a_closed_connection()
    {
        var (seed, seconds) = Settings();
        await using var api = await StartAsync();
        var random = new Random(seed);
        List<string> requests =
        [
            "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/../../../x HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1//bars//SPY HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/SPY%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/%ED%A0%80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/\u00ff\u00fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET http://evil.example/v1/bars/SPY HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET v1/bars/SPY HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "CONNECT x:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /problems HTTP/1.1\r\n\r\n",
            "GET /problems HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /problems HTTP/9.9\r\nHost: localhost\r\n\r\n",
            "GET /problems\r\n\r\n",
            "\r\n\r\n\r\n",
            "\0\0\0\0",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /problems HTTP/1.1\r\nHost: localhost\r\nBad Header: 1\r\n\r\n",
            "GET /problems HTTP/1.1\r\nHost: localhost\r\n: 1\r\n\r\n",
            "GET /problems HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
            "GET /problems HTTP/1.1\r\nHost: localhost\r\nA: 1\r\n B: 2\r\n\r\n",
            "GET /problems HTTP/1.1\nHost: localhost\n\n",
            "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}",
            "POST /v1/imports?symbol=X&timeframe=1d HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n5\r\ntimes",
            "POST /v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                + "Content-Length: 8\r\n\r\n--x\r\n\r\n\r\n",
            "GET /v1/bars/SPY?limit=1&limit=2&limit HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/SPY?&&==&%&;# HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/bars/SPY HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \0garbage\r\nRange: bytes=9-1\r\n\r\n",
            "GET /v1/bars/SPY HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"a\", W/\"b, *\r\nAccept-Encoding: br;q=9, *;q=x\r\n\r\n",
            "GET /v1/bars/SPY HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: \u00ff, , ,\r\nTraceparent: 00-zz\r\n\r\n",
        ];
        var valid = new[]
        {
            "GET /v1/bars/SPY?timeframe=1d&limit=3 HTTP/1.1\r\nHost: localhost\r\nAccept: text/csv\r\n\r\n",
            "POST /v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        };
        for (var n = 0; n < seconds * 10; n++)
        {
            requests.Add(Damaged(valid[random.Next(valid.Length)], random));
        }

        var wrong = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            requests,
            new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Token },
            async (request, token) =>
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(api.Address.Host, api.Address.Port, token);
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
                timeout.CancelAfter(ResponseTimeout);
                var answer = new MemoryStream();
                try
                {
                    var stream = socket.GetStream();
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
                    socket.Client.Shutdown(SocketShutdown.Send); // The server must not wait for the rest of the request.
                    await stream.CopyToAsync(answer, timeout.Token);
                }
                catch (OperationCanceledException) when (!token.IsCancellationRequested)
                {
                    wrong.Enqueue($"the connection stays open: {JsonSerializer.Serialize(request)}");
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // The server may close the connection.
                }

                var text = Encoding.Latin1.GetString(answer.ToArray());
                if (
                    text.Length > 0
                    && (
                        !text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
                        || (text[9] is not ('2' or '3' or '4') && !text.StartsWith("HTTP/1.1 505 ", StringComparison.Ordinal))
                    )
                    && !text.StartsWith("\0\0", StringComparison.Ordinal)
                )
                {
                    wrong.Enqueue($"{text[..Math.Min(text.Length, 200)]}: {JsonSerializer.Serialize(request)}");
                }
            }
        );
        Assert.True(wrong.IsEmpty, $"WYCKOFF_TEST_FUZZ={seed}:{seconds}\n{string.Join('\n', wrong)}");
        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));
        using var still = await api.Client.GetAsync("/problems", Token);
        Assert.True(still.IsSuccessStatusCode);
    }

    private Task<string> SessionsAsync() =>
        database.ScalarAsync<string>(
            """
            SELECT coalesce(
                string_agg(
                    format('%s %s %s %s: %s', pid, state, wait_event_type, now() - state_change, left(query, 100)),
                    E'\n   '),
                '')
              FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        );

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var plain = string.Concat(response.Content.Headers.ContentEncoding) switch
        {
            "gzip" => new GZipStream(stream, CompressionMode.Decompress),
            "br" => new BrotliStream(stream, CompressionMode.Decompress),
            _ => stream,
        };
        using var body = new MemoryStream();
        await plain.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    private static (int Seed, int Seconds) Settings()
    {
        var settings = Environment.GetEnvironmentVariable("WYCKOFF_TEST_FUZZ")?.Split(':') ?? [];
        return (
            settings is [{ Length: > 0 } seed, ..] ? int.Parse(seed, CultureInfo.InvariantCulture) : DefaultSeed,
            settings is [_, { Length: > 0 } seconds, ..] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 20
        );
    }

    private async Task<ListeningApi> StartAsync()
    {
        var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Api:HeadersWithin"] = "00:00:02" });
        using var import = await api.Client.PostAsync(
            "/v1/imports?symbol=FUZZ&timeframe=1d",
            new StringContent("timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\nbad\n", Encoding.UTF8, "text/csv"),
            Token
        );
        Assert.True(import.IsSuccessStatusCode);
        return api;
    }

    private static HttpRequestMessage Request(Described.Operation operation, Random random, Uri server, out string text)
    {
        var (path, query) = (operation.Path, new List<string>());
        var isValid = random.Next(2) == 0;
        foreach (var parameter in operation.Parameters)
        {
            var name = parameter.GetProperty("name").GetString()!;
            var inPath = parameter.GetProperty("in").GetString() == "path";
            var required = parameter.TryGetProperty("required", out var must) && must.GetBoolean();
            if (inPath || random.NextDouble() < (required ? 0.95 : 0.25))
            {
                var value = Value(operation, parameter, random, isValid);
                // Other requests read the samples, so they are not deleted.
                value =
                    operation.Method == "DELETE"
                    && (random.Next(3) > 0 || Samples.Any(sample => value.Contains(sample, StringComparison.OrdinalIgnoreCase)))
                        ? "FUZZ"
                        : value;
                if (inPath)
                {
                    // An empty segment or a segment of dots would change the path.
                    path = path.Replace(
                        $"{{{name}}}",
                        Uri.UnescapeDataString(value) is "" or "." or ".." ? "%20" : value,
                        StringComparison.Ordinal
                    );
                }
                else
                {
                    query.Add($"{name}={value}");
                }

                if (!inPath && !isValid && random.Next(20) == 0)
                {
                    query.Add($"{name}={Value(operation, parameter, random, isValid)}");
                }
            }
        }

        if (!isValid && random.Next(15) == 0)
        {
            query.Add($"{HostileValues[random.Next(HostileValues.Length)]}={HostileValues[random.Next(HostileValues.Length)]}");
        }

        var method = random.Next(25) switch
        {
            0 => "PUT",
            1 => "TRACE",
            2 => "FOO",
            3 when operation.Method == "GET" => "HEAD",
            _ => operation.Method,
        };
        var address = path + (query.Count > 0 ? "?" + string.Join('&', query) : "");
        // HttpClient must not normalize dots and escapes.
        var request = new HttpRequestMessage(
            new(method),
            new Uri(
                $"{server.GetLeftPart(UriPartial.Authority)}{address}",
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        if (random.Next(2) == 0)
        {
            request.Headers.TryAddWithoutValidation("Accept", Accepts[random.Next(Accepts.Length)]);
        }

        foreach (
            var header in (string[])
                [
                    "X-Request-Id",
                    "If-None-Match",
                    "If-Match",
                    "If-Modified-Since",
                    "Origin",
                    "Accept-Encoding",
                    "Last-Event-ID",
                    "Authorization",
                    "X-Forwarded-For",
                ]
        )
        {
            if (random.Next(15) == 0)
            {
                request.Headers.TryAddWithoutValidation(
                    header,
                    random.Next(3) == 0
                        ? "gzip, br"
                        : string.Concat(
                            Uri.UnescapeDataString(HostileValues[random.Next(HostileValues.Length)])
                                .Select(c =>
                                    c is '\r' or '\n' or '\0' ? ' '
                                    : c > 'ÿ' ? 'ÿ'
                                    : c
                                )
                        )
                );
            }
        }

        if (operation.Bodies.Count > 0 || random.Next(20) == 0)
        {
            request.Content = new ByteArrayContent(Body(operation, random, out var type));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            // Without Expect: 100-continue, the client of a body that is too large may see a closed connection and no response.
            request.Headers.ExpectContinue = request.Content.Headers.ContentLength > 1 << 20;
        }

        text =
            $"{method} {address} {string.Join("; ", request.Headers.NonValidated.Select(header => $"{header.Key}: {header.Value}"))} "
            + $"{request.Content?.Headers.NonValidated["Content-Type"]} {request.Content?.Headers.ContentLength}";
        return request;
    }

    private static string Value(Described.Operation operation, JsonElement parameter, Random random, bool isValid)
    {
        var schema = parameter.GetProperty("schema");
        switch (random.Next(isValid ? 5 : 10))
        {
            case < 5 when parameter.TryGetProperty("example", out var example):
                return Uri.EscapeDataString(example.ToString());
            case < 5 when operation.Resolve(schema).TryGetProperty("enum", out var choices):
                return Uri.EscapeDataString(choices[random.Next(choices.GetArrayLength())].ToString());
            case < 5 when schema.TryGetProperty("minimum", out var minimum) && schema.TryGetProperty("maximum", out var maximum):
                return random.NextInt64(minimum.GetInt64(), Math.Min(maximum.GetInt64(), 2_000) + 1).ToString(CultureInfo.InvariantCulture);
            case < 5 when schema.TryGetProperty("default", out var defaultValue):
                return Uri.EscapeDataString(defaultValue.ToString());
            case < 5 when isValid:
                return "";
            case 5:
                return
                    new string((char)random.Next('!', '~'), 1).Replace("#", "%23", StringComparison.Ordinal) is var one
                    && "?#/&%\\".Contains(one[0], StringComparison.Ordinal)
                    ? "x"
                    : one;
            case 6 when random.Next(6) == 0:
                return new string('A', random.Next(10_000));
            case 6:
                var text = new StringBuilder();
                for (var n = random.Next(1, 12); n > 0; n--)
                {
                    text.Append('%').Append(random.Next(256).ToString("X2", CultureInfo.InvariantCulture));
                }

                return text.ToString();
            default:
                return HostileValues[random.Next(HostileValues.Length)].Replace("?", "", StringComparison.Ordinal);
        }
    }

    private static byte[] Body(Described.Operation operation, Random random, out string type)
    {
        var (ownType, example) = operation.Bodies.FirstOrDefault(body => body.Example is not null);
        type = ownType is not null && random.Next(8) > 0 ? ownType : Types[random.Next(Types.Length)];
        if (random.Next(100) == 0)
        {
            return Encoding.UTF8.GetBytes("{\"symbol\":\"" + new string('x', 2 << 20) + "\"}");
        }

        return (example is null ? 2 : random.Next(4)) switch
        {
            0 => Encoding.UTF8.GetBytes(example!),
            1 => Encoding.Latin1.GetBytes(Damaged(example!, random)),
            _ => Encoding.Latin1.GetBytes(Bodies[random.Next(Bodies.Length)]),
        };
    }

    private static string Damaged(string text, Random random)
    {
        var characters = text.ToList();
        for (var n = random.Next(1, 5); n > 0; n--)
        {
            var place = random.Next(characters.Count);
            switch (random.Next(4))
            {
                case 0:
                    characters[place] = (char)random.Next(256);
                    break;
                case 1:
                    characters.Insert(place, (char)random.Next(256));
                    break;
                case 2 when characters.Count > 1:
                    characters.RemoveAt(place);
                    break;
                default:
                    characters.InsertRange(place, characters.Skip(random.Next(characters.Count)).Take(random.Next(20)).ToList());
                    break;
            }
        }

        return new([.. characters]);
    }
}
