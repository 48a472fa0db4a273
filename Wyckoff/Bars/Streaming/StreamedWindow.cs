using Wyckoff.Primitives;

namespace Wyckoff.Bars.Streaming;

/// <summary>The bars of one ticker and timeframe, as streams name them.</summary>
public readonly record struct StreamedWindow(int TickerId, Symbol Symbol, Timeframe Timeframe);
