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

    // market.timeframe() has the same spellings. Case does not matter, except that no spelling ends with an upper-case M: elsewhere 1M is
    // a month.
    private static readonly Dictionary<string, Timeframe> Spellings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["1m"] = Minute1,
        ["1min"] = Minute1,
        ["1minute"] = Minute1,
        ["5m"] = Minute5,
        ["5min"] = Minute5,
        ["5minute"] = Minute5,
        ["15m"] = Minute15,
        ["15min"] = Minute15,
        ["15minute"] = Minute15,
        ["30m"] = Minute30,
        ["30min"] = Minute30,
        ["30minute"] = Minute30,
        ["1h"] = Hour1,
        ["1hour"] = Hour1,
        ["60m"] = Hour1,
        ["60min"] = Hour1,
        ["4h"] = Hour4,
        ["4hour"] = Hour4,
        ["240m"] = Hour4,
        ["240min"] = Hour4,
        ["1d"] = Day1,
        ["1day"] = Day1,
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

    /// <summary>
    /// The instant in UTC that a bound of a range of bars stands for. Answers may label daily bars with midnight in another zone, so
    /// midnight with any offset stands for its date.
    /// </summary>
    public DateTimeOffset Bound(DateTimeOffset given) =>
        IsDaily && given.TimeOfDay == TimeSpan.Zero ? new(given.DateTime, TimeSpan.Zero) : given.ToUniversalTime();

    public static bool TryParse([NotNullWhen(true)] string? text, out Timeframe timeframe)
    {
        timeframe = default;
        return text is not null && !text.EndsWith('M') && Spellings.TryGetValue(text, out timeframe);
    }

    public static Timeframe Parse(string text) =>
        TryParse(text, out var timeframe)
            ? timeframe
            : throw new FormatException($"'{text}' is not a timeframe: one of {string.Join(", ", Stored)} is expected.");

    public override string ToString() => Name;
}
