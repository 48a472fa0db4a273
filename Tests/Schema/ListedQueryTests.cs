using System.Text.RegularExpressions;
using Npgsql;

namespace Wyckoff.Tests.Schema;

/// <summary>
/// Checks that every query in <c>docs/schema</c> uses the index it is listed with. Runs on plain PostgreSQL, because the indexes of
/// chunks have other names.
/// </summary>
public sealed partial class ListedQueryTests(FilledPlainDatabase database) : IClassFixture<FilledPlainDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static IEnumerable<(string Index, string Query)> All =>
        Directory
            .GetFiles(Path.Combine(Run.Root, "docs", "schema"), "*.md")
            .Order(StringComparer.Ordinal)
            .SelectMany(page => Index().Matches(File.ReadAllText(page)).Select(match => (match.Groups[1].Value, match.Groups[2].Value)));

    public static TheoryData<string, string> Listed => [.. All];

    [Theory, MemberData(nameof(Listed))]
    public async Task A_listed_query_uses_its_index(string index, string query)
    {
        Assert.Contains(index, await PlanAsync(database.Owner, query));

        // The index is also used through the policy or view that restricts an account to its own rows.
        if (
            query.Contains("account_id = 1", StringComparison.Ordinal)
            && !query.Contains("trading.order_keys", StringComparison.Ordinal)
            && !query.Contains("trading.trade_keys", StringComparison.Ordinal)
        )
        {
            Assert.Contains(index, await PlanAsync(database.App, Guarded().Replace(query, "trading.my_$1")));
        }
    }

    [Fact]
    public void Every_line_that_names_an_index_has_a_query() =>
        Assert.Equal(
            Directory
                .GetFiles(Path.Combine(Run.Root, "docs", "schema"), "*.md")
                .Sum(page => File.ReadLines(page).Count(line => line.StartsWith("Index:", StringComparison.Ordinal))),
            All.Count()
        );

    [Fact]
    public async Task No_table_is_empty()
    {
        // These are work queues and are empty when nothing is pending.
        var empty = (await Filling.ContentsAsync(database.Admin, Token)).Where(table => table.Value == "0 0").Select(table => table.Key);
        Assert.Equal(["prediction.price_candles_1h_stale", "prediction.trade_volume_1h_stale", "trading.removed_trades"], empty);
    }

    /// <summary>The names of the indexes in the plan of a query.</summary>
    private static async Task<IEnumerable<string>> PlanAsync(NpgsqlDataSource source, string query)
    {
        await using var connection = await source.OpenConnectionAsync(Token);
        await using var enter = new NpgsqlCommand("SELECT set_config('app.account_id', '1', false)", connection);
        await enter.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand("EXPLAIN (FORMAT JSON) " + query, connection);
        var plan = (string)(await command.ExecuteScalarAsync(Token))!;
        return UsedIndex().Matches(plan).Select(match => match.Groups[1].Value);
    }

    [GeneratedRegex(@"^Index: (\S+)\s+```sql\n(.*?)\n```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Index();

    [GeneratedRegex(@"""Index Name"": ""([^""]+)""")]
    private static partial Regex UsedIndex();

    [GeneratedRegex(@"\btrading\.(orders|trades|portfolio_snapshots|system_logs|active_strategies|recent_performance)\b")]
    private static partial Regex Guarded();
}
