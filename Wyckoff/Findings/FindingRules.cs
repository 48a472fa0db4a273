using System.Runtime.CompilerServices;
using Wyckoff.Primitives;

namespace Wyckoff.Findings;

/// <summary>What is to be stored breaks a rule. The rules are those of the database, and named alike.</summary>
public sealed class FindingException(string constraint, string message) : ArgumentException($"{message} ({constraint})")
{
    public string Constraint { get; } = constraint;
}

/// <summary>Rules and measures that the tables of schema <c>wyckoff</c> share.</summary>
internal static class FindingRules
{
    private const decimal PriceLimit = 10_000_000_000m;

    public static void Hold(bool holds, string constraint, string message)
    {
        if (!holds)
        {
            throw new FindingException(constraint, message);
        }
    }

    /// <summary>As numeric(18,8) will hold it: rounded first, judged afterwards, as the database does.</summary>
    public static decimal Price(decimal value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Number(value, 8, PriceLimit, name);

    /// <summary>As numeric(12,2) will hold it.</summary>
    public static decimal Money(decimal value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Number(value, 2, PriceLimit, name);

    /// <summary>As numeric(precision, scale) will hold it, <paramref name="limit"/> being the first power of ten that is too large.</summary>
    public static decimal Number(decimal value, int scale, decimal limit, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        var rounded = Math.Round(value, scale, MidpointRounding.AwayFromZero);
        return Math.Abs(rounded) < limit ? rounded : throw new FindingException("numeric", $"{name}: {value} has too many digits.");
    }

    public static string Known(string symbol) => Symbol.Parse(symbol).Value;

    /// <summary>The earliest instant at which a bar can have closed. A day closes at the next midnight of its market: somewhere on Earth that is 10:00 UTC.</summary>
    public static DateTimeOffset EarliestClose(Timeframe timeframe, DateTimeOffset bar) =>
        bar + (timeframe.IsDaily ? TimeSpan.FromHours(10) : timeframe.Width);
}
