using System.Globalization;
using System.Text.RegularExpressions;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>What the name of a file says of the bars in it.</summary>
internal sealed partial record FileName(string? Symbol, Timeframe? Timeframe, DateOnly? Day)
{
    private static readonly string[] Extensions = [".gz", ".zip", ".csv", ".tsv", ".txt", ".parquet", ".prn", ".dat"];

    // Countries that Stooq puts behind the symbol.
    private static readonly string[] Suffixes = [".us", ".uk", ".de", ".jp", ".pl", ".hk", ".hu"];

    // What LEAN and others call a timeframe, where a person who types one would not.
    private static readonly Dictionary<string, Timeframe> Words = new(StringComparer.OrdinalIgnoreCase)
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

        // minute/spy/20240102_trade.zip: a day of minutes, and the entry in it is 20240102_spy_minute_trade.csv.
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

        // NASDAQ_AAPL, 60
        if (TradingView().Match(stem) is { Success: true } chart && TryTimeframe(chart.Groups["width"].Value, out var charted))
        {
            return new(chart.Groups["symbol"].Value, charted, null);
        }

        if (HistData().Match(stem) is { Success: true } ascii)
        {
            return new(ascii.Groups["symbol"].Value, TryTimeframe(ascii.Groups["width"].Value, out var width) ? width : null, null);
        }

        Timeframe? timeframe = null;
        string? before = null;
        foreach (var mark in (char[])['_', ' ', '-'])
        {
            var words = stem.Split(mark);
            var at = Array.FindIndex(words, 1, words.Length - 1, word => TryTimeframe(word, out _));
            if (at > 0)
            {
                TryTimeframe(words[at], out var found);
                (timeframe, before) = (found, string.Join(mark, words[..at]));
                break;
            }
        }

        var name = (before ?? stem).Split('_', ' ')[0];
        if (Array.Find(Suffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) is { } country)
        {
            name = name[..^country.Length];
        }

        // daily/spy.zip, hour/spy.zip
        if (timeframe is null && parts.Length > 1 && Words.TryGetValue(parts[^2], out var folder) && parts[^2].Any(char.IsAsciiLetter))
        {
            timeframe = folder;
        }

        return new(name, timeframe, null);
    }

    /// <summary>A timeframe as vendors write it in names and columns.</summary>
    public static bool TryTimeframe(string text, out Timeframe timeframe) =>
        Primitives.Timeframe.TryParse(text, out timeframe) || Words.TryGetValue(text, out timeframe);

    [GeneratedRegex("^(?<day>[0-9]{8})(_(?<symbol>[^_]+)_minute)?_trade$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Lean();

    [GeneratedRegex("^([A-Z0-9]+_)?(?<symbol>[^,]+), (?<width>[0-9A-Za-z]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TradingView();

    [GeneratedRegex("^DAT_[A-Z]+_(?<symbol>[A-Z0-9]+)_(?<width>[A-Z0-9]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HistData();
}
