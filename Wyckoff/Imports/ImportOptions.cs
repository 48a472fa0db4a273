using System.Globalization;
using System.Text.Json;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Imports;

/// <summary>How to import a file. Everything is optional; what is missing is taken from the columns or the name of the file.</summary>
public sealed record ImportOptions
{
    /// <summary>The most decimals that a price or a volume can have.</summary>
    public const int MostDecimals = FixedPoint.Decimals;

    /// <summary>The symbol of all bars. If null, a column or the name of the file gives it.</summary>
    public Symbol? Symbol { get; init; }

    /// <summary>The timeframe of all bars. If null, a column or the name of the file gives it.</summary>
    public Timeframe? Timeframe { get; init; }

    public string Source { get; init; } = "import";

    public ConflictPolicy Policy { get; init; } = ConflictPolicy.Skip;

    /// <summary>The zone of times that have no offset; UTC if null.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>The format of times: a pattern of yyyy MM dd HH mm ss, or s, ms, us, ns since 1970. If null, it is detected.</summary>
    public TimePattern? DateFormat { get; init; }

    /// <summary>Names or numbers (from 1) of columns by role. Columns of other roles are detected.</summary>
    public ColumnMap Columns { get; init; } = ColumnMap.Empty;

    /// <summary>Prices in the file are divided by this number.</summary>
    public long PriceScale { get; init; } = 1;

    /// <summary>Prices and volumes are rounded to so many decimals, 0 to 8. If null, they are exact or the row is rejected.</summary>
    public int? Round { get; init; }

    /// <summary>The character between columns; detected if null.</summary>
    public byte? Delimiter { get; init; }

    /// <summary>A file with more rejected rows than this fails.</summary>
    public long? MaxRejects { get; init; }

    /// <summary>Reads a file even if it was imported already.</summary>
    public bool Force { get; init; }

    /// <summary>Rolls the bars up to coarser timeframes.</summary>
    public bool RollUp { get; init; } = true;

    /// <summary>Computes spread, ratios and quality.</summary>
    public bool Derive { get; init; } = true;

    /// <summary>The time zone of tickers that the import creates.</summary>
    public string? TickerTimeZone { get; init; }

    /// <summary>The asset type of tickers that the import creates.</summary>
    public string? AssetType { get; init; }

    /// <summary>Tickers that the import creates allow zero and negative prices.</summary>
    public bool AllowNegative { get; init; }

    /// <summary>The symbols that may have zero and negative prices; loaded when the import starts.</summary>
    internal NegativePrices NegativePrices { get; init; } = NegativePrices.None;

    /// <summary>
    /// The options that decide which bars a file gives, as JSON. With other ones the same file is another import.
    /// </summary>
    internal string ToJson()
    {
        var options = new SortedDictionary<string, string?>(StringComparer.Ordinal)
        {
            ["symbol"] = Symbol?.Value,
            ["timeframe"] = Timeframe?.Name,
            ["source"] = Source,
            ["onConflict"] = EnumText.Of(Policy),
            ["timezone"] = TimeZone?.Id,
            ["dateFormat"] = DateFormat?.ToString(),
            ["map"] = Columns.ToString(),
            ["priceScale"] = PriceScale.ToString(CultureInfo.InvariantCulture),
            ["delimiter"] = Delimiter?.ToString(CultureInfo.InvariantCulture),
            ["rollUps"] = RollUp ? "true" : "false",
            ["derived"] = Derive ? "true" : "false",
            ["tickerTimezone"] = TickerTimeZone,
            ["assetType"] = AssetType,
        };
        // Only if set, so that imports from before the option existed have the same options as those without it.
        if (AllowNegative)
        {
            options["allowNegative"] = "true";
        }

        if (Round is { } decimals)
        {
            options["round"] = decimals.ToString(CultureInfo.InvariantCulture);
        }

        return JsonSerializer.Serialize(options);
    }
}
