using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>
/// The ranges of one ticker and timeframe that a source has answered for, with or without bars. They need not be requested again.
/// </summary>
public sealed class SyncCoverage
{
    private SyncCoverage() { }

    public SyncCoverage(int tickerId, Timeframe timeframe, string source) => (TickerId, Timeframe, Source) = (tickerId, timeframe, source);

    public int TickerId { get; private set; }

    public Timeframe Timeframe { get; private set; }

    public string Source { get; private set; } = "";

    /// <summary>Half-open ranges, disjoint, oldest first.</summary>
    public NpgsqlRange<DateTimeOffset>[] Covered { get; private set; } = [];

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Adds a range; ranges that touch are merged.</summary>
    public void Add(TimeRange range)
    {
        var (start, end) = (range.Start, range.End);
        var separate = new List<NpgsqlRange<DateTimeOffset>>(Covered.Length + 1);
        foreach (var covered in Covered)
        {
            if (covered.UpperBound < start || covered.LowerBound > end)
            {
                separate.Add(covered);
            }
            else
            {
                start = covered.LowerBound < start ? covered.LowerBound : start;
                end = covered.UpperBound > end ? covered.UpperBound : end;
            }
        }

        separate.Add(Range(start, end));
        Covered = [.. separate.OrderBy(covered => covered.LowerBound)];
    }

    /// <summary>Returns the parts of <paramref name="requested"/> that are not covered, oldest first.</summary>
    public IReadOnlyList<TimeRange> Missing(TimeRange requested)
    {
        var missing = new List<TimeRange>();
        var from = requested.Start;
        foreach (var covered in Covered)
        {
            var until = covered.LowerBound < requested.End ? covered.LowerBound : requested.End;
            if (until > from)
            {
                missing.Add(new(from, until));
            }

            from = covered.UpperBound > from ? covered.UpperBound : from;
        }

        if (from < requested.End)
        {
            missing.Add(new(from, requested.End));
        }

        return missing;
    }

    private static NpgsqlRange<DateTimeOffset> Range(DateTimeOffset start, DateTimeOffset end) => new(start, true, end, false);
}
