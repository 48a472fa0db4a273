using Wyckoff.Primitives;

namespace Wyckoff.Bars.Streaming;

/// <summary>Identifies the window that a client subscribes to. Events carry the symbol under which the client asked for it.</summary>
public readonly record struct WindowRef(int TickerId, Symbol Symbol, Timeframe Timeframe);
