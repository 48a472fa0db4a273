using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;
using Wyckoff.Trading;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class ExportTests(TestDatabase database) : AccountApiBase(database)
{
    /// <summary>Tables with an account that an export leaves out: their values are in the orders and trades.</summary>
    private static readonly string[] NotExported = ["trading.order_keys", "trading.trade_keys"];

    [Fact]
    public async Task The_export_has_every_table_with_rows_of_the_account_and_no_other_account()
    {
        var (id, key) = await AddAccountAsync("exporter");
        var (_, other) = await AddAccountAsync("stranger");
        await GetAsync(other, "PUT", "/rules/risk/STRANGER", """{"description":"stranger"}""");
        await GetAsync(key, "PUT", "/rules/risk/RS001", """{"parameters":{"maxRiskPct":2.50},"description":"a \"quoted\", text"}""");
        await GetAsync(key, "PUT", "/risk-profile", """{"maxDailyLossPct":3.25}""");
        // The app role cannot read the table of the orders, only a view of those of its account.
        await new TradingStore(Database.App).PlaceOrderAsync(
            id,
            new()
            {
                Symbol = "EXPORTED",
                Side = OrderSide.Buy,
                Type = OrderType.Market,
                Quantity = 1,
                Exchange = "NYSE",
                ClientOrderId = "export-1",
                Time = TimeProvider.System.GetUtcNow(),
            },
            Token
        );
        var files = await ReadAsync(key);
        Assert.Contains("EXPORTED", files["trading/orders.csv"], StringComparison.Ordinal);
        Assert.DoesNotContain("stranger", string.Concat(files.Values), StringComparison.Ordinal);
        Assert.StartsWith("id,external_user_id,name,email,", files["account/user_accounts.csv"], StringComparison.Ordinal);
        Assert.Contains("exporter@example.org", files["account/user_accounts.csv"], StringComparison.Ordinal);
        Assert.Contains("\"a \"\"quoted\"\", text\"", files["account/user_rules.csv"], StringComparison.Ordinal);
        var rule = Assert.Single(JsonElement.Parse(files["account/user_rules.json"]).EnumerateArray());
        Assert.Equal("2.50", rule.GetProperty("parameters").GetProperty("maxRiskPct").GetRawText());
        Assert.Equal(
            3.25m,
            JsonElement
                .Parse(files["account/user_profiles.json"])[0]
                .GetProperty("risk_profile")
                .GetProperty("max_daily_loss_pct")
                .GetDecimal()
        );
        Assert.Contains("user_rule.created", files["audit/audit_trail.csv"], StringComparison.Ordinal);
        Assert.Equal(id, JsonElement.Parse(files["contents.json"]).GetProperty("account").GetInt64());
    }

    [Fact]
    public async Task No_table_with_rows_of_accounts_is_forgotten()
    {
        var (_, key) = await AddAccountAsync("complete");
        var owned = await ListAsync(
            """
            SELECT n.nspname || '.' || c.relname
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(_|pg_|timescaledb|information_schema)'
               AND (EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('account_id', 'user_account_id'))
                    OR EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = 'account.user_accounts'::regclass)
                    OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'own_rows'))
            """
        );
        var files = await ReadAsync(key);
        Assert.Equal(
            owned.Except(NotExported, StringComparer.Ordinal).Append("account.waitlist").Order(StringComparer.Ordinal),
            files
                .Keys.Where(name => name.EndsWith(".csv", StringComparison.Ordinal))
                .Select(name => name[..^4].Replace('/', '.'))
                .Order(StringComparer.Ordinal)
        );
        Assert.True(owned.Count > 15);
    }

    [Fact]
    public async Task A_table_that_is_added_later_is_exported_without_its_secrets()
    {
        var (id, key) = await AddAccountAsync("later");
        await using var create = Database.Owner.CreateCommand(
            $"""
            CREATE TABLE journal.later (id bigint PRIMARY KEY, account_id bigint, "Odd name" text[], api_token text);
            GRANT SELECT ON journal.later TO wyckoff_app;
            INSERT INTO journal.later VALUES (1, {id}, '{"{x,NULL}"}', 'a-secret'), (2, {id + 1000}, NULL, 'b-secret')
            """
        );
        await create.ExecuteNonQueryAsync(Token);
        try
        {
            var files = await ReadAsync(key);
            Assert.Equal($"id,account_id,Odd name\n1,{id},\"{{x,NULL}}\"\n", files["journal/later.csv"]);
            Assert.Equal($"[\n{{\"id\":1,\"account_id\":{id},\"Odd name\":[\"x\",null]}}\n]\n", files["journal/later.json"]);
            Assert.Contains("api_token", files["contents.json"], StringComparison.Ordinal);
        }
        finally
        {
            await using var drop = Database.Owner.CreateCommand("DROP TABLE journal.later");
            await drop.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Hashes_and_secrets_of_brokers_are_left_out()
    {
        await ValidRows.FillAsync(Database.Owner, 571, "canary");
        var key = await TestAccounts.AddKeyAsync(Database, 571, AccessScope.Read);
        var hash = Convert.ToHexStringLower(ApiKey.HashOf(key));
        var files = await ReadAsync(key);
        var all = string.Concat(files.Values);
        Assert.Contains("canary@example.org", all, StringComparison.Ordinal);
        Assert.Contains("CANARY", files["journal/trade_fills.csv"], StringComparison.Ordinal);
        Assert.Contains("canary", files["journal/journal_entries.csv"], StringComparison.Ordinal);
        foreach (var secret in new[] { "CfDJ8", hash, "71717171", "auth-571", key })
        {
            Assert.DoesNotContain(secret, all, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task An_export_has_no_parameters_and_needs_a_key()
    {
        var (_, key) = await AddAccountAsync("parameters", AccessScope.Read);
        using var wrong = await SendAsync(key, "GET", "/export?format=json");
        Assert.Equal(["format"], await wrong.ReadInvalidNamesAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("none", "GET", "/export"));
    }

    private async Task<List<string>> ListAsync(string sql)
    {
        await using var command = Database.Admin.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var list = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            list.Add(reader.GetString(0));
        }

        return list;
    }

    private async Task<Dictionary<string, string>> ReadAsync(string key)
    {
        using var response = await SendAsync(key, "GET", "/export");
        Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
        await using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync(Token));
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in zip.Entries)
        {
            using var text = new StreamReader(await entry.OpenAsync(Token));
            files.Add(entry.FullName, await text.ReadToEndAsync(Token));
        }

        return files;
    }
}
