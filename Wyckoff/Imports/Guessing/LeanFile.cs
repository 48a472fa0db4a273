using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Guessing;

/// <summary>
/// What path and name of a file of LEAN say about its rows, such as <c>equity/usa/minute/spy/20131004_trade.zip</c> or
/// <c>forex/oanda/hour/eurusd.zip</c>. A minute file is also recognised without its folders.
/// </summary>
internal sealed record LeanFile
{
    private static readonly string[] Classes =
    [
        "equity",
        "forex",
        "crypto",
        "cryptofuture",
        "cfd",
        "future",
        "index",
        "option",
        "indexoption",
        "futureoption",
    ];

    private static readonly string[] Resolutions = ["tick", "second", "minute", "hour", "daily"];

    private static readonly string[] Kinds = ["trade", "quote", "openinterest"];

    // FXCM's files have a clock that is five hours behind UTC all year.
    private static readonly Dictionary<string, string> ZonesOfMarkets = new(StringComparer.Ordinal)
    {
        ["equity/usa"] = "America/New_York",
        ["equity/india"] = "Asia/Kolkata",
        ["forex/fxcm"] = "Etc/GMT+5",
        ["future/eurex"] = "Europe/Berlin",
        ["future/hkfe"] = "Asia/Hong_Kong",
        ["future/india"] = "Asia/Kolkata",
        ["future/krx"] = "Asia/Seoul",
        ["index/eurex"] = "Europe/Berlin",
        ["index/hkfe"] = "Asia/Hong_Kong",
        ["index/india"] = "Asia/Kolkata",
        ["index/krx"] = "Asia/Seoul",
        ["index/ose"] = "Asia/Tokyo",
    };

    /// <summary>The kind of instrument, as the first of LEAN's folders names it; null if the folders are missing.</summary>
    public string? Class { get; private init; }

    public required string Resolution { get; init; }

    /// <summary>trade, quote or openinterest; null if the name does not say it.</summary>
    public string? Kind { get; private init; }

    public string? Symbol { get; private init; }

    /// <summary>The day of the rows, whose times are milliseconds since midnight.</summary>
    public DateOnly? Day { get; private init; }

    /// <summary>The zone of the times, in which the days of daily bars begin, too; null if the folders do not say it.</summary>
    public string? Zone { get; private init; }

    private bool IsOption { get; init; }

    /// <summary>What the rows are, as far as the name says it.</summary>
    public FileContent Content =>
        IsOption ? FileContent.Options
        : Kind == "openinterest" ? FileContent.OpenInterest
        : Kind == "quote" ? FileContent.Quotes
        : Resolution == "tick" ? FileContent.Ticks
        : Resolution == "second" ? FileContent.Seconds
        : FileContent.Bars;

    /// <summary>The prices are whole numbers of 0.0001. Null if the folders do not say it.</summary>
    public bool? HasScaledPrices => Class is null ? null : Class is "equity" or "option" or "indexoption";

    public Timeframe? Timeframe =>
        Resolution switch
        {
            "minute" => Primitives.Timeframe.Minute1,
            "hour" => Primitives.Timeframe.Hour1,
            "daily" => Primitives.Timeframe.Day1,
            _ => null,
        };

    /// <summary>The asset type of a ticker; null if the folders do not say it.</summary>
    public string? AssetType =>
        Class switch
        {
            "equity" => "stock",
            "cryptofuture" => "crypto",
            _ when IsOption => "option",
            _ => Class,
        };

    /// <summary>Recognises a file of LEAN; null for every other file.</summary>
    /// <param name="parts">The parts of the path; the last one is the name of the file.</param>
    /// <param name="stem">The name of the file without extensions.</param>
    public static LeanFile? Of(string[] parts, string stem)
    {
        var words = stem.Split('_');
        var kindAt = Array.FindIndex(words, word => IsOneOf(Kinds, word));
        var named = Array.Find(words, word => IsOneOf(Resolutions, word))?.ToLowerInvariant();
        DateOnly? day = DateOnly.TryParseExact(words[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : null;

        // CLASS/MARKET/RESOLUTION/…/FILE
        var at = parts.Length - 4;
        while (at >= 0 && !(IsOneOf(Classes, parts[at]) && IsOneOf(Resolutions, parts[at + 2])))
        {
            at--;
        }

        if (at < 0 && (day is null || !(kindAt == 1 || (kindAt is 2 or 3 && named is not null))))
        {
            return null;
        }

        var ofClass = at < 0 ? null : parts[at].ToLowerInvariant();
        var folder = at < 0 ? FolderOf(parts) : at + 2;
        var resolution = folder < 0 ? named ?? "minute" : parts[folder].ToLowerInvariant();
        var symbol =
            day is null ? words[0]
            : kindAt > 1 ? words[1]
            : folder >= 0 && folder + 1 < parts.Length - 1 ? parts[folder + 1]
            : null;
        // What follows in the name is a contract: es_trade_202003, 20131006_es_minute_trade_201312, aapl_trade_american_call_….
        var contract = words[(Math.Max(kindAt, named is null ? -1 : Array.FindIndex(words, word => IsOneOf(Resolutions, word))) + 1)..];
        if (kindAt >= 0 && contract is [{ Length: 6 or 8 } expiry] && expiry.All(char.IsAsciiDigit))
        {
            symbol = $"{symbol}_{expiry}";
        }

        return new()
        {
            Class = ofClass,
            Resolution = resolution,
            Kind = (kindAt >= 0 ? words[kindAt] : KindOfArchive(parts))?.ToLowerInvariant(),
            Symbol = symbol,
            Day = day,
            Zone = ofClass is null ? null : ZoneOf(ofClass, parts[at + 1].ToLowerInvariant()),
            IsOption =
                (ofClass?.EndsWith("option", StringComparison.Ordinal) ?? false)
                || contract.Any(word => IsOneOf(["call", "put", "american", "european"], word)),
        };
    }

    private static int FolderOf(string[] parts) =>
        Array.FindLastIndex(parts, Math.Max(parts.Length - 2, 0), part => IsOneOf(["tick", "second", "minute"], part));

    // crypto/coinbase/daily/btcusd_quote.zip holds btcusd.csv.
    private static string? KindOfArchive(string[] parts) =>
        parts.Length > 1 && parts[^2].EndsWith(".zip", StringComparison.OrdinalIgnoreCase)
            ? Array.Find(parts[^2][..^4].Split('_'), word => IsOneOf(Kinds, word))
            : null;

    private static string? ZoneOf(string ofClass, string market) =>
        ZonesOfMarkets.TryGetValue($"{ofClass}/{market}", out var zone) ? zone
        : ofClass is "forex" or "crypto" or "cryptofuture" or "cfd" or "future" ? "UTC"
        : null;

    private static bool IsOneOf(string[] words, string word) => words.Contains(word, StringComparer.OrdinalIgnoreCase);
}
