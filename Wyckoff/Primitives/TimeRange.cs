namespace Wyckoff.Primitives;

/// <summary>
/// A non-empty half-open interval [Start, End) in UTC. Adjacent ranges neither overlap nor leave a gap. Only <c>default</c> is empty.
/// </summary>
public readonly record struct TimeRange
{
    public TimeRange(DateTimeOffset start, DateTimeOffset end)
    {
        if (start >= end)
        {
            throw new ArgumentException($"A range starts before it ends; got {start:O} to {end:O}.", nameof(end));
        }

        (Start, End) = (start.ToUniversalTime(), end.ToUniversalTime());
    }

    public DateTimeOffset Start { get; }

    public DateTimeOffset End { get; }

    public TimeSpan Duration => End - Start;

    public bool Contains(DateTimeOffset instant) => instant >= Start && instant < End;

    public override string ToString() => FormattableString.Invariant($"[{Start:yyyy-MM-ddTHH:mm:ssZ}, {End:yyyy-MM-ddTHH:mm:ssZ})");
}
