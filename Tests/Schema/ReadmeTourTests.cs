using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Bars.Writing;
using Wyckoff.Ingestor.Samples;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Schema;

/// <summary>The SQL of the README, on the sample data, as eng/psql runs it.</summary>
public abstract class ReadmeTourTests(TestDatabase database)
{
    [Fact]
    public async Task Every_question_is_answered_by_one_statement_and_every_write_writes_a_bar()
    {
        var token = TestContext.Current.CancellationToken;
        await new SampleLoader(
            database.App,
            new BarWriter(database.App, new TickerDirectory(database.App)),
            NullLogger<SampleLoader>.Instance
        ).LoadAsync(onlyIfEmpty: true, token);
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM market.market_overview"));
        var readme = await File.ReadAllTextAsync(Path.Combine(Run.Root, "README.md"), token);
        var questions = StatementsAfter(readme, "## Ten questions");
        Assert.Equal(10, questions.Length);
        foreach (var question in questions)
        {
            await using var command = database.Console.CreateCommand(question);
            await using var reader = await command.ExecuteReaderAsync(token);
            // Nobody has a strategy yet.
            Assert.True(await reader.ReadAsync(token) || question.Contains("strategies", StringComparison.Ordinal), question);
        }

        foreach (var write in StatementsAfter(readme, "### Writing bars"))
        {
            await using var command = database.Console.CreateCommand(write);
            Assert.Equal(1, await command.ExecuteNonQueryAsync(token));
        }
    }

    private static string[] StatementsAfter(string readme, string heading)
    {
        const string fence = "```sql";
        var from = readme.IndexOf(fence, readme.IndexOf(heading, StringComparison.Ordinal), StringComparison.Ordinal) + fence.Length;
        return readme[from..readme.IndexOf("```", from, StringComparison.Ordinal)]
            .Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}

public sealed class PlainReadmeTourTests(PlainDatabase database) : ReadmeTourTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheReadmeTourTests(ApacheDatabase database) : ReadmeTourTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunityReadmeTourTests(CommunityDatabase database) : ReadmeTourTests(database), IClassFixture<CommunityDatabase>;
