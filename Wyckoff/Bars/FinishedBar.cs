namespace Wyckoff.Bars;

/// <summary>A bar with what follows from those before it, ready to be stored.</summary>
internal readonly record struct FinishedBar(IncomingBar Bar, BarDerivation.Fields Derived);
