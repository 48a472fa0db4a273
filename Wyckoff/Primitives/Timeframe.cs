using System.Diagnostics.CodeAnalysis;

namespace Wyckoff.Primitives;

/// <summary>The width of a bar: one of the seven stored widths. <c>default</c> is not a valid timeframe.</summary>
public readonly record struct Timeframe
{
    public static readonly Timeframe Minute1 = new("1m", TimeSpan.FromMinutes(1));
    public static readonly Timeframe Minute5 = new("5m", TimeSpan.FromMinutes(5));
    public static readonly Timeframe Minute15 = new("15m", TimeSpan.FromMinutes(15));
    public static readonly Timeframe Minute30 = new("30m", TimeSpan.FromMinutes(30));
    public static readonly Timeframe Hour1 = new("1h", TimeSpan.FromHours(1));
    public static readonly Timeframe Hour4 = new("4h", TimeSpan.FromHours(4));
    public static readonly Timeframe Day1 = new("1d", TimeSpan.FromDays(1));

    /// <summary>All stored timeframes, finest first.</summary>
    public static IReadOnlyList<Timeframe> Stored { get; } = [Minute1, Minute5, Minute15, Minute30, Hour1, Hour4, Day1];

    // Other spellings used by people and vendors. 1M is missing on purpose: elsewhere an upper-case M means a month.
    private static readonly Dictionary<string, Timeframe> Aliases = new(StringComparer.Ordinal)
    {
        ["1Min"] = Minute1,
        ["5Min"] = Minute5,
        ["15Min"] = Minute15,
        ["30Min"] = Minute30,
        ["1Hour"] = Hour1,
        ["4Hour"] = Hour4,
        ["1Day"] = Day1,
        ["1day"] = Day1,
        ["1hour"] = Hour1,
        ["4hour"] = Hour4,
        ["1min"] = Minute1,
        ["5min"] = Minute5,
        ["15min"] = Minute15,
        ["30min"] = Minute30,
        ["60m"] = Hour1,
        ["1H"] = Hour1,
        ["4H"] = Hour4,
        ["1D"] = Day1,
        ["D"] = Day1,
        ["d"] = Day1,
    };

    private readonly string? _name;

    private Timeframe(string name, TimeSpan width) => (_name, Width) = (name, width);

    /// <summary>1m, 5m, 15m, 30m, 1h, 4h or 1d; also the suffix of the table that holds these bars.</summary>
    public string Name => _name ?? "";

    public TimeSpan Width { get; }

    /// <summary>The width in microseconds, the unit of the timestamps that PostgreSQL stores.</summary>
    public long Microseconds => Width.Ticks / TimeSpan.TicksPerMicrosecond;

    public bool IsDaily => this == Day1;

    public static bool TryParse([NotNullWhen(true)] string? text, out Timeframe timeframe)
    {
        foreach (var stored in Stored)
        {
            if (stored.Name == text)
            {
                timeframe = stored;
                return true;
            }
        }

        return Aliases.TryGetValue(text ?? "", out timeframe);
    }

    public static Timeframe Parse(string text) =>
        TryParse(text, out var timeframe)
            ? timeframe
            : throw new FormatException($"'{text}' is not a timeframe: one of {string.Join(", ", Stored)} is expected.");

    public override string ToString() => Name;
}
