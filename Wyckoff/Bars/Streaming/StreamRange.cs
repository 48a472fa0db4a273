namespace Wyckoff.Bars.Streaming;

/// <summary>A half-open time range in which bars changed, in microseconds since 1970.</summary>
internal readonly record struct StreamRange(long From, long To)
{
    /// <summary>Sorts the ranges and merges those that overlap or are at most <paramref name="distance"/> apart.</summary>
    public static List<StreamRange> Merge(List<StreamRange> ranges, long distance)
    {
        var merged = new List<StreamRange>();
        foreach (var range in ranges.OrderBy(range => range.From))
        {
            if (merged.Count > 0 && range.From - merged[^1].To <= distance)
            {
                merged[^1] = merged[^1] with { To = range.To > merged[^1].To ? range.To : merged[^1].To };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }
}
