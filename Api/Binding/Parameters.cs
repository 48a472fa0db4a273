using System.Globalization;
using System.Numerics;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Binding;

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

    public static readonly Parameter<string> Cursor = Text("cursor", "'next' of the page before, with the same query.", 500);

    public static readonly Parameter<string> AssetType = Text("assetType", "stock, etf, crypto, forex, commodity, index …", 20) with
    {
        Example = "etf",
    };

    /// <summary>A whole number. With the largest value of the type as maximum, only the minimum is described.</summary>
    public static Parameter<T> Whole<T>(string name, string description, T minimum, T maximum, T? defaultValue = null)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var range = FormattableString.Invariant(
            maximum == T.MaxValue ? (FormattableString)$"of at least {minimum}" : $"from {minimum} to {maximum}"
        );
        return new(
            name,
            description,
            (string text, out T value) =>
                T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= minimum
                && value <= maximum
                    ? null
                    : $"{Quote(text)} is out of range: a whole number {range} is expected."
        )
        {
            Type = "integer",
            Minimum = long.CreateChecked(minimum),
            Maximum = maximum == T.MaxValue ? null : long.CreateChecked(maximum),
            Default = defaultValue?.ToString(null, CultureInfo.InvariantCulture),
        };
    }

    public static Parameter<bool> Flag(string name, string description, bool? defaultValue = null) =>
        Words(name, description, ("true", true), ("false", false)) with
        {
            Type = "boolean",
            Choices = null,
            Default = defaultValue is { } value ? (value ? "true" : "false") : null,
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
    public static Parameter<T> Choice<T>(string name, string description, T defaultValue)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().Select(EnumText.Of).ToArray();
        return new(
            name,
            description,
            (string text, out T value) =>
            {
                var at = Array.IndexOf(words, text);
                value = at < 0 ? defaultValue : Enum.GetValues<T>()[at];
                return at < 0 ? $"{Quote(text)} is not known: one of {string.Join(", ", words)} is expected." : null;
            }
        )
        {
            Choices = words,
            Default = EnumText.Of(defaultValue),
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
                    ? TextExpected(text, maxLength)
                    : null;
            }
        );

    /// <summary>A list of names, of those that <paramref name="known"/> has.</summary>
    public static Parameter<IReadOnlyList<string>> Fields(IReadOnlyList<string> known) =>
        new(
            "fields",
            $"Only these, of {string.Join(", ", known)}.",
            (string text, out IReadOnlyList<string> value) =>
            {
                value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Distinct(StringComparer.Ordinal)
                    .ToList();
                var unknown = value.Except(known, StringComparer.Ordinal).Take(5).ToList();
                return value.Count == 0 ? "It names none: a list such as " + string.Join(',', known.Take(2)) + " is expected."
                    : unknown.Count > 0
                        ? $"{string.Join(", ", unknown.Select(Quote))}: there is no such field; {string.Join(", ", known)} are expected."
                    : null;
            }
        )
        {
            Example = string.Join(',', known.Take(2)),
        };

    /// <summary>The error of a text that is too long, empty or has control characters.</summary>
    public static string TextExpected(string text, int maxLength) =>
        FormattableString.Invariant($"{Quote(text)} cannot be: 1 to {maxLength} characters without control characters are expected.");

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
