namespace Wyckoff.Bars;

/// <summary>A bar with its derived fields, ready to be stored.</summary>
internal readonly record struct FinishedBar(IncomingBar Bar, BarDerivation.Fields Derived);
