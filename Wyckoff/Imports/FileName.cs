using System.Text.RegularExpressions;
using Wyckoff.Imports.Guessing;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>What the name of a file, and those of its folders, say about its bars: symbol, timeframe, day and more.</summary>
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

    // The folders of Binance's archive: data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip
    private static readonly string[] ComputedKlines = ["markPriceKlines", "indexPriceKlines", "premiumIndexKlines"];
    private static readonly string[] BinanceTicks = ["trades", "aggTrades", "bookTicker"];

    /// <summary>What the rows are.</summary>
    public FileContent Content { get; private init; }

    /// <summary>The zone of times without a zone; null if the name does not say it.</summary>
    public string? Zone { get; private init; }

    /// <summary>stock, forex, crypto …; null if the folders do not say it.</summary>
    public string? AssetType { get; private init; }

    /// <summary>The zone in which days begin; null if the folders do not say it.</summary>
    public string? DayZone { get; private init; }

    /// <summary>
    /// Whether the file may hold LEAN's prices of stocks, which are whole numbers of 0.0001; null if it is not a file of LEAN.
    /// </summary>
    public bool? MayBeScaled { get; private init; }

    /// <summary><see cref="Zone"/>; null for UTC.</summary>
    public TimeZoneInfo? LocalZone => Zone is null or "UTC" ? null : TimeZoneInfo.FindSystemTimeZoneById(Zone);

    /// <summary>
    /// Whether the symbol is rather a date, a number or a timeframe: 20131004, 2013-10, 7203, 1h. Numbers are symbols in Asia, but a name
    /// does not show it.
    /// </summary>
    public bool HasDoubtfulSymbol =>
        Symbol is not null
        && Symbol.Any(char.IsAsciiDigit)
        && (Symbol.All(c => char.IsAsciiDigit(c) || c is '-' or '.' or '_') || TryTimeframe(Symbol, out _));

    public static FileName Of(string path)
    {
        var parts = path.Replace('\\', '/').Split('/', '!');
        var stem = parts[^1];
        while (Array.Find(Extensions, extension => stem.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } extension)
        {
            stem = stem[..^extension.Length];
        }

        if (LeanFile.Of(parts, stem) is { } lean)
        {
            return new(lean.Symbol, lean.Timeframe, lean.Day)
            {
                Content = lean.Content,
                Zone = lean.Zone,
                AssetType = lean.AssetType,
                DayZone = lean.Zone,
                MayBeScaled = lean.HasScaledPrices is not false,
            };
        }

        if (OfBinance(parts) is { } binance)
        {
            return binance;
        }

        // TradingView: NASDAQ_AAPL, 60
        if (TradingView().Match(stem) is { Success: true } chart && TryTimeframe(chart.Groups["width"].Value, out var charted))
        {
            return new(chart.Groups["symbol"].Value, charted, null);
        }

        // Dukascopy: EURUSD_Candlestick_1_Hour_BID_01.01.2024-31.01.2024
        if (
            Dukascopy().Match(stem) is { Success: true } candles
            && TryTimeframe(candles.Groups["count"].Value + char.ToLowerInvariant(candles.Groups["unit"].Value[0]), out var candle)
        )
        {
            return new(candles.Groups["symbol"].Value, candle, null);
        }

        if (HistData().Match(stem) is { Success: true } ascii)
        {
            return new(ascii.Groups["symbol"].Value, TryTimeframe(ascii.Groups["width"].Value, out var width) ? width : null, null)
            {
                Content = ascii.Groups["width"].Value == "T" ? FileContent.Ticks : FileContent.Bars,
            };
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

        var named = (beforeTimeframe ?? stem).Split('_', ' ');
        // EUR_USD and BTC_USDT are one symbol.
        var name =
            named.Length > 1 && CurrencyPair.TypeOf($"{named[0]}_{named[1]}".ToUpperInvariant()) is not null
                ? $"{named[0]}_{named[1]}"
                : named[0];
        if (Array.Find(CountrySuffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) is { } country)
        {
            name = name[..^country.Length];
        }

        // daily/spy.csv, hour/spy.zip with spy.csv in it
        if (
            timeframe is null
            && FolderOf(parts) is { } folder
            && folder.Any(char.IsAsciiLetter)
            && VendorTimeframes.TryGetValue(folder, out var ofFolder)
        )
        {
            timeframe = ofFolder;
        }

        return new(name, timeframe, null);
    }

    /// <summary>The folder that holds the file, or the archive that the file is in.</summary>
    private static string? FolderOf(string[] parts) =>
        parts.SkipLast(1).LastOrDefault(part => !part.EndsWith(".zip", StringComparison.OrdinalIgnoreCase));

    private static FileName? OfBinance(string[] parts)
    {
        // The last folder of the archive is the timeframe, the one before it the symbol. BTCUSDT_240329 is a symbol, too.
        for (var i = 0; i + 2 < parts.Length; i++)
        {
            var isComputed = ComputedKlines.Contains(parts[i], StringComparer.OrdinalIgnoreCase);
            if (
                (isComputed || parts[i].Equals("klines", StringComparison.OrdinalIgnoreCase))
                && TryTimeframe(parts[i + 2], out var timeframe)
            )
            {
                return new(parts[i + 1], timeframe, null)
                {
                    Content = isComputed ? FileContent.ComputedPrices : FileContent.Bars,
                    AssetType = "crypto",
                    DayZone = "UTC",
                };
            }

            if (parts[i] is "daily" or "monthly" && BinanceTicks.Contains(parts[i + 1], StringComparer.OrdinalIgnoreCase))
            {
                return new(parts[i + 2], null, null) { Content = FileContent.Ticks };
            }
        }

        return null;
    }

    /// <summary>Parses a timeframe as vendors write it in file names and columns.</summary>
    public static bool TryTimeframe(string text, out Timeframe timeframe) =>
        Primitives.Timeframe.TryParse(text, out timeframe) || VendorTimeframes.TryGetValue(text, out timeframe);

    [GeneratedRegex("^([A-Z0-9]+_)?(?<symbol>[^,]+), (?<width>[0-9A-Za-z]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TradingView();

    [GeneratedRegex("^(?<symbol>[^_]+)_Candlestick_(?<count>[0-9]+)_(?<unit>[A-Za-z]+)_", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Dukascopy();

    [GeneratedRegex("^DAT_[A-Z]+_(?<symbol>[A-Z0-9]+)_(?<width>[A-Z0-9]+)(_.*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HistData();
}
