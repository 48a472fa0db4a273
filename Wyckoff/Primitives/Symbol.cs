using System.Diagnostics.CodeAnalysis;

namespace Wyckoff.Primitives;

/// <summary>
/// A ticker symbol: 1 to 20 characters, upper case, no white space. <c>default</c> is the empty symbol, which no ticker has.
/// </summary>
public readonly record struct Symbol
{
    public const int MaxLength = 20;
    private readonly string? _value;

    private Symbol(string value) => _value = value;

    public string Value => _value ?? "";

    public static bool TryParse([NotNullWhen(true)] string? text, out Symbol symbol)
    {
        var trimmed = text?.Trim() ?? "";
        var valid =
            trimmed.Length is > 0 and <= MaxLength
            && trimmed.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '^' or '=' or ':');
        symbol = valid ? new Symbol(trimmed.ToUpperInvariant()) : default;
        return valid;
    }

    public static Symbol Parse(string text) =>
        TryParse(text, out var symbol)
            ? symbol
            : throw new FormatException($"'{text}' is not a symbol: 1 to {MaxLength} letters, digits or . - _ / ^ = : are expected.");

    public override string ToString() => Value;
}
