using System.Collections.Concurrent;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>One answered question.</summary>
/// <param name="Began">When it was asked.</param>
/// <param name="Ended">When the answer was there.</param>
/// <param name="Due">The oldest version allowed: the newest acknowledged MaxVersionAge before the question, or the one named in If-None-Match.</param>
/// <param name="Version">Of the answer.</param>
/// <param name="Replica">Who gave it.</param>
/// <param name="Of">For people.</param>
internal readonly record struct Answer(long Began, long Ended, long Due, long Version, int Replica, string Of);

/// <summary>What many readers saw, however they asked.</summary>
internal sealed class ReadHistory
{
    private readonly ConcurrentQueue<Answer> _answers = new();

    public int Count => _answers.Count;

    public IEnumerable<Answer> Answers => _answers;

    public void Add(Answer answer) => _answers.Enqueue(answer);

    /// <summary>
    /// Where an answer was older than it may be, and where time went backwards: of one replica an answer that is older than one that had ended before its question
    /// was asked.
    /// </summary>
    public IEnumerable<string> Violations() =>
        _answers
            .Where(answer => answer.Version < answer.Due)
            .Select(answer => $"{answer} is older than it may be.")
            .Concat(_answers.GroupBy(answer => answer.Replica).SelectMany(answers => StepsBack([.. answers])));

    private static IEnumerable<string> StepsBack(List<Answer> answers)
    {
        var byEnd = answers.OrderBy(answer => answer.Ended).ToList();
        var (next, newest) = (0, default(Answer));
        foreach (var answer in answers.OrderBy(answer => answer.Began))
        {
            for (; next < byEnd.Count && byEnd[next].Ended < answer.Began; next++)
            {
                newest = byEnd[next].Version > newest.Version ? byEnd[next] : newest;
            }

            if (answer.Version < newest.Version)
            {
                yield return $"{answer} is older than {newest}.";
            }
        }
    }
}
