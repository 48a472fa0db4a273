using System.Collections.Concurrent;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>One answered question: from when to when it was under way, which version was acknowledged before it was asked, and which came.</summary>
internal readonly record struct Answer(long Began, long Ended, long Acknowledged, long Version, string Of);

/// <summary>What many readers saw, whichever replica they asked and however.</summary>
internal sealed class ReadHistory
{
    private readonly ConcurrentQueue<Answer> _answers = new();

    public int Count => _answers.Count;

    public IEnumerable<Answer> Answers => _answers;

    public void Add(Answer answer) => _answers.Enqueue(answer);

    /// <summary>
    /// Where time went backwards: an answer that is older than one that had ended before its question was asked, or than a write that had. With one writer whose
    /// versions count up, there being none is what makes the history linearizable.
    /// </summary>
    public IEnumerable<string> Violations()
    {
        var byEnd = _answers.OrderBy(answer => answer.Ended).ToList();
        var (next, newest) = (0, default(Answer));
        foreach (var answer in _answers.OrderBy(answer => answer.Began))
        {
            for (; next < byEnd.Count && byEnd[next].Ended < answer.Began; next++)
            {
                newest = byEnd[next].Version > newest.Version ? byEnd[next] : newest;
            }

            if (answer.Version < answer.Acknowledged)
            {
                yield return $"{answer} is older than what was written before.";
            }

            if (answer.Version < newest.Version)
            {
                yield return $"{answer} is older than {newest}.";
            }
        }
    }
}
