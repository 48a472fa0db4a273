using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Bars.Writing;
using Wyckoff.Ingestor.Samples;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Schema;

/// <summary>Runs the statements of docs/clients/sql.md on the sample data, with the role of eng/psql.</summary>
public abstract class SqlPageTests(TestDatabase database)
{
    [Fact]
    public async Task Every_query_returns_rows_and_every_write_writes_one_bar()
    {
        var token = TestContext.Current.CancellationToken;
        await new SampleLoader(
            database.App,
            new BarWriter(database.App, new TickerDirectory(database.App)),
            NullLogger<SampleLoader>.Instance
        ).LoadAsync(onlyIfEmpty: true, token);
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM market.market_overview"));
        var page = await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "clients", "sql.md"), token);
        var questions = StatementsAfter(page, "## Ten questions");
        Assert.Equal(10, questions.Length);
        foreach (var question in questions)
        {
            await using var command = database.Console.CreateCommand(question);
            await using var reader = await command.ExecuteReaderAsync(token);
            // The sample data has no strategies.
            Assert.True(await reader.ReadAsync(token) || question.Contains("strategies", StringComparison.Ordinal), question);
        }

        foreach (var write in StatementsAfter(page, "## Writing bars"))
        {
            await using var command = database.Console.CreateCommand(write);
            Assert.Equal(1, await command.ExecuteNonQueryAsync(token));
        }
    }

    private static string[] StatementsAfter(string page, string heading)
    {
        const string fence = "```sql";
        var from = page.IndexOf(fence, page.IndexOf(heading, StringComparison.Ordinal), StringComparison.Ordinal) + fence.Length;
        return page[from..page.IndexOf("```", from, StringComparison.Ordinal)]
            .Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}

public sealed class PlainSqlPageTests(PlainDatabase database) : SqlPageTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheSqlPageTests(ApacheDatabase database) : SqlPageTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunitySqlPageTests(CommunityDatabase database) : SqlPageTests(database), IClassFixture<CommunityDatabase>;
