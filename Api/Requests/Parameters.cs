using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Requests;

/// <summary>The kinds of parameters there are, and those that many endpoints share.</summary>
public static class Parameters
{
    public static readonly Parameter<Symbol> Symbol = new("symbol", "Ticker symbol; a slash in it is written %2F.", ReadSymbol)
    {
        InPath = true,
        Required = true,
        Example = "SPY",
    };

    public static readonly Parameter<Timeframe> StoredTimeframe = new(
        "timeframe",
        "1m, 5m, 15m, 30m, 1h, 4h or 1d; 1Min, 1Hour, 1Day and the like mean the same.",
        ReadStoredTimeframe
    )
    {
        Default = "1d",
        Example = "1d",
    };

    public static readonly Parameter<DateTimeOffset> From = new(
        "from",
        "First instant: ISO 8601 (UTC unless it says otherwise), a date, or seconds, ms, µs or ns since 1970.",
        ReadInstant
    )
    {
        Example = "2024-06-03",
    };

    public static readonly Parameter<DateTimeOffset> To = new("to", "End, not included; written as from.", ReadInstant)
    {
        Example = "2024-07-01",
    };

    public static Parameter<int> Whole(string name, string description, int minimum, int maximum, int? otherwise = null) =>
        new(
            name,
            description,
            (string text, out int value) =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= minimum
                && value <= maximum
                    ? null
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Quote(text)} is out of range: a whole number from {minimum} to {maximum} is expected."
                    )
        )
        {
            Type = "integer",
            Minimum = minimum,
            Maximum = maximum,
            Default = otherwise?.ToString(CultureInfo.InvariantCulture),
        };

    public static Parameter<bool> Flag(string name, string description) =>
        Words(name, description, ("true", true), ("false", false)) with
        {
            Type = "boolean",
            Choices = null,
        };

    /// <summary>One of two words or more, each of which means something.</summary>
    public static Parameter<T> Words<T>(string name, string description, params (string Word, T Meaning)[] words) =>
        new(
            name,
            description,
            (string text, out T value) =>
            {
                var at = Array.FindIndex(words, word => word.Word == text);
                value = words[Math.Max(at, 0)].Meaning;
                return at < 0 ? $"{Quote(text)} is not known: {string.Join(" or ", words.Select(word => word.Word))} is expected." : null;
            }
        )
        {
            Choices = [.. words.Select(word => word.Word)],
        };

    public static Parameter<decimal> Number(string name, string description) =>
        new(
            name,
            description,
            (string text, out decimal value) =>
                decimal.TryParse(
                    text,
                    NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out value
                )
                    ? null
                    : $"{Quote(text)} is not a number: one such as -2.5 is expected."
        )
        {
            Type = "number",
        };

    /// <summary>One of a few words.</summary>
    public static Parameter<T> Choice<T>(string name, string description, T otherwise)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().Select(EnumText.Of).ToArray();
        return new(
            name,
            description,
            (string text, out T value) =>
            {
                var at = Array.IndexOf(words, text);
                value = at < 0 ? otherwise : Enum.GetValues<T>()[at];
                return at < 0 ? $"{Quote(text)} is not known: one of {string.Join(", ", words)} is expected." : null;
            }
        )
        {
            Choices = words,
            Default = EnumText.Of(otherwise),
        };
    }

    public static Parameter<string> Text(string name, string description, int maxLength) =>
        new(
            name,
            description,
            (string text, out string value) =>
            {
                value = text;
                return text.Length > maxLength || text.AsSpan().ContainsAnyInRange('\0', '\u001f') || text.Any(char.IsSurrogate)
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Quote(text)} cannot be: 1 to {maxLength} characters without control characters are expected."
                    )
                    : null;
            }
        );

    public static string? ReadSymbol(string text, out Symbol symbol) =>
        Primitives.Symbol.TryParse(text, out symbol)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Quote(text)} is not a symbol: 1 to {Primitives.Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected."
            );

    public static string? ReadInstant(string text, out DateTimeOffset instant)
    {
        if (
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var epoch)
            && text.TrimStart('-').Length != 8
        )
        {
            // As long as a number of seconds, milliseconds, microseconds or nanoseconds is in our times. Eight digits would be a date without its dashes.
            var digits = text.TrimStart('-').Length;
            var ticks = digits switch
            {
                <= 11 => (Int128)epoch * TimeSpan.TicksPerSecond,
                <= 14 => (Int128)epoch * TimeSpan.TicksPerMillisecond,
                <= 17 => (Int128)epoch * TimeSpan.TicksPerMicrosecond,
                _ => epoch / 100,
            };
            if (ticks > -DateTimeOffset.UnixEpoch.Ticks && ticks < DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks)
            {
                instant = DateTimeOffset.UnixEpoch.AddTicks((long)ticks);
                return null;
            }
        }
        else if (
            DateTimeOffset.TryParse(
                text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out instant
            )
            && text.Length >= 8
            && char.IsAsciiDigit(text[0])
            && char.IsAsciiDigit(text[3])
        )
        {
            return null;
        }

        instant = default;
        return $"{Quote(text)} is not a time: ISO 8601 such as 2024-06-03 or 2024-06-03T14:30:00Z, or a number since 1970, is expected.";
    }

    public static string? ReadStoredTimeframe(string text, out Timeframe timeframe) =>
        Timeframe.TryParse(text, out timeframe)
            ? null
            : $"{Quote(text)} is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected.";

    /// <summary>What somebody sent, as an answer may repeat it: not without end, and nothing that a terminal would obey.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length > 60 ? text[..60] + "…" : text;
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\ufffd' : c))}'";
    }
}
