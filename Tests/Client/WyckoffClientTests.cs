using System.Net;
using System.Text;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Client;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api;
using Wyckoff.Tests.Api.OpenApi;

namespace Wyckoff.Tests.Client;

/// <summary>The generated client against the running API.</summary>
public sealed class WyckoffClientTests(SampleDatabase database) : IClassFixture<SampleDatabase>, IAsyncLifetime
{
    /// <summary>Streams of events never end, and browsers follow the redirection to a provider of sign-in.</summary>
    private static readonly string[] WithoutMethod = ["StreamBars", "StreamManyBars", "GetImportEvents", "SignIn"];

    private ListeningApi _api = null!;
    private WyckoffClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ListeningApi.StartAsync(database.AppConnection);
        _client = new(_api.Client);
    }

    public async ValueTask DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Every_operation_with_one_response_has_a_method()
    {
        var described = await Described.ReadAsync(_api.Client);
        var methods = typeof(WyckoffClient).GetMethods().Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            described.Operations,
            operation => Assert.Equal(!WithoutMethod.Contains(operation.Id), methods.Contains(operation.Id + "Async"))
        );
    }

    [Fact]
    public async Task Bars_have_exact_decimals_and_times_in_UTC()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('EXACT') ON CONFLICT DO NOTHING");
        const string csv = "timestamp,open,high,low,close,volume\n2024-06-03,9007199254.740993,9007199254.740995,0.000001,0.1,3\n";
        await _client.PostImportAsync("EXACT", "1d", file: File(csv, "exact.csv"), cancellationToken: Token);
        var bars = await _client.GetBarsAsync("EXACT", "1d", from: "2024-06-03", cancellationToken: Token);
        var bar = Assert.Single(bars.Bars!);
        Assert.Equal((9007199254.740993m, 9007199254.740995m, 0.000001m, 0.1m), (bar.Open, bar.High, bar.Low, bar.Close));
        Assert.Equal(new(2024, 6, 3, 0, 0, 0, TimeSpan.Zero), bar.Timestamp);
        Assert.Equal(3, bar.Volume);
        Assert.Null(bar.TradeCount);
    }

    [Fact]
    public async Task Choices_and_pages_are_typed()
    {
        var first = await _client.GetBarsAsync("SPY", "1d", from: "2024-06-03", limit: 2, order: SortOrder.Desc, cancellationToken: Token);
        Assert.Equal(first.Bars!.Select(bar => bar.Timestamp).OrderDescending(), first.Bars!.Select(bar => bar.Timestamp));
        var second = await _client.GetBarsAsync(
            "SPY",
            "1d",
            from: "2024-06-03",
            limit: 2,
            order: SortOrder.Desc,
            cursor: first.Next,
            cancellationToken: Token
        );
        Assert.True(second.Bars![0].Timestamp < first.Bars![1].Timestamp);

        var columns = await _client.GetBarsAsync("SPY", "1d", last: 3, layout: JsonLayout.Columns, cancellationToken: Token);
        Assert.Null(columns.Bars);
        Assert.Equal(3, columns.Close!.Count);
    }

    [Fact]
    public async Task Tickers_overview_status_and_quality_are_read()
    {
        var tickers = await _client.ListTickersAsync(prefix: "SP", active: true, cancellationToken: Token);
        Assert.Contains(tickers.Tickers, ticker => ticker.Symbol == "SPY");
        var detail = await _client.GetTickerAsync("SPY", Token);
        Assert.Contains(detail.Stored, stored => stored.Timeframe == "1d");
        var overview = await _client.GetOverviewAsync(OverviewOrder.Symbol, minChange: -100.5m, cancellationToken: Token);
        Assert.Equal(overview.Count, overview.Tickers.Count);
        var status = await _client.GetStatusAsync(Token);
        Assert.Equal(PartState.Ok, status.Database.State);
        Assert.NotEmpty((await _client.GetQualityAsync("SPY", "1d", cancellationToken: Token)).Symbol);
    }

    [Fact]
    public async Task An_error_names_the_fields()
    {
        var error = await Assert.ThrowsAnyAsync<WyckoffException>(() =>
            _client.GetBarsAsync("SPY", from: "yesterday", limit: 0, cancellationToken: Token)
        );
        Assert.Equal((400, "/problems/invalid-parameters"), (error.StatusCode, error.Problem!.Type));
        Assert.Equal(["from", "limit"], error.Problem.Errors!.Keys.Order(StringComparer.Ordinal));
        Assert.StartsWith("'0' is not a whole number", error.Problem.Errors["limit"].Single(), StringComparison.Ordinal);
        Assert.Equal(error.Problem.Detail, error.Message);

        error = await Assert.ThrowsAnyAsync<WyckoffException>(() => _client.GetTickerAsync("SPYY", Token));
        Assert.Equal((404, "/problems/unknown-symbol", "SPY"), (error.StatusCode, error.Problem!.Type, error.Problem.Near!.First()));
    }

    [Fact]
    public async Task A_response_that_is_not_the_services_has_no_problem()
    {
        using var proxy = new HttpClient(new BadGateway()) { BaseAddress = _api.Address };
        var error = await Assert.ThrowsAnyAsync<WyckoffException>(() => new WyckoffClient(proxy).GetStatusAsync(Token));
        Assert.Equal((502, null), (error.StatusCode, error.Problem));
    }

    [Fact]
    public async Task A_patch_changes_what_is_set_and_clears_what_is_null()
    {
        await _client.PostTickerAsync(
            new()
            {
                Symbol = "PATCH/ME",
                Name = "One",
                Sector = "Energy",
            },
            Token
        );
        var changed = await _client.PatchTickerAsync("PATCH/ME", new() { Name = "Two" }, Token);
        Assert.Equal(("Two", "Energy"), (changed.Name, changed.Sector));
        changed = await _client.PatchTickerAsync("PATCH/ME", new() { AdditionalProperties = { ["sector"] = null! } }, Token);
        Assert.Equal(("Two", null), (changed.Name, changed.Sector));
    }

    [Fact]
    public async Task A_file_is_previewed()
    {
        const string csv = "timestamp,open,high,low,close,volume\n2024-01-02T14:30:00Z,1,2,0.5,1.5,10\nbad\n";
        var preview = await _client.PreviewImportAsync("LOOK", "1m", file: File(csv, "look.csv"), cancellationToken: Token);
        var file = Assert.Single(preview.Files);
        Assert.Equal((2, 1, 1.5m), (file.Rows, file.Rejected, file.FirstBars[0].Close));
        Assert.Equal(("look.csv", "LOOK"), (file.File, Assert.Single(file.Series).Symbol));
    }

    [Fact]
    public async Task The_documents_of_an_account_are_written_and_read_with_their_enums()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Access"] = "keys" });
        var account = await TestAccounts.CreateAsync(database, "clara");
        var key = await TestAccounts.AddKeyAsync(database, account, AccessScope.Write);
        using var http = new HttpClient { BaseAddress = api.Address };
        var client = new WyckoffClient(http);
        var refused = await Assert.ThrowsAnyAsync<WyckoffException>(() => client.GetProfileAsync(Token));
        Assert.Equal((401, "/problems/key-needed"), (refused.StatusCode, refused.Problem!.Type));

        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Assert.Null((await client.GetProfileAsync(Token)).ExperienceLevel);
        Wyckoff.Client.TradingProfile profile = new()
        {
            AccountBalance = 12345.67m,
            ExperienceLevel = Wyckoff.Client.ExperienceLevel.Advanced,
            PrimaryMarkets = [Wyckoff.Client.PrimaryMarket.Crypto],
        };
        await client.PutProfileAsync(profile, Token);
        var read = await client.GetProfileAsync(Token);
        Assert.Equal((12345.67m, profile.ExperienceLevel), (read.AccountBalance, read.ExperienceLevel));
        Assert.Equal(profile.PrimaryMarkets, read.PrimaryMarkets);

        var made = await client.PostKeyAsync(new() { Name = "notebook", Scope = "read" }, Token);
        Assert.Contains((await client.ListKeysAsync(Token)).Keys, one => one.Id == made.Id);
        await client.DeleteKeyAsync(made.Id, Token);
        var parameters = JsonSerializer.SerializeToElement(new { max = 2.5m, severity = "warn" });
        await client.PutRuleAsync("risk", "RS001", new() { Parameters = parameters }, Token);
        using var export = await client.ExportAccountAsync(Token);
        Assert.Equal('P', export.Stream.ReadByte());
    }

    private static FileParameter File(string text, string name) => new(new MemoryStream(Encoding.UTF8.GetBytes(text)), name, "text/csv");

    private sealed class BadGateway : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway) { Content = new StringContent("<html></html>") });
    }
}
