using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>The version of a window that its indicators are computed for.</summary>
public sealed record IndicatorWindow
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset ComputedAt { get; init; }
}
