using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>Which bars a version changed. Kept for a day; a stream resumes from it.</summary>
public sealed record BarChange
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    public required NpgsqlRange<DateTimeOffset> Range { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }
}
