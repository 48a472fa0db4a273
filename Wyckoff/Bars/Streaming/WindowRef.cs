using Wyckoff.Primitives;

namespace Wyckoff.Bars.Streaming;

/// <summary>Refers to a window, which the ticker id and the timeframe identify. Events show the symbol.</summary>
public readonly record struct WindowRef(int TickerId, Symbol Symbol, Timeframe Timeframe);
