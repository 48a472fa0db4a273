namespace Wyckoff.Bars.Streaming;

/// <summary>Bars from one instant up to another, not included: microseconds since 1970.</summary>
internal readonly record struct StreamRange(long From, long To)
{
    /// <summary>The same bars and perhaps a few between, in order and apart: what is nearer than <paramref name="nearby"/> becomes one.</summary>
    public static List<StreamRange> Merge(List<StreamRange> ranges, long nearby)
    {
        var merged = new List<StreamRange>();
        foreach (var range in ranges.OrderBy(range => range.From))
        {
            if (merged.Count > 0 && range.From - merged[^1].To <= nearby)
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
