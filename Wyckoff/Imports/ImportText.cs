using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>Parses command-line options and query parameters into <see cref="ImportOptions"/>.</summary>
public static class ImportText
{
    /// <summary>Parses the options.</summary>
    /// <param name="given">The text of each option by its name; null if the option is not set.</param>
    /// <param name="errors">Receives an error for each option that cannot be parsed, under its name.</param>
    public static ImportOptions Options(Dictionary<string, string?> given, Dictionary<string, string[]> errors)
    {
        var options = new ImportOptions();
        Take<Symbol>("symbol", TrySymbol, value => options = options with { Symbol = value });
        Take<Timeframe>("timeframe", TryTimeframe, value => options = options with { Timeframe = value });
        Take<string>("source", TrySource, value => options = options with { Source = value });
        Take<ConflictPolicy>("onConflict", TryPolicy, value => options = options with { Policy = value });
        Take<TimeZoneInfo>("timezone", TryZone, value => options = options with { TimeZone = value });
        Take<TimePattern>("dateFormat", TimePattern.TryParse, value => options = options with { DateFormat = value });
        Take<ColumnMap>("map", ColumnMap.TryParse, value => options = options with { Columns = value });
        Take<byte>("delimiter", TryDelimiter, value => options = options with { Delimiter = value });
        Take<TimeZoneInfo>("tickerTimezone", TryZone, value => options = options with { TickerTimeZone = value.Id });
        Take<string>("assetType", TryAssetType, value => options = options with { AssetType = value });
        return options;

        void Take<T>(string name, TryRead<T> read, Action<T> set)
        {
            if (!given.TryGetValue(name, out var text) || text is null)
            {
                return;
            }

            if (read(text, out var value, out var fault))
            {
                set(value!);
            }
            else
            {
                errors[name] = [fault!];
            }
        }
    }

    /// <summary>Reads one option; the fault says what is wrong with the text.</summary>
    public delegate bool TryRead<T>(string text, out T? value, out string? fault);

    public static bool TrySymbol(string text, out Symbol symbol, out string? fault)
    {
        fault = $"'{text}' is not a symbol: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected.";
        return Symbol.TryParse(text, out symbol);
    }

    public static bool TryTimeframe(string text, out Timeframe timeframe, out string? fault)
    {
        fault =
            $"'{text}' is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected "
            + "(1Min, 1Hour, 1Day and the like mean the same).";
        return Timeframe.TryParse(text, out timeframe);
    }

    public static bool TrySource(string text, out string? source, out string? fault)
    {
        fault =
            text == BarWriter.Aggregated
                ? $"'{text}' is reserved for bars that were rolled up."
                : $"'{text}': 1 to 20 characters are expected.";
        source = text;
        return text.Trim().Length >= 1 && text.Length <= 20 && text != BarWriter.Aggregated;
    }

    public static bool TryPolicy(string text, out ConflictPolicy policy, out string? fault)
    {
        fault = $"'{text}' is not skip, replace or fail.";
        return Enum.TryParse(text, ignoreCase: true, out policy) && Enum.IsDefined(policy) && char.IsAsciiLetter(text[0]);
    }

    public static bool TryZone(string text, out TimeZoneInfo? zone, out string? fault)
    {
        fault = $"'{text}' is not an IANA time zone such as America/New_York.";
        return TimeZoneInfo.TryFindSystemTimeZoneById(text, out zone) && zone.HasIanaId;
    }

    public static bool TryDelimiter(string text, out byte delimiter, out string? fault)
    {
        fault = $"'{text}' is not a delimiter: one character, or tab, is expected.";
        delimiter =
            text is "tab" or "\\t" ? (byte)'\t'
            : text.Length == 1 && char.IsAscii(text[0]) ? (byte)text[0]
            : (byte)0;
        return delimiter is not (0 or (byte)'"' or (byte)'\n' or (byte)'\r');
    }

    public static bool TryAssetType(string text, out string? type, out string? fault)
    {
        type = text;
        fault = $"'{text}': 1 to 20 characters are expected.";
        return text.Trim().Length >= 1 && text.Length <= 20;
    }
}
