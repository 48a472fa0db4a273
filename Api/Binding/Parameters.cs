using System.Globalization;
using System.Numerics;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Binding;

/// <summary>Makes parameters of each type, and declares those that several endpoints share.</summary>
public static class Parameters
{
    public static readonly Parameter<Symbol> Symbol = new("symbol", "Ticker symbol; a slash is written %2F.", ReadSymbol)
    {
        InPath = true,
        Required = true,
        Example = "SPY",
    };

    public static readonly Parameter<Timeframe> StoredTimeframe = new(
        "timeframe",
        "1m, 5m, 15m, 30m, 1h, 4h or 1d; 1Min, 1Hour, 1Day etc. are accepted too.",
        ReadStoredTimeframe
    )
    {
        Default = "1d",
        Example = "1d",
    };

    public static readonly Parameter<DateTimeOffset> From = new(
        "from",
        "Start of the range: ISO 8601 (UTC without an offset), a date, or a Unix time in s, ms, µs or ns.",
        ReadInstant
    )
    {
        Example = "2024-06-03",
    };

    public static readonly Parameter<DateTimeOffset> To = new("to", "End of the range, exclusive; same format as 'from'.", ReadInstant)
    {
        Example = "2024-07-01",
    };

    public static readonly Parameter<string> Cursor = Text(
        "cursor",
        "'next' of the previous page, with all other parameters unchanged.",
        500
    );

    public static readonly Parameter<string> AssetType = Text(
        "assetType",
        "Asset type: stock, etf, crypto, forex, commodity, index …",
        20
    ) with
    {
        Example = "etf",
    };

    /// <summary>Part of the symbol or the name of a ticker.</summary>
    public static readonly Parameter<string> Search = Text("search", "Part of the symbol or the name, ignoring case.", 100) with
    {
        Example = "apple",
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
                    : $"{Quote(text)} is not a whole number {range}."
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

    /// <summary>One of several words, each with a value.</summary>
    public static Parameter<T> Words<T>(string name, string description, params (string Word, T Meaning)[] words) =>
        new(
            name,
            description,
            (string text, out T value) =>
            {
                var at = Array.FindIndex(words, word => word.Word == text);
                value = words[Math.Max(at, 0)].Meaning;
                return at < 0 ? $"{Quote(text)} is not {string.Join(" or ", words.Select(word => word.Word))}." : null;
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
                    : $"{Quote(text)} is not a number such as -2.5."
        )
        {
            Type = "number",
        };

    /// <summary>One of the values of an enum, in lower case.</summary>
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
                return at < 0 ? $"{Quote(text)} is not one of {string.Join(", ", words)}." : null;
            }
        )
        {
            Choices = words,
            ChoicesName = typeof(T).Name,
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

    /// <summary>A list of field names, separated by commas.</summary>
    public static Parameter<IReadOnlyList<string>> Fields(IReadOnlyList<string> known) =>
        new(
            "fields",
            $"The fields to return, separated by commas: {string.Join(", ", known)}. Default: all.",
            (string text, out IReadOnlyList<string> value) =>
            {
                value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Distinct(StringComparer.Ordinal)
                    .ToList();
                var unknown = value.Except(known, StringComparer.Ordinal).Take(5).ToList();
                return value.Count == 0 ? $"The list is empty; expected names such as {string.Join(',', known.Take(2))}."
                    : unknown.Count > 0
                        ? $"Unknown: {string.Join(", ", unknown.Select(Quote))}; expected one or more of {string.Join(", ", known)}."
                    : null;
            }
        )
        {
            Example = string.Join(',', known.Take(2)),
        };

    /// <summary>The error message for text that is empty, too long or has control characters.</summary>
    public static string TextExpected(string text, int maxLength) =>
        FormattableString.Invariant($"{Quote(text)} is not 1 to {maxLength} characters without control characters.");

    public static string? ReadSymbol(string text, out Symbol symbol) =>
        Primitives.Symbol.TryParse(text, out symbol)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Quote(text)} is not a symbol: 1 to {Primitives.Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected."
            );

    public static string? ReadInstant(string text, out DateTimeOffset instant)
    {
        // The plus of an offset that is not escaped arrives as a space: 2024-06-03T00:00:00 09:00.
        if (text.Length > 19 && text[^6] == ' ' && text[^3] == ':')
        {
            text = $"{text[..^6]}+{text[^5..]}";
        }

        if (
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var epoch)
            && text.TrimStart('-').Length != 8
        )
        {
            // The number of digits tells the unit: current Unix times have 10, 13, 16 or 19. Eight digits may be a date without dashes.
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
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant)
            && text.Length >= 8
            && char.IsAsciiDigit(text[0])
            && char.IsAsciiDigit(text[3])
        )
        {
            return null;
        }

        instant = default;
        return $"{Quote(text)} is not a time: ISO 8601 such as 2024-06-03 or 2024-06-03T14:30:00Z, or a Unix time, is expected.";
    }

    public static string? ReadStoredTimeframe(string text, out Timeframe timeframe) =>
        Timeframe.TryParse(text, out timeframe)
            ? null
            : $"{Quote(text)} is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected.";

    /// <summary>Quotes text of a request for a response: shortened, and without control characters that a terminal would obey.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length > 60 ? text[..60] + "…" : text;
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\ufffd' : c))}'";
    }
}
