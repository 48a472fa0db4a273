using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>The range of bars that one version of a window changed. Kept for a day, so that streams can resume.</summary>
public sealed record BarChange
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    public required NpgsqlRange<DateTimeOffset> Range { get; init; }

    public required DateTimeOffset CommittedAt { get; init; }
}
