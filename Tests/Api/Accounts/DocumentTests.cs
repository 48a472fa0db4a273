using System.Net;
using System.Text;
using System.Text.Json;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class DocumentTests(TestDatabase database) : AccountApiBase(database)
{
    private const string Path = "/site-preferences";

    private const string All =
        "SELECT profile::text || risk_profile::text || site_prefs::text FROM account.user_profiles WHERE user_account_id = $1";

    [Theory]
    [InlineData(
        "/profile",
        """
            {"accountBalance":25000.50,"defaultTimeframes":["1Day","60min"],"experienceLevel":"professional","tradingStyle":"day",
             "primaryMarkets":["stock","etf"],"accountSizeRange":"below1000k",
             "evaluationControls":{"enabled":false,"minSeverity":"critical","disabledEvaluators":["entry_quality"]}}
            """,
        """
            {"version":1,"account_balance":25000.50,"default_timeframes":["1d","1h"],"experience_level":"professional",
             "trading_style":"day","primary_markets":["stock","etf"],"account_size_range":"below1000k",
             "evaluation_controls":{"enabled":false,"min_severity":"critical","disabled_evaluators":["entry_quality"]}}
            """,
        "profile"
    )]
    [InlineData(
        "/risk-profile",
        """
            {"maxPositionSizePct":10,"maxRiskPerTradePct":1.5,"maxDailyLossPct":0.0001,"minRiskRewardRatio":2,"maxOpenPositions":5,
             "stopLossRequired":true}
            """,
        """
            {"version":1,"max_position_size_pct":10,"max_risk_per_trade_pct":1.5,"max_daily_loss_pct":0.0001,"min_risk_reward_ratio":2,
             "max_open_positions":5,"stop_loss_required":true}
            """,
        "risk_profile"
    )]
    [InlineData(
        "/site-preferences",
        """
            {"theme":"dark","sidebarCollapsed":true,"notificationsEnabled":false,"language":"zh-Hant-TW",
             "watchlists":[{"name":" Indices ","symbols":["spy","^GSPC","BTC/USDT"]},{"name":"Empty"}]}
            """,
        """
            {"version":1,"theme":"dark","sidebar_collapsed":true,"notifications_enabled":false,"language":"zh-Hant-TW",
             "watchlists":[{"name":"Indices","symbols":["SPY","^GSPC","BTC/USDT"]},{"name":"Empty","symbols":[]}]}
            """,
        "site_prefs"
    )]
    public async Task A_document_is_stored_with_its_version_and_replaced_as_a_whole(string path, string json, string stored, string column)
    {
        var (id, key) = await AddAccountAsync("put" + column);
        var defaults = (await GetAsync(key, "GET", path)).ToString();
        var answer = await GetAsync(key, "PUT", path, json);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(stored), JsonElement.Parse(await StoredAsync(id, column))));
        Assert.True(JsonElement.DeepEquals(answer, await GetAsync(key, "GET", path)));
        // What was read can be sent back.
        Assert.True(JsonElement.DeepEquals(answer, await GetAsync(key, "PUT", path, answer.ToString())));
        Assert.Equal(defaults, (await GetAsync(key, "PUT", path, "{}")).ToString());
    }

    [Theory]
    [InlineData(
        "/profile",
        """
            {"accountBalance":-1,"defaultTimeframes":["1d","2d"],"experienceLevel":"god","tradingStyle":7,"primaryMarkets":["stock","moon"],
             "accountSizeRange":"","evaluationControls":{"enabled":"yes","minSeverity":"fatal","disabledEvaluators":["a b"],"x":1},
             "version":1}
            """,
        """
            accountBalance: '-1' is not a number with at most 8 decimals from 0 to 1000000000000000.
            accountSizeRange: '' is not one of below10k, below50k, below250k, below1000k, above1000k.
            defaultTimeframes: '2d' is not one of 1m, 5m, 15m, 30m, 1h, 4h, 1d.
            evaluationControls.disabledEvaluators: 'a b' is not 1 to 100 letters, digits or _ -.
            evaluationControls.enabled: Got text; expected true or false.
            evaluationControls.minSeverity: 'fatal' is not one of info, warn, critical.
            evaluationControls.x: Unknown field; expected one of enabled, minSeverity, disabledEvaluators.
            experienceLevel: 'god' is not one of beginner, intermediate, advanced, professional.
            primaryMarkets: 'moon' is not one of stock, etf, crypto, forex, commodity, index, future, option, prediction.
            tradingStyle: Got a number; expected text.
            version: Unknown field; expected one of accountBalance, …
            """
    )]
    [InlineData(
        "/risk-profile",
        """
            {"maxPositionSizePct":100.1,"maxRiskPerTradePct":"1","maxDailyLossPct":0.00001,"minRiskRewardRatio":1e300,
             "maxOpenPositions":1.5,"stopLossRequired":1}
            """,
        """
            maxDailyLossPct: '0.00001' is not a number with at most 4 decimals from 0 to 100.
            maxOpenPositions: '1.5' is not a whole number up to 2147483647.
            maxPositionSizePct: '100.1' is not a number with at most 4 decimals from 0 to 100.
            maxRiskPerTradePct: Got text; expected a number.
            minRiskRewardRatio: '1e300' is not a number of at most 28 digits.
            stopLossRequired: Got a number; expected true or false.
            """
    )]
    [InlineData(
        "/site-preferences",
        """
            {"theme":"pink","language":"English please","sidebarCollapsed":[],
             "watchlists":[{"name":"A","symbols":["SPY","spy"]},{"name":"a","symbols":["two words"]},
                {"symbols":[1],"colour":"red"},{"name":7}]}
            """,
        """
            language: 'English please' is not a BCP 47 language tag such as en, de-AT or zh-Hant-TW.
            sidebarCollapsed: Got an array; expected true or false.
            theme: 'pink' is not one of system, light, dark.
            watchlists[0].symbols: 'SPY' is in the array more than once.
            watchlists[1].name: Another list has the name 'a' already.
            watchlists[1].symbols: 'two words' is not a symbol: 1 to 20 upper-case letters, digits or . - _ / ^ = : are expected.
            watchlists[2].colour: Unknown field; expected one of name, symbols.
            watchlists[2].name: '' is not 1 to 50 characters without control characters.
            watchlists[2].symbols: The array has a number in it; expected an array of texts.
            watchlists[3].name: Got a number; expected text.
            """
    )]
    public async Task All_errors_are_named_at_once_with_value_and_expectation(string path, string json, string expected)
    {
        var (id, key) = await AddAccountAsync("wrong" + path[1..]);
        using var response = await SendAsync(key, "PUT", path, json);
        var errors = await response.ReadErrorsAsync();
        Assert.Equal(
            expected.ReplaceLineEndings("\n"),
            string.Join(
                '\n',
                errors.OrderBy(error => error.Key, StringComparer.Ordinal).Select(error => $"{error.Key}: {Shortened(error.Value)}")
            )
        );
        Assert.Equal("{}{}{}", await Database.ScalarAsync<string>(All, id));
    }

    [Fact]
    public async Task The_largest_watchlists_fit_into_a_request_and_no_larger_ones()
    {
        var (_, key) = await AddAccountAsync("lists");
        Assert.Equal(20, (await GetAsync(key, "PUT", Path, Lists(20, 100))).GetProperty("watchlists").GetArrayLength());
        foreach (var (json, field) in new[] { (Lists(21, 0), "watchlists"), (Lists(1, 101), "watchlists[0].symbols") })
        {
            using var response = await SendAsync(key, "PUT", Path, json);
            Assert.Contains("expected at most", (await response.ReadErrorsAsync())[field], StringComparison.Ordinal);
        }

        static string Lists(int lists, int symbols) =>
            JsonSerializer.Serialize(
                new
                {
                    watchlists = Enumerable
                        .Range(0, lists)
                        .Select(list => new
                        {
                            name = $"{list}".PadLeft(50, 'x'),
                            symbols = Enumerable.Range(0, symbols).Select(symbol => $"{symbol}".PadLeft(20, 'X')),
                        }),
                }
            );
    }

    [Fact]
    public async Task A_body_that_is_too_deep_or_too_large_is_refused()
    {
        var (_, key) = await AddAccountAsync("deep");
        var nested = new string('[', 17) + new string(']', 17);
        using var deep = await SendAsync(key, "PUT", "/profile", $$"""{"accountBalance":{{nested}}}""");
        Assert.Equal("Nested deeper than 16 levels.", (await deep.ReadErrorsAsync())["body"]);
        using var deeper = await SendAsync(key, "PUT", "/profile", new string('[', 60_000));
        Assert.Equal("Nested deeper than 16 levels.", (await deeper.ReadErrorsAsync())["body"]);
        using var rule = await SendAsync(key, "PUT", "/rules/risk/RS001", $$$"""{"parameters":{"x":{{{nested}}}}}""");
        Assert.Equal(["body"], await rule.ReadInvalidNamesAsync());
        var large = new StringBuilder("{\"accountBalance\":1").Append(' ', 64 << 10).Append('}').ToString();
        foreach (var path in new[] { "/profile", "/risk-profile", "/site-preferences", "/rules/risk/RS001" })
        {
            using var response = await SendAsync(key, "PUT", path, large);
            await response.ReadProblemAsync(HttpStatusCode.RequestEntityTooLarge, "/problems/body-too-large");
        }

        using var broken = await SendAsync(key, "PUT", "/profile", "{\"accountBalance\":");
        Assert.Contains("Not valid JSON", (await broken.ReadErrorsAsync())["body"], StringComparison.Ordinal);
        using var twice = await SendAsync(key, "PUT", "/risk-profile", """{"maxOpenPositions":1,"maxOpenPositions":2}""");
        Assert.Equal("Given more than once.", (await twice.ReadErrorsAsync())["maxOpenPositions"]);
    }

    [Fact]
    public async Task Of_two_changes_with_the_same_tag_one_wins()
    {
        var (_, key) = await AddAccountAsync("race");
        using var first = await SendAsync(key, "GET", "/risk-profile");
        var tag = first.Headers.ETag!.ToString();
        for (var round = 0; round < 5; round++)
        {
            var responses = await Task.WhenAll(
                Enumerable
                    .Range(1, 4)
                    .Select(n =>
                        SendAsync(key, "PUT", "/risk-profile", $$"""{"maxOpenPositions":{{(10 * round) + n}}}""", ("If-Match", tag))
                    )
            );
            var winner = Assert.Single(responses, response => response.StatusCode == HttpStatusCode.OK);
            Assert.Equal(3, responses.Count(response => response.StatusCode == HttpStatusCode.PreconditionFailed));
            Assert.All(responses, response => Assert.Equal(winner.Headers.ETag, response.Headers.ETag));
            tag = winner.Headers.ETag!.ToString();
            Assert.Equal(await winner.Content.ReadAsStringAsync(Token), (await GetAsync(key, "GET", "/risk-profile")).ToString());
        }
    }

    [Fact]
    public async Task A_document_without_a_version_is_read_and_a_newer_one_is_kept()
    {
        var (id, key) = await AddAccountAsync("versions");
        await StoreAsync("""{"max_open_positions": 3, "forgotten": true}""");
        Assert.Equal(3, (await GetAsync(key, "GET", "/risk-profile")).GetProperty("maxOpenPositions").GetInt32());
        await StoreAsync("""{"version": 0, "max_open_positions": 4}""");
        Assert.Equal(4, (await GetAsync(key, "GET", "/risk-profile")).GetProperty("maxOpenPositions").GetInt32());

        const string newer = """{"version": 2, "max_open_positions": 5}""";
        await StoreAsync(newer);
        foreach (var (method, json) in new[] { ("GET", null), ("PUT", "{}") })
        {
            using var response = await SendAsync(key, method, "/risk-profile", json);
            var problem = await response.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/newer-document");
            Assert.Contains("version 2", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(newer, await StoredAsync(id, "risk_profile"));

        Task StoreAsync(string json) =>
            Database.ExecuteAsync("UPDATE account.user_profiles SET risk_profile = $2::jsonb WHERE user_account_id = $1", id, json);
    }

    private static string Shortened(string message) =>
        message.StartsWith("Unknown field; expected one of accountBalance", StringComparison.Ordinal) ? message[..45] + ", …" : message;

    private Task<string> StoredAsync(long id, string column) =>
        Database.ScalarAsync<string>($"SELECT {column}::text FROM account.user_profiles WHERE user_account_id = $1", id);
}
