using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>Up to which version of its bars the indicators of a ticker and timeframe are computed.</summary>
public sealed record IndicatorWindow
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset ComputedAt { get; init; }
}
