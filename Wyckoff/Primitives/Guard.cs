using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Wyckoff.Primitives;

/// <summary>
/// Checks arguments by the rules of the database columns, so that invalid values fail early. Length is counted in code points, and only
/// spaces count as blank.
/// </summary>
public static class Guard
{
    /// <summary>Returns the text if it is not blank and fits into <c>varchar(maxLength)</c>.</summary>
    public static string Text(string value, int maxLength, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(value, name);
        Require(value.Trim(' ').Length > 0, name, "must not be blank");
        return MaxLength(value, maxLength, name)!;
    }

    public static string? TextOrNull(string? value, int maxLength, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is null ? null : Text(value, maxLength, name);

    /// <summary>Returns the text, which may be null or blank, if it fits into <c>varchar(maxLength)</c>.</summary>
    public static string? MaxLength(string? value, int maxLength, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is not null)
        {
            Require(!value.Contains('\0', StringComparison.Ordinal), name, "must not contain NUL");
            var runes = value.EnumerateRunes().Count();
            Require(runes <= maxLength, name, $"has {runes} characters, at most {maxLength} fit");
        }

        return value;
    }

    /// <summary>Returns the number if it fits into <c>numeric(precision, scale)</c> without rounding.</summary>
    public static decimal Numeric(decimal value, int precision, int scale, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        Require(decimal.Round(value, scale) == value, name, $"has more than {scale} decimals");
        var limit = 1m;
        for (var digit = scale; digit < precision; digit++)
        {
            limit *= 10;
        }

        Require(Math.Abs(value) < limit, name, $"has more than {precision - scale} digits before the point");
        return value;
    }

    /// <summary>Returns the text if it is JSON of the given kind.</summary>
    public static string Json(string value, JsonValueKind kind, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(value, name);
        try
        {
            using var document = JsonDocument.Parse(value);
            Require(document.RootElement.ValueKind == kind, name, $"must be a JSON {(kind == JsonValueKind.Object ? "object" : "array")}");
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"{name} is not JSON: {e.Message}", name, e);
        }

        return value;
    }

    public static string? JsonOrNull(string? value, JsonValueKind kind, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is null ? null : Json(value, kind, name);

    /// <summary>Throws if the condition is false. The message is "<paramref name="name"/> <paramref name="reason"/>."</summary>
    public static void Require(bool condition, string name, string reason)
    {
        if (!condition)
        {
            throw new ArgumentException($"{name} {reason}.", name);
        }
    }
}
