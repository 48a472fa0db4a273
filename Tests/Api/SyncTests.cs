using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Wyckoff.Api;
using Wyckoff.Api.Bars;
using Wyckoff.Primitives;
using Wyckoff.Tests.Sync;

namespace Wyckoff.Tests.Api;

public sealed class SyncTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 0, 0, TimeSpan.Zero);
    private static int _symbols;

    private readonly string _symbol = $"API{Interlocked.Increment(ref _symbols)}";
    private FakeAlpaca _server = null!;
    private ApiServer _api = null!;
    private IReadOnlyList<FakeBar> _data = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeAlpaca.StartAsync();
        _server.Bars[_symbol] = _data = FakeAlpaca.Make(new Random(_symbols), Timeframe.Minute1, Start, 60);
        _api = new ApiServer(
            database.AppConnection,
            settings: new()
            {
                ["Wyckoff:Providers:Alpaca:KeyId"] = FakeAlpaca.KeyId,
                ["Wyckoff:Providers:Alpaca:SecretKey"] = FakeAlpaca.SecretKey,
                ["Wyckoff:Providers:Alpaca:Url"] = _server.Url.ToString(),
                ["Wyckoff:Providers:Alpaca:Retry:Attempts"] = "1",
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Missing_bars_are_fetched_before_they_are_read()
    {
        var client = _api.CreateClient();
        var url = $"/v1/bars/{_symbol}?timeframe=1m&from=2024-03-04T14:00:00Z&to=2024-03-04T15:00:00Z";
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(url, Token)).StatusCode);
        var bars = await client.GetFromJsonAsync<BarsResponse>(url + "&fetch=missing", Token);
        Assert.Equal(
            _data.Select(bar => (bar.Time, bar.Close, bar.Volume)),
            bars!.Bars!.Select(bar => (bar.Timestamp, bar.Close!.Value, bar.Volume!.Value))
        );
        var requests = _server.Log.Count;
        await client.GetFromJsonAsync<BarsResponse>(url + "&fetch=missing&provider=alpaca", Token);
        Assert.Equal(requests, _server.Log.Count);
    }

    [Fact]
    public async Task A_failing_provider_is_a_bad_gateway_and_no_partial_response()
    {
        _server.NextFault = () => Fault.ServerError;
        using var response = await _api.CreateClient()
            .GetAsync($"/v1/bars/{_symbol}?timeframe=1m&from=2024-03-04T14:00:00Z&to=2024-03-04T15:00:00Z&fetch=missing", Token);
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains(
            "503 Service Unavailable",
            (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("fetch=missing", "from", "Missing: fetch=missing needs")]
    [InlineData(
        "fetch=missing&from=2024-01-01&provider=nobody",
        "provider",
        "'nobody' is no provider that is configured: one of alpaca is expected."
    )]
    [InlineData("fetch=all&from=2024-01-01", "fetch", "'all' cannot be fetched")]
    public async Task An_invalid_fetch_names_the_parameter(string query, string field, string message) =>
        await RefusedAsync(_api, query, field, message);

    [Fact]
    public async Task A_fetch_without_a_configured_provider_names_the_setting()
    {
        await using var bare = new ApiServer(database.AppConnection);
        await RefusedAsync(
            bare,
            "fetch=missing&from=2024-01-01",
            "provider",
            "No provider is configured: set Wyckoff:Providers:Alpaca:KeyId"
        );
    }

    [Fact]
    public async Task A_sync_returns_the_result_and_all_bars_of_each_symbol()
    {
        var client = _api.CreateClient();
        var body = new
        {
            symbols = new[] { _symbol, "UNKNOWN" },
            timeframe = "1Min",
            from = Start,
            to = Start.AddHours(1),
            returnBars = true,
        };
        using var response = await client.PostAsJsonAsync("/v1/sync", body, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var sync = (await response.Content.ReadFromJsonAsync<SyncResponse>(Token))!;
        Assert.Equal(
            [(_symbol, "success", (long)_data.Count, 0), ("UNKNOWN", "failed", 0, 1)],
            sync.Results.Select(result => (result.Symbol, result.Status, result.Inserted, result.StillMissing.Count))
        );
        Assert.Equal(_data.Select(bar => bar.Close), sync.Results[0].Bars!.Select(bar => bar.Close!.Value));
        Assert.Contains("invalid symbol: UNKNOWN", sync.Results[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_invalid_fields_of_a_sync_are_named_at_once_with_the_query()
    {
        var errors = await RefusedAsync(
            "?force=true",
            """
            { "symbol": 5, "symbols": ["A B", "SPY", ""], "timeframe": "1w", "from": "soon", "to": true, "provider": "nobody",
              "ignoreImports": "yes", "returnBars": null, "colour": "red" }
            """
        );
        Assert.Equal(
            ["colour", "force", "from", "ignoreImports", "provider", "returnBars", "symbol", "symbols", "timeframe", "to"],
            errors.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal("This endpoint has no query parameters.", errors["force"]);
        Assert.Equal("Got a number; expected text.", errors["symbol"]);
        Assert.StartsWith("'A B' is not a symbol: ", errors["symbols"], StringComparison.Ordinal);
        Assert.Contains(" '' is not a symbol: ", errors["symbols"], StringComparison.Ordinal);
        Assert.StartsWith("'soon' is not a time: ", errors["from"], StringComparison.Ordinal);
        Assert.Equal("Got null; expected true or false.", errors["returnBars"]);
        Assert.Equal("'nobody' is no provider that is configured: one of alpaca is expected.", errors["provider"]);
    }

    [Theory]
    [InlineData("""{}""", "from", "symbols")]
    [InlineData("""{"symbol":"SPY","from":"2024-03-05","to":"2024-03-05"}""", "from")]
    [InlineData("""{"symbols":"SPY","from":"2024-03-05"}""", "symbols")]
    [InlineData("""{"symbols":["SPY",7],"from":"2024-03-05"}""", "symbols")]
    [InlineData("""{"symbol":"SPY","symbol":"SPY","from":"2024-03-05"}""", "symbol")]
    [InlineData("""{"symbol":"\ud800","from":"2024-03-05"}""", "symbol")]
    [InlineData("""{"symbol":"SPY","timeframe":"1m","from":"2004-01-01","to":"2024-01-01","returnBars":true}""", "returnBars")]
    [InlineData("""[]""", "body")]
    [InlineData("""{"from":""", "body")]
    public async Task A_sync_names_the_field_that_is_invalid(string body, params string[] names) =>
        Assert.Superset(names.ToHashSet(), (await RefusedAsync("", body)).Keys.ToHashSet());

    [Fact]
    public async Task Fields_of_a_sync_that_are_null_have_their_default()
    {
        using var content = new StringContent(
            $$"""{"symbol":"{{_symbol}}","symbols":null,"timeframe":"1m","from":"2024-03-04T14:00:00Z","to":null,"provider":null}""",
            Encoding.UTF8,
            "application/json"
        );
        using var response = await _api.CreateClient().PostAsync("/v1/sync", content, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var sync = (await response.Content.ReadFromJsonAsync<SyncResponse>(Token))!;
        Assert.Equal(
            (_symbol, "alpaca", (long)_data.Count),
            Assert.Single(sync.Results) is var one ? (one.Symbol, one.Provider, one.Inserted) : default
        );
    }

    [Fact]
    public async Task The_feeds_are_listed()
    {
        var (exitCode, output, error) = await VerbAsync(
            "feeds",
            "add",
            "--symbol",
            _symbol,
            "--timeframe",
            "1m",
            "--since",
            "2024-01-01",
            "--every",
            "60",
            "--live"
        );
        Assert.Equal((0, $"{_symbol} 1m from alpaca"), (exitCode, (output + error).Trim()));
        var feeds = await _api.CreateClient().GetFromJsonAsync<FeedsResponse>("/v1/feeds", Token);
        var feed = Assert.Single(feeds!.Feeds, feed => feed.Symbol == _symbol);
        Assert.Equal(
            ("1m", "alpaca", 60, true, true, null),
            (feed.Timeframe, feed.Provider, feed.EverySeconds, feed.Live, feed.Enabled, feed.Status)
        );
        (exitCode, output, _) = await VerbAsync("feeds", "remove", "--symbol", _symbol);
        Assert.Equal((0, "1 removed"), (exitCode, output.Trim()));
    }

    [Fact]
    public async Task A_feed_is_added_changed_and_removed_over_http_as_by_the_verb()
    {
        var client = _api.CreateClient();
        var providers = await client.GetFromJsonAsync<ProvidersResponse>("/v1/providers", Token);
        Assert.Equal(("alpaca", "alpaca"), (providers!.Default, Assert.Single(providers.Providers).Name));
        Assert.Contains("1m", providers.Providers[0].Timeframes);

        var added = await PostFeedAsync($$"""{"symbol":"{{_symbol}}","timeframe":"1d","since":"2024-01-01"}""");
        Assert.Equal(
            (_symbol, "1d", "alpaca", new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero), 3600, false, true),
            (added.Symbol, added.Timeframe, added.Provider, added.Since, added.EverySeconds, added.Live, added.Enabled)
        );
        var changed = await PostFeedAsync(
            $$"""{"symbol":"{{_symbol}}","timeframe":"1d","provider":"alpaca","since":"2024-02-01","everySeconds":60,"live":true}"""
        );
        Assert.Equal((added.Id, 60, true), (changed.Id, changed.EverySeconds, changed.Live));
        // Only the replicas that sync a feed must have its provider.
        var elsewhere = await PostFeedAsync($$"""{"symbol":"{{_symbol}}","timeframe":"1d","provider":"elsewhere","since":"2024-02-01"}""");
        Assert.NotEqual(added.Id, elsewhere.Id);

        using var removed = await client.DeleteAsync($"/v1/feeds/{added.Id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        var feeds = await client.GetFromJsonAsync<FeedsResponse>("/v1/feeds", Token);
        Assert.Equal(elsewhere.Id, Assert.Single(feeds!.Feeds, feed => feed.Symbol == _symbol).Id);
        using var again = await client.DeleteAsync($"/v1/feeds/{added.Id}", Token);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.Contains("unknown-feed", await again.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        async Task<FeedResponse> PostFeedAsync(string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await client.PostAsync("/v1/feeds", content, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<FeedResponse>(Token))!;
        }
    }

    [Theory]
    [InlineData("""{}""", "symbol", "timeframe", "since")]
    [InlineData("""{"symbol":"a b","timeframe":"2m","since":"soon"}""", "symbol", "timeframe", "since")]
    [InlineData("""{"symbol":"SPY","timeframe":"1d","since":"2024-01-01","everySeconds":0}""", "everySeconds")]
    [InlineData(
        """{"symbol":"SPY","timeframe":"1d","since":"2024-01-01","everySeconds":1.5,"live":1,"who":2}""",
        "everySeconds",
        "live",
        "who"
    )]
    [InlineData("""{"symbol":"SPY","timeframe":"1d","since":"2024-01-01","provider":"a name of more than twenty letters"}""", "provider")]
    public async Task A_feed_names_the_field_that_is_invalid(string body, params string[] names)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _api.CreateClient().PostAsync("/v1/feeds", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(names.Order(), problem.RootElement.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order());
    }

    [Fact]
    public async Task The_sync_verb_reports_the_result_in_output_and_exit_code()
    {
        string[] sync =
        [
            "sync",
            "--symbol",
            _symbol,
            "--timeframe",
            "1m",
            "--from",
            "2024-03-04T14:00:00Z",
            "--to",
            "2024-03-04T15:00:00Z",
            "--provider-option",
            "Feed=otc",
        ];
        var (exitCode, output, _) = await VerbAsync(sync);
        Assert.Equal(
            (0, $"{_symbol} 1m alpaca: success: {_data.Count} bars came, {_data.Count} new, 0 changed, 0 rejected"),
            (exitCode, output.Trim())
        );
        Assert.Contains("feed=otc", _server.Log.Single().Query, StringComparison.Ordinal);
        (exitCode, output, _) = await VerbAsync([.. sync[..2], $"{_symbol},UNKNOWN", .. sync[3..]]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"{_symbol} 1m alpaca: nothing was missing", output, StringComparison.Ordinal);
        (exitCode, _, var error) = await VerbAsync(
            "sync",
            "--symbol",
            _symbol,
            "--timeframe",
            "1m",
            "--from",
            "2024-03-04",
            "--provider",
            "nobody"
        );
        Assert.Equal((1, "ingestor: 'nobody' is no provider that is configured: one of alpaca is expected."), (exitCode, error.Trim()));
    }

    private static async Task RefusedAsync(ApiServer api, string query, string field, string message)
    {
        using var response = await api.CreateClient().GetAsync("/v1/bars/SPY?" + query, Token);
        Assert.StartsWith(message, (await response.ReadErrorsAsync())[field], StringComparison.Ordinal);
    }

    private async Task<Dictionary<string, string>> RefusedAsync(string query, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _api.CreateClient().PostAsync("/v1/sync" + query, content, Token);
        return await response.ReadErrorsAsync();
    }

    private Task<(int ExitCode, string Output, string Error)> VerbAsync(params string[] arguments) =>
        Run.DotnetAsync(
            "Ingestor",
            arguments,
            new()
            {
                ["ConnectionStrings__wyckoff"] = database.AppConnection,
                ["Logging__LogLevel__Default"] = "None",
                ["Wyckoff__Providers__Alpaca__KeyId"] = FakeAlpaca.KeyId,
                ["Wyckoff__Providers__Alpaca__SecretKey"] = FakeAlpaca.SecretKey,
                ["Wyckoff__Providers__Alpaca__Url"] = _server.Url.ToString(),
            }
        );
}
