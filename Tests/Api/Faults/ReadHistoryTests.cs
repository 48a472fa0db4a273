namespace Wyckoff.Tests.Api.Faults;

public sealed class ReadHistoryTests
{
    [Fact]
    public void Answers_that_overlap_may_come_in_any_order() =>
        Assert.Empty(
            Of(new(0, 10, 0, 1, 0, "a"), new(5, 20, 0, 0, 0, "b"), new(9, 12, 0, 2, 0, "c"), new(13, 30, 2, 3, 0, "a")).Violations()
        );

    [Fact]
    public void One_replica_may_be_behind_another() =>
        Assert.Empty(Of(new(0, 10, 0, 2, 0, "a"), new(11, 20, 0, 1, 1, "b"), new(21, 30, 0, 2, 0, "c")).Violations());

    [Fact]
    public void An_answer_older_than_one_that_had_ended_is_found() =>
        Assert.Contains(
            "Of = b } is older than Answer",
            Assert.Single(Of(new(0, 10, 0, 2, 0, "a"), new(1, 30, 0, 1, 0, "c"), new(11, 20, 0, 1, 0, "b")).Violations()),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_answer_older_than_it_may_be_is_found() =>
        Assert.Contains(
            "Of = b } is older than it may be",
            Assert.Single(Of(new(0, 10, 3, 3, 0, "a"), new(5, 20, 4, 3, 1, "b")).Violations()),
            StringComparison.Ordinal
        );

    [Fact]
    public void One_violation_among_thousands_of_readers_in_disorder_is_found()
    {
        // Versions follow the clock, with questions under way for up to 50 ticks; so an answer is a version that was current within them.
        var random = new Random(20_261_121);
        var answers = new List<Answer>();
        for (var i = 0; i < 5000; i++)
        {
            var began = random.Next(100_000);
            var ended = began + 1 + random.Next(50);
            answers.Add(new(began, ended, began / 100, random.Next(began, ended + 1) / 100, 0, $"{i}"));
        }

        Assert.Empty(Of([.. answers]).Violations());
        var last = answers.MaxBy(answer => answer.Began);
        Assert.NotEmpty(Of([.. answers, new(last.Ended + 200, last.Ended + 210, 0, last.Version - 1, 0, "late")]).Violations());
    }

    private static ReadHistory Of(params Answer[] answers)
    {
        var history = new ReadHistory();
        foreach (var answer in answers)
        {
            history.Add(answer);
        }

        return history;
    }
}
