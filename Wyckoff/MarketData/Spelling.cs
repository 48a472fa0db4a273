namespace Wyckoff.MarketData;

/// <summary>What somebody may have meant.</summary>
internal static class Spelling
{
    /// <summary>Those that are few letters away, or begin with what was written, nearest first.</summary>
    public static IReadOnlyList<string> Nearest(string written, IEnumerable<string> words, int limit) =>
    [
        .. words.Select(word => (Word: word, Distance: word.StartsWith(written, StringComparison.Ordinal) ? 1 : Distance(written, word)))
            .Where(near => near.Distance <= Math.Max(1, written.Length / 3) && near.Word != written)
            .OrderBy(near => near.Distance).ThenBy(near => near.Word, StringComparer.Ordinal)
            .Take(limit).Select(near => near.Word),
    ];

    /// <summary>So many letters have to be added, removed, changed, or exchanged with their neighbour.</summary>
    public static int Distance(string a, string b)
    {
        var rows = new int[3][];
        for (var i = 0; i < 3; i++)
        {
            rows[i] = new int[b.Length + 1];
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0][j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var (row, above, before) = (rows[i % 3], rows[(i - 1) % 3], rows[(i + 1) % 3]);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }
        }

        return rows[a.Length % 3][b.Length];
    }
}
