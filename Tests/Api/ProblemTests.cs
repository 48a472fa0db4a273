using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using Wyckoff.Api.Errors;
using Wyckoff.Tests.Api.Faults;

namespace Wyckoff.Tests.Api;

/// <summary>Failed requests are answered with problem documents, and broken responses are recognizable.</summary>
public sealed class ProblemTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/nothing/here", null, null, "not-found")]
    [InlineData("GET", "/v1/imports/99999999", null, null, "unknown-import")]
    [InlineData("GET", "/v1/imports/many", null, null, "invalid-parameters")]
    [InlineData("GET", "/v1/quality/SPY?timeframe=1w", null, null, "invalid-parameters")]
    [InlineData("GET", "/v1/imports?limit=many", null, null, "invalid-parameters")]
    [InlineData("GET", "/v1/imports?limit=0", null, null, "invalid-parameters")]
    [InlineData("DELETE", "/v1/quality/SPY", null, null, "method-not-allowed")]
    [InlineData("POST", "/v1/sync", "application/json", "{", "invalid-parameters")]
    [InlineData("POST", "/v1/sync", "application/json", "[1]", "invalid-parameters")]
    [InlineData("POST", "/v1/sync", "application/json", "{}", "invalid-parameters")]
    [InlineData("POST", "/v1/sync", "text/plain", "hello", "unsupported-media-type")]
    [InlineData("POST", "/v1/imports", "image/png", "hello", "unsupported-media-type")]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d&name=%00",
        "text/csv",
        "timestamp,open,high,low,close,volume",
        "invalid-parameters"
    )]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=note\r\n\r\ncut off",
        "malformed-request"
    )]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=f; filename=a.csv\r\n\r\ntimestamp,open,high,low,close\n2024-01-02,1,2,1,1",
        "malformed-request"
    )]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=f; filename=a.zip\r\n\r\nPK",
        "malformed-request"
    )]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d",
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''a%00b.csv\r\n\r\ntimestamp\r\n--x--",
        "invalid-parameters"
    )]
    [InlineData("GET", "/problems/none", null, null, "unknown-problem")]
    public async Task Every_failed_request_gets_a_problem_of_the_expected_kind(
        string method,
        string url,
        string? type,
        string? body,
        string expected
    )
    {
        await using var api = new ApiServer(database.AppConnection);
        foreach (var accept in (string[])["*/*", "text/html", "image/png"])
        {
            using var request = new HttpRequestMessage(new(method), url);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            request.Content = body is null
                ? null
                : new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type!) } };
            using var response = await api.CreateClient().SendAsync(request, Token);
            var problem = await ProblemAsync(response, Problems.Find(expected)!);
            Assert.Equal(response.Headers.GetValues("X-Request-Id").Single(), problem.GetProperty("requestId").GetString());
            Assert.True(expected != "method-not-allowed" || response.Content.Headers.Allow.Contains("GET"));
        }
    }

    [Fact]
    public async Task Every_problem_type_is_a_path_that_describes_it()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        var all = await client.GetFromJsonAsync<JsonElement>("/problems", Token);
        var kinds = all.GetProperty("problems").EnumerateArray().ToList();
        Assert.Equal(Problems.All.Count, kinds.Count);
        Assert.Contains(kinds, kind => kind.GetProperty("type").GetString() == "/problems/database-away");
        foreach (var kind in kinds)
        {
            Assert.Equal(
                kind.ToString(),
                (await client.GetFromJsonAsync<JsonElement>(kind.GetProperty("type").GetString(), Token)).ToString()
            );
        }
    }

    [Fact]
    public async Task The_detail_of_invalid_parameters_repeats_the_first_errors()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        Assert.Equal("limit: '0' is not a whole number from 1 to 1000.", await DetailAsync("limit=0"));
        var detail = await DetailAsync("limit=0&a=1&b=1&c=1");
        Assert.StartsWith("a: Unknown parameter; ", detail, StringComparison.Ordinal);
        Assert.EndsWith(" 'errors' has 1 more.", detail, StringComparison.Ordinal);

        async Task<string> DetailAsync(string query)
        {
            using var response = await client.GetAsync($"/v1/imports?{query}", Token);
            var problem = await response.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/invalid-parameters");
            return problem.GetProperty("detail").GetString()!;
        }
    }

    [Fact]
    public async Task An_unknown_symbol_is_answered_with_similar_symbols()
    {
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol) VALUES ('NEARLY'), ('NEARER'), ('NEAR.B'), ('NAERLX'), ('FARAWAY'), ('XQ')"
        );
        await using var api = new ApiServer(database.AppConnection);
        var problem = await NearAsync("NEARLX");
        Assert.Equal("NEARLX", Assert.Single(problem.GetProperty("symbols").EnumerateArray()).GetString());
        Assert.Equal(["NAERLX", "NEARLY", "NEAR.B", "NEARER"], Near(problem));
        Assert.Contains("NAERLX, NEARLY, NEAR.B, NEARER", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(["NEAR.B", "NEARER", "NEARLY"], Near(await NearAsync("near"))[..3]);
        Assert.Empty(Near(await NearAsync("ZZZZZZZZZZZZZZZZZZZZ")));

        async Task<JsonElement> NearAsync(string symbol) =>
            await ProblemAsync(await api.CreateClient().GetAsync($"/v1/quality/{symbol}", Token), Problems.UnknownSymbol);

        static List<string?> Near(JsonElement problem) =>
            [.. problem.GetProperty("near").EnumerateArray().Select(symbol => symbol.GetString())];
    }

    [Fact]
    public async Task A_stopped_database_is_503_until_it_runs_again()
    {
        var server = await TestServers.Current.OwnPostgresAsync("away");
        var port = server.Port;
        Assert.Equal(0, (await Migrations.RunAsync(server.ConnectionString("wyckoff"))).ExitCode);
        await using var api = await ListeningApi.StartAsync(TestServers.AppConnection(server));
        using (var before = await api.Client.GetAsync("/v1/imports", Token))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }

        Signals.Kill(server.Pid);

        // The backend processes outlive the server process for a moment.
        await Eventually.GetAsync(
            async () => (await api.Client.GetAsync("/v1/imports", Token)).StatusCode,
            status => status != HttpStatusCode.OK
        );

        foreach (
            var url in (string[])["/v1/imports", "/v1/quality/SPY", "/v1/bars/SPY", "/v1/feeds", "/v1/imports/1", "/v1/imports/1/events"]
        )
        {
            using var response = await api.Client.GetAsync(url, Token);
            await ProblemAsync(response, Problems.DatabaseAway);
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }

        Assert.Contains(
            api.Logged,
            line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains(" 5400: ", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error Microsoft.AspNetCore", StringComparison.Ordinal));
        await server.DisposeAsync();

        await using var again = await TestServers.Current.OwnPostgresAsync("away", port);
        using var after = await api.Client.GetAsync("/v1/imports", Token);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task A_query_timeout_and_an_exhausted_connection_pool_are_503()
    {
        var connection = new NpgsqlConnectionStringBuilder(database.AppConnection)
        {
            MaxPoolSize = 5,
            MinPoolSize = 1,
            Timeout = 1,
            CommandTimeout = 2,
        }.ConnectionString;
        await using var api = await ListeningApi.StartAsync(connection);
        await using var holder = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("LOCK TABLE market.import_batches IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => api.Client.GetAsync("/v1/imports", Token)));
        foreach (var response in responses)
        {
            await ProblemAsync(response, Problems.DatabaseAway);
        }
    }

    [Theory]
    [InlineData("last=5")]
    [InlineData("from=2024-01-01&limit=5")]
    [InlineData("from=2024-01-01&limit=5&format=csv")]
    [InlineData("last=5&fields=close&format=ndjson")]
    public async Task A_response_with_several_symbols_starts_only_after_the_first_bars_are_read(string query)
    {
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('HELD') ON CONFLICT DO NOTHING;
            INSERT INTO market.ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('HELD', '1d', '2024-01-02', 10, 11, 9, 10, 5);
            """
        );
        await using var api = await ListeningApi.StartAsync(
            new NpgsqlConnectionStringBuilder(database.AppConnection) { CommandTimeout = 1 }.ConnectionString
        );
        await using var holder = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("LOCK TABLE market.bars_1d IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        using var response = await api.Client.GetAsync($"/v1/bars?symbols=HELD&timeframe=1d&{query}", Token);
        await ProblemAsync(response, Problems.DatabaseAway);
    }

    [Theory]
    [InlineData("")]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_response_that_fails_after_its_start_is_aborted(string encoding)
    {
        var begun = new TaskCompletionSource();
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
                app.MapGet(
                    "/half",
                    async (HttpContext context) =>
                    {
                        context.Response.ContentType = "application/json";
                        await context.Response.WriteAsync("[" + string.Join(',', Enumerable.Range(0, 50_000)), context.RequestAborted);
                        await context.Response.Body.FlushAsync(context.RequestAborted);
                        await begun.Task.WaitAsync(context.RequestAborted);
                        throw new InvalidOperationException("In the middle.");
                    }
                )
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, "/half");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        using var response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(encoding, string.Concat(response.Content.Headers.ContentEncoding));
        begun.SetResult();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsByteArrayAsync(Token));
        Assert.Single(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains(api.Logged, line => line.Contains(" 5402: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_before_the_response_starts_is_a_complete_problem_document()
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
                app.MapGet(
                    "/early",
                    void (HttpContext context) =>
                    {
                        context.Response.ContentType = "text/csv";
                        context.Response.Headers.ETag = "\"1\"";
                        throw new InvalidOperationException("A secret of the service.");
                    }
                )
        );
        using var response = await api.Client.GetAsync("/early", Token);
        var problem = await ProblemAsync(response, Problems.InternalError);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
        Assert.Null(response.Headers.ETag);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task No_problem_document_follows_bytes_that_are_written_but_not_sent()
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
                app.MapGet(
                    "/unflushed",
                    void (HttpContext context) =>
                    {
                        context.Response.ContentType = "text/csv";
                        context.Response.BodyWriter.Write("a,b\n1,2\n"u8);
                        throw new InvalidOperationException("Before the first flush.");
                    }
                )
        );
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => api.Client.GetAsync("/unflushed", Token));

        // With compression the bytes are still in the compressor, which is discarded, so a problem can be sent.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/unflushed") { Headers = { { "Accept-Encoding", "gzip" } } };
        using var response = await api.Client.SendAsync(request, Token);
        await ProblemAsync(response, Problems.InternalError);
    }

    [Fact]
    public async Task A_client_that_disconnects_is_not_logged_as_an_error()
    {
        var entered = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app =>
                app.MapGet(
                    "/slow",
                    async (HttpContext context, NpgsqlDataSource source) =>
                    {
                        // The server calls this after everything about the request is logged.
                        context.Response.OnCompleted(() =>
                        {
                            ended.SetResult();
                            return Task.CompletedTask;
                        });
                        await using var command = source.CreateCommand("SELECT pg_sleep(600)");
                        entered.SetResult();
                        await command.ExecuteNonQueryAsync(context.RequestAborted);
                    }
                )
        );
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var request = api.Client.GetAsync("/slow", leave.Token);
        await entered.Task;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await ended.Task.WaitAsync(Eventually.Bound, Token);
        Assert.DoesNotContain(
            api.Logged,
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task The_request_id_of_a_problem_finds_its_log_line()
    {
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app => app.MapGet("/fails", void () => throw new InvalidOperationException())
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fails") { Headers = { { "X-Request-Id", "mine-42" } } };
        using var response = await api.Client.SendAsync(request, Token);
        Assert.Equal("mine-42", (await ProblemAsync(response, Problems.InternalError)).GetProperty("requestId").GetString());
        Assert.Contains(
            " Request=mine-42",
            Assert.Single(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_request_and_trace_ids_of_a_problem_find_its_console_message()
    {
        var failure = new InvalidOperationException("A secret\nof ours.", new FormatException("Why."));
        await using var api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: app => app.MapGet("/fails", void () => throw failure),
            configure: builder => builder.Services.AddSingleton<ILoggerProvider, ConsoleLog>()
        );
        using var response = await api.Client.GetAsync("/fails", Token);
        var problem = await ProblemAsync(response, Problems.InternalError);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.ToString(), StringComparison.Ordinal);

        var (request, trace) = (problem.GetProperty("requestId").GetString(), problem.GetProperty("traceId").GetString());
        var messages = api.Services.GetServices<ILoggerProvider>().OfType<ConsoleLog>().Single().Messages;
        var message = Assert.Single(messages, message => message.Contains($"request={request}", StringComparison.Ordinal));
        var lines = message.TrimEnd().Split(Environment.NewLine);
        Assert.Matches("^[0-9:.]{12} fail \\w+: .* System\\.InvalidOperationException: A secret of ours\\. .*path=/fails", lines[0]);
        Assert.Contains($" trace={trace}", lines[0], StringComparison.Ordinal);
        Assert.Contains($" request={request}", lines[0], StringComparison.Ordinal);
        Assert.All(lines[1..], line => Assert.StartsWith("      ", line, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("System.FormatException: Why.", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"at {typeof(ProblemTests)}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/v1/sync", null, null, 400, "Missing; expected a JSON object.")]
    [InlineData("POST", "/v1/sync", "application/json", "", 400, "Missing; expected a JSON object.")]
    [InlineData("POST", "/v1/sync", "text/plain", "{}", 415, "The body has the content type 'text/plain': application/json is")]
    [InlineData("POST", "/v1/sync", "", "{}", 415, "The body has no content type: application/json is expected.")]
    [InlineData("POST", "/v1/sync", "application/json", "{\n  from", 400, "Not valid JSON: error at line 2, byte 3.")]
    [InlineData("POST", "/v1/sync", "application/json", "null", 400, "Got null; expected a JSON object.")]
    [InlineData("POST", "/v1/sync", "application/json", "[1]", 400, "Got an array; expected a JSON object.")]
    [InlineData("POST", "/v1/tickers", null, null, 400, "Missing; expected a JSON object.")]
    [InlineData("POST", "/v1/tickers", "text/plain", "{}", 415, "The body has the content type 'text/plain': application/json is")]
    [InlineData("POST", "/v1/tickers", "application/json", "{", 400, "Not valid JSON: error at line 1, byte 2.")]
    [InlineData("PUT", "/v1/tickers/SPY", null, null, 400, "Missing; expected a JSON object.")]
    [InlineData(
        "PATCH",
        "/v1/tickers/SPY",
        "text/csv",
        "{}",
        415,
        "The body has the content type 'text/csv': application/json or application/"
    )]
    [InlineData("POST", "/v1/imports?symbol=X&timeframe=1d", null, null, 415, "'' is not a supported type of file; expected one of ")]
    [InlineData(
        "POST",
        "/v1/imports?symbol=X&timeframe=1d",
        "application/json",
        "{}",
        415,
        "'application/json' is not a supported type of file"
    )]
    public async Task An_unreadable_body_is_described_without_names_of_code(
        string method,
        string url,
        string? type,
        string? body,
        int status,
        string expected
    )
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        using var request = new HttpRequestMessage(new(method), url);
        request.Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is { Length: > 0 })
        {
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var response = await api.Client.SendAsync(request, Token);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        var message = problem.TryGetProperty("errors", out var errors) ? errors.GetProperty("body")[0] : problem.GetProperty("detail");
        Assert.Equal(status, (int)response.StatusCode);
        Assert.StartsWith(expected, message.GetString(), StringComparison.Ordinal);
        Assert.DoesNotMatch("Did you mean|parameter \"|SyncBody|TickerBody|System\\.|Nullable|Exception", problem.ToString());
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, ProblemKind kind)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.Equal(
            (kind.Status, "application/problem+json"),
            ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType)
        );
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(
            (kind.Type, kind.Title, kind.Status),
            (problem.GetProperty("type").GetString(), problem.GetProperty("title").GetString(), problem.GetProperty("status").GetInt32())
        );
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.Equal(32, problem.GetProperty("traceId").GetString()!.Length);
        return problem;
    }

    /// <summary>Collects the messages that the service writes to the console.</summary>
    private sealed class ConsoleLog(IEnumerable<ConsoleFormatter> formatters) : ScopedLoggerProvider
    {
        private readonly ConsoleFormatter _formatter = formatters.Single(formatter => formatter.Name == "line");

        public ConcurrentQueue<string> Messages { get; } = new();

        protected override void Write<TState>(in LogEntry<TState> entry)
        {
            using var text = new StringWriter();
            _formatter.Write(entry, Scopes, text);
            Messages.Enqueue(text.ToString());
        }
    }
}
