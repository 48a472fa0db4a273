using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>A part of a window: the bars with <paramref name="From"/> ≤ time &lt; <paramref name="Until"/>.</summary>
internal readonly record struct WindowRange(int TickerId, Timeframe Timeframe, long From, long Until);
