using System.Collections.Concurrent;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>A successful read of bars.</summary>
/// <param name="Began">The timestamp before the request was sent.</param>
/// <param name="Ended">The timestamp after the response was read.</param>
/// <param name="Oldest">
/// The oldest version allowed: the newest one acknowledged MaxVersionAge before the request, or the one sent in If-None-Match if newer.
/// </param>
/// <param name="Version">The version that the response returned.</param>
/// <param name="Replica">The number of the replica that responded.</param>
/// <param name="Request">A description for error messages.</param>
internal readonly record struct Answer(long Began, long Ended, long Oldest, long Version, int Replica, string Request);

/// <summary>Collects the versions that concurrent readers saw, and finds those that violate the consistency guarantees.</summary>
internal sealed class ReadHistory
{
    private readonly ConcurrentQueue<Answer> _answers = new();

    public int Count => _answers.Count;

    public IEnumerable<Answer> Answers => _answers;

    public void Add(Answer answer) => _answers.Enqueue(answer);

    /// <summary>
    /// Finds answers with a version older than allowed, and answers with an older version than another answer of the same replica
    /// that ended before their request began.
    /// </summary>
    public IEnumerable<string> Violations() =>
        _answers
            .Where(answer => answer.Version < answer.Oldest)
            .Select(answer => $"{answer} is older than allowed.")
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
