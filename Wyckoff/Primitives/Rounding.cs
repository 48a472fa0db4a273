namespace Wyckoff.Primitives;

/// <summary>How a number is rounded: half away from zero, after a division.</summary>
/// <param name="Decimals">How many decimals are kept, 0 to 8.</param>
/// <param name="Divisor">What the number is divided by first; at least 1.</param>
internal readonly record struct Rounding(int Decimals, long Divisor = 1);
