using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Ingestor.Samples;
using Wyckoff.MarketData;

namespace Wyckoff.Tests.Schema;

/// <summary>The questions of the README, asked of the sample data.</summary>
public abstract class ReadmeTourTests(TestDatabase database)
{
    [Fact]
    public async Task Every_question_of_the_tour_is_answered_by_one_statement()
    {
        var token = TestContext.Current.CancellationToken;
        await new SampleLoader(database.App, new BarWriter(database.App, new TickerDirectory(database.App)), NullLogger<SampleLoader>.Instance).LoadAsync(onlyIfEmpty: true, token);
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM market.market_overview"));
        var readme = await File.ReadAllTextAsync(Path.Combine(Run.Root, "README.md"), token);
        var from = readme.IndexOf("```sql", readme.IndexOf("## Ten questions", StringComparison.Ordinal), StringComparison.Ordinal) + 6;
        var questions = readme[from..readme.IndexOf("```", from, StringComparison.Ordinal)].Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(10, questions.Length);
        foreach (var question in questions)
        {
            await using var command = database.Admin.CreateCommand(question);
            await using var reader = await command.ExecuteReaderAsync(token);
            // Nobody has a strategy yet.
            Assert.True(await reader.ReadAsync(token) || question.Contains("strategies", StringComparison.Ordinal), question);
        }
    }
}

public sealed class PlainReadmeTourTests(PlainDatabase database) : ReadmeTourTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheReadmeTourTests(ApacheDatabase database) : ReadmeTourTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunityReadmeTourTests(CommunityDatabase database) : ReadmeTourTests(database), IClassFixture<CommunityDatabase>;
