using System.Globalization;
using System.Text.RegularExpressions;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>The symbol, timeframe and day that the name of a file gives for its bars.</summary>
internal sealed partial record FileName(string? Symbol, Timeframe? Timeframe, DateOnly? Day)
{
    private static readonly string[] Extensions = [".gz", ".zip", ".csv", ".tsv", ".txt", ".parquet", ".prn", ".dat"];

    // Stooq appends the country to the symbol.
    private static readonly string[] CountrySuffixes = [".us", ".uk", ".de", ".jp", ".pl", ".hk", ".hu"];

    // Names of timeframes that vendors use and that Timeframe.TryParse does not accept.
    private static readonly Dictionary<string, Timeframe> VendorTimeframes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["minute"] = Primitives.Timeframe.Minute1,
        ["hour"] = Primitives.Timeframe.Hour1,
        ["hourly"] = Primitives.Timeframe.Hour1,
        ["daily"] = Primitives.Timeframe.Day1,
        ["day"] = Primitives.Timeframe.Day1,
        ["1hour"] = Primitives.Timeframe.Hour1,
        ["1day"] = Primitives.Timeframe.Day1,
        ["m1"] = Primitives.Timeframe.Minute1,
        ["m5"] = Primitives.Timeframe.Minute5,
        ["m15"] = Primitives.Timeframe.Minute15,
        ["m30"] = Primitives.Timeframe.Minute30,
        ["h1"] = Primitives.Timeframe.Hour1,
        ["h4"] = Primitives.Timeframe.Hour4,
        ["d1"] = Primitives.Timeframe.Day1,
        ["1"] = Primitives.Timeframe.Minute1,
        ["5"] = Primitives.Timeframe.Minute5,
        ["15"] = Primitives.Timeframe.Minute15,
        ["30"] = Primitives.Timeframe.Minute30,
        ["60"] = Primitives.Timeframe.Hour1,
        ["240"] = Primitives.Timeframe.Hour4,
        ["1440"] = Primitives.Timeframe.Day1,
    };

    public static FileName Of(string path)
    {
        var parts = path.Replace('\\', '/').Split('/', '!');
        var stem = parts[^1];
        while (Array.Find(Extensions, extension => stem.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } extension)
        {
            stem = stem[..^extension.Length];
        }

        // LEAN: minute/spy/20240102_trade.zip holds one day of minute bars in the entry 20240102_spy_minute_trade.csv.
        if (
            Lean().Match(stem) is { Success: true } lean
            && DateOnly.TryParseExact(lean.Groups["day"].Value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        )
        {
            var at = Array.FindLastIndex(parts, part => string.Equals(part, "minute", StringComparison.OrdinalIgnoreCase));
            var symbol =
                lean.Groups["symbol"] is { Success: true } inName ? inName.Value
                : at >= 0 && at + 1 < parts.Length - 1 ? parts[at + 1]
                : null;
            return new(symbol, Primitives.Timeframe.Minute1, day);
        }

        // TradingView: NASDAQ_AAPL, 60
        if (TradingView().Match(stem) is { Success: true } chart && TryTimeframe(chart.Groups["width"].Value, out var charted))
        {
            return new(chart.Groups["symbol"].Value, charted, null);
        }

        if (HistData().Match(stem) is { Success: true } ascii)
        {
            return new(ascii.Groups["symbol"].Value, TryTimeframe(ascii.Groups["width"].Value, out var width) ? width : null, null);
        }

        Timeframe? timeframe = null;
        string? beforeTimeframe = null;
        foreach (var mark in (char[])['_', ' ', '-'])
        {
            var words = stem.Split(mark);
            var at = Array.FindIndex(words, 1, words.Length - 1, word => TryTimeframe(word, out _));
            if (at > 0)
            {
                TryTimeframe(words[at], out var found);
                (timeframe, beforeTimeframe) = (found, string.Join(mark, words[..at]));
                break;
            }
        }

        var name = (beforeTimeframe ?? stem).Split('_', ' ')[0];
        if (Array.Find(CountrySuffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) is { } country)
        {
            name = name[..^country.Length];
        }

        // LEAN: daily/spy.zip, hour/spy.zip
        if (
            timeframe is null
            && parts.Length > 1
            && VendorTimeframes.TryGetValue(parts[^2], out var folder)
            && parts[^2].Any(char.IsAsciiLetter)
        )
        {
            timeframe = folder;
        }

        return new(name, timeframe, null);
    }

    /// <summary>Parses a timeframe as vendors write it in file names and columns.</summary>
    public static bool TryTimeframe(string text, out Timeframe timeframe) =>
        Primitives.Timeframe.TryParse(text, out timeframe) || VendorTimeframes.TryGetValue(text, out timeframe);

    [GeneratedRegex("^(?<day>[0-9]{8})(_(?<symbol>[^_]+)_minute)?_trade$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Lean();

    [GeneratedRegex("^([A-Z0-9]+_)?(?<symbol>[^,]+), (?<width>[0-9A-Za-z]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TradingView();

    [GeneratedRegex("^DAT_[A-Z]+_(?<symbol>[A-Z0-9]+)_(?<width>[A-Z0-9]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HistData();
}
