using System.Runtime.CompilerServices;
using Wyckoff.Primitives;

namespace Wyckoff.Findings;

/// <summary>A finding violates a rule. Rules have the names of the matching database constraints.</summary>
public sealed class FindingException(string constraint, string message) : ArgumentException($"{message} ({constraint})")
{
    public string Constraint { get; } = constraint;
}

/// <summary>Checks and conversions shared by the entities of schema <c>wyckoff</c>.</summary>
internal static class FindingRules
{
    private const decimal PriceLimit = 10_000_000_000m;

    public static void Require(bool condition, string constraint, string message)
    {
        if (!condition)
        {
            throw new FindingException(constraint, message);
        }
    }

    /// <summary>Rounds to numeric(18,8). Rules are checked after rounding, as in the database.</summary>
    public static decimal Price(decimal value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Number(value, 8, PriceLimit, name);

    /// <summary>Rounds to numeric(12,2).</summary>
    public static decimal Money(decimal value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Number(value, 2, PriceLimit, name);

    /// <summary>
    /// Rounds to <paramref name="scale"/> decimals. <paramref name="limit"/> is the smallest power of ten that does not fit.
    /// </summary>
    public static decimal Number(decimal value, int scale, decimal limit, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        var rounded = Math.Round(value, scale, MidpointRounding.AwayFromZero);
        return Math.Abs(rounded) < limit ? rounded : throw new FindingException("numeric", $"{name}: {value} has too many digits.");
    }

    public static string CanonicalSymbol(string symbol) => Symbol.Parse(symbol).Value;

    /// <summary>
    /// Returns the earliest instant at which a bar can close. A day closes at the next midnight of its market, which in the easternmost
    /// time zone (UTC+14) is 10:00 UTC.
    /// </summary>
    public static DateTimeOffset EarliestClose(Timeframe timeframe, DateTimeOffset bar) =>
        bar + (timeframe.IsDaily ? TimeSpan.FromHours(10) : timeframe.Width);
}
