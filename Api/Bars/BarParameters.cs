using Wyckoff.Api.Binding;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>The parameters of requests for bars.</summary>
internal static class BarParameters
{
    public const int DefaultLimit = 500;

    /// <summary>Maximum number of bars in a response that is assembled in memory.</summary>
    public const int MostHeld = 50_000;

    /// <summary>Maximum number of bars in a response that is streamed.</summary>
    public const int MostStreamed = 10_000_000;

    public const int MostSymbols = 100;

    public const int MaxProvider = 20;

    public static readonly Parameter<BarPeriod> Timeframe = new(
        "timeframe",
        $"{BarPeriod.Expected}; also in the form 1Min, 2Hour, 1Day, 1Week, 1Month. "
            + "Multiples are resampled from the coarsest stored timeframe that divides them.",
        ReadPeriod
    )
    {
        Default = "1d",
        Example = "1d",
    };

    public static readonly Parameter<int> Last = Parameters.Whole(
        "last",
        "Number of bars: the newest of the range, oldest first. Without 'from', the newest bars are the default.",
        1,
        MostHeld
    );

    public static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "Maximum number of bars; 'next' is the cursor of the following ones. NDJSON, CSV and Parquet with 'from' have no limit by default; "
            + "JSON, filled bars, and bars counted from the end have up to 50000.",
        1,
        MostStreamed
    ) with
    {
        Default = "500",
    };

    public static readonly Parameter<Order> Order = Parameters.Choice(
        "order",
        "asc: oldest first; desc: newest first.",
        Bars.Order.Asc
    ) with
    {
        ChoicesName = "SortOrder",
    };

    public static readonly Parameter<string> Cursor = Parameters.Text("cursor", "The 'next' of the previous page of the same query.", 200);

    public static readonly Parameter<BarFields> Fields = new(
        "fields",
        "Fields, separated by commas; all: every stored field. Default: open,high,low,close,volume,tradeCount,vwap; of Parquet, all. "
            + "The timestamp is always included, and the order is fixed.",
        ReadFields
    )
    {
        Example = "open,high,low,close,volume",
    };

    public static readonly Parameter<GapFill> Fill = Parameters.Choice(
        "fill",
        "How gaps between the first and the last bar are filled: with null, the previous close, or a line from close to close. "
            + "Such bars have filled: true, and no volume.",
        GapFill.None
    );

    public static readonly Parameter<Adjustment> Adjust = Parameters.Choice(
        "adjust",
        "raw: as traded. Adjustment for splits and dividends is not supported yet.",
        Adjustment.Raw
    );

    public static readonly Parameter<TimeZoneInfo> Timezone = new(
        "timezone",
        "IANA time zone of the timestamps in the response. Default: UTC.",
        ReadZone
    )
    {
        Example = "America/New_York",
    };

    public static readonly Parameter<BarFormat> Format = Parameters.Choice("format", "Output format; overrides Accept.", BarFormat.Json);

    public static readonly Parameter<JsonLayout> Layout = Parameters.Choice(
        "layout",
        "Layout of JSON: an object per bar, or an array per field.",
        JsonLayout.Rows
    );

    public static readonly Parameter<bool> Fetch = new(
        "fetch",
        "missing: first fetch the missing bars of the range from the provider. Requires 'from'.",
        ReadFetch
    )
    {
        Choices = ["missing"],
    };

    public static readonly Parameter<string> Provider = Parameters.Text(
        "provider",
        "The provider to fetch from. Default: the configured provider.",
        MaxProvider
    );

    public static readonly Parameter<IReadOnlyList<Symbol>> Symbols = new(
        "symbols",
        "Ticker symbols, separated by commas; at most 100.",
        ReadSymbols
    )
    {
        Required = true,
        Example = "SPY,AAPL",
    };

    public static readonly Parameter<DateTimeOffset> At = new("at", "The instant, in the format of 'from'.", Parameters.ReadInstant)
    {
        Required = true,
        Example = "2024-06-03T18:00:00Z",
    };

    public static readonly IReadOnlyList<Parameter> Shared =
    [
        Timeframe,
        Parameters.From,
        Parameters.To,
        Last,
        Limit,
        Order,
        Fields,
        Fill,
        Adjust,
        Timezone,
        Format,
        Layout,
    ];

    private static string? ReadPeriod(string text, out BarPeriod period) =>
        BarPeriod.TryParse(text, out period!) ? null : $"{Parameters.Quote(text)} is not a timeframe: {BarPeriod.Expected} is expected.";

    private static string? ReadFields(string text, out BarFields fields)
    {
        fields = BarFields.None;
        foreach (var name in text.Split(','))
        {
            var field =
                name is "all" ? BarFields.All
                : name is "timestamp" ? BarFields.None
                : BarColumns.All.FirstOrDefault(column => column.Name == name || column.Column == name).Field;
            if (field == BarFields.None && name != "timestamp")
            {
                var names = string.Join(", ", BarColumns.All.Select(column => column.Name));
                return $"{Parameters.Quote(name)} is not a field: all, or some of timestamp, {names}, separated by commas, are expected.";
            }

            fields |= field;
        }

        return null;
    }

    private static string? ReadFetch(string text, out bool missing) =>
        (missing = text == "missing") ? null : $"{Parameters.Quote(text)} cannot be fetched: missing is expected, or nothing.";

    private static string? ReadZone(string text, out TimeZoneInfo zone)
    {
        // The check excludes paths, which the system would accept as well.
        zone = TimeZoneInfo.Utc;
        return
            text.Length <= 64
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
            && !text.StartsWith('/')
            && TimeZoneInfo.TryFindSystemTimeZoneById(text, out zone!)
            ? null
            : $"{Parameters.Quote(text)} is not a time zone: an IANA name such as America/New_York is expected.";
    }

    private static string? ReadSymbols(string text, out IReadOnlyList<Symbol> symbols)
    {
        var found = new List<Symbol>();
        symbols = found;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Parameters.ReadSymbol(name, out var symbol) is { } wrong)
            {
                return wrong;
            }

            if (!found.Contains(symbol))
            {
                found.Add(symbol);
            }

            if (found.Count > MostSymbols)
            {
                return FormattableString.Invariant($"There are more than {MostSymbols}: 1 to {MostSymbols} symbols are expected.");
            }
        }

        return null;
    }
}

internal enum Order
{
    Asc,
    Desc,
}

internal enum Adjustment
{
    Raw,
}

internal enum JsonLayout
{
    Rows,
    Columns,
}
