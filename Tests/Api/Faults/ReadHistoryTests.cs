namespace Wyckoff.Tests.Api.Faults;

public sealed class ReadHistoryTests
{
    [Fact]
    public void Overlapping_answers_may_have_any_order() =>
        Assert.Empty(
            History(new(0, 10, 0, 1, 0, "a"), new(5, 20, 0, 0, 0, "b"), new(9, 12, 0, 2, 0, "c"), new(13, 30, 2, 3, 0, "a")).Violations()
        );

    [Fact]
    public void One_replica_may_be_behind_another() =>
        Assert.Empty(History(new(0, 10, 0, 2, 0, "a"), new(11, 20, 0, 1, 1, "b"), new(21, 30, 0, 2, 0, "c")).Violations());

    [Fact]
    public void An_answer_older_than_one_that_ended_before_it_is_a_violation() =>
        Assert.Contains(
            "Request = b } is older than Answer",
            Assert.Single(History(new(0, 10, 0, 2, 0, "a"), new(1, 30, 0, 1, 0, "c"), new(11, 20, 0, 1, 0, "b")).Violations()),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_answer_older_than_allowed_is_a_violation() =>
        Assert.Contains(
            "Request = b } is older than allowed",
            Assert.Single(History(new(0, 10, 3, 3, 0, "a"), new(5, 20, 4, 3, 1, "b")).Violations()),
            StringComparison.Ordinal
        );

    [Fact]
    public void One_violation_among_thousands_of_unordered_answers_is_found()
    {
        // The version is the time divided by 100. A read takes up to 50 ticks and returns a version that was current during it.
        var random = new Random(20_261_121);
        var answers = new List<Answer>();
        for (var i = 0; i < 5000; i++)
        {
            var began = random.Next(100_000);
            var ended = began + 1 + random.Next(50);
            answers.Add(new(began, ended, began / 100, random.Next(began, ended + 1) / 100, 0, $"{i}"));
        }

        Assert.Empty(History([.. answers]).Violations());
        var last = answers.MaxBy(answer => answer.Began);
        Assert.NotEmpty(History([.. answers, new(last.Ended + 200, last.Ended + 210, 0, last.Version - 1, 0, "late")]).Violations());
    }

    private static ReadHistory History(params Answer[] answers)
    {
        var history = new ReadHistory();
        foreach (var answer in answers)
        {
            history.Add(answer);
        }

        return history;
    }
}
