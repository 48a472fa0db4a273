using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>
/// A bar to be written, without derived fields. Amounts are whole numbers of 10⁻⁸: they are as exact as the columns, and ten times as
/// fast as decimals. <see cref="TryCreate"/> converts from decimals.
/// </summary>
public readonly record struct IncomingBar(
    long Time,
    long Open,
    long High,
    long Low,
    long Close,
    Int128 Volume,
    int TradeCount = IncomingBar.Unknown,
    long Vwap = 0
)
{
    /// <summary>The number 1 in the unit of the amounts.</summary>
    public const long One = 100_000_000;

    /// <summary>The range of prices, as messages state it.</summary>
    public const string ExpectedPrice = "more than -10000000000 and less than 10000000000";

    /// <summary>The trade count of a bar whose source gave none.</summary>
    public const int Unknown = -1;

    /// <summary>Prices are between plus and minus this, the limit of numeric(18,8).</summary>
    public const long PriceLimit = 10_000_000_000 * One;

    /// <summary>Volumes are below this, the limit of numeric(28,8).</summary>
    public static readonly Int128 VolumeLimit = FixedPoint.Limit;

    /// <summary>
    /// 1700-01-01. Price series go back to the 18th century; earlier dates come from misread date formats. The rule is here because it
    /// holds for every writer, and readers begin here.
    /// </summary>
    public static readonly long Earliest = TimeOf(new DateTimeOffset(1700, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The open of the bar, in microseconds since 1970, UTC.</summary>
    public long Time { get; init; } = Time;

    /// <summary>Volume-weighted mean price; 0 when the source gave none.</summary>
    public long Vwap { get; init; } = Vwap;

    public DateTimeOffset Timestamp => InstantOf(Time);

    /// <summary>high − low, at most the largest value of the column: prices of both signs can be further apart than that.</summary>
    public long Spread => Math.Min(High - Low, PriceLimit - 1);

    public static long TimeOf(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset InstantOf(long time) => DateTimeOffset.UnixEpoch.AddTicks(time * TimeSpan.TicksPerMicrosecond);

    /// <summary>Creates a bar from decimals. Returns null, or what is wrong: the field, its value, and what was expected.</summary>
    public static string? TryCreate(
        DateTimeOffset timestamp,
        decimal open,
        decimal high,
        decimal low,
        decimal close,
        decimal volume,
        int? tradeCount,
        decimal? vwap,
        out IncomingBar bar,
        bool allowsNegative = false
    )
    {
        bar = default;
        long h = 0,
            l = 0,
            c = 0,
            v = 0;
        // Providers often send 0 when they have no volume-weighted price.
        if (
            (
                Price("open", open, out var o)
                ?? Price("high", high, out h)
                ?? Price("low", low, out l)
                ?? Price("close", close, out c)
                ?? (vwap is null or 0 ? null : Price("vwap", vwap.Value, out v))
            ) is
            { } fault
        )
        {
            return fault;
        }

        if (volume < 0 || decimal.Round(volume, 8) != volume || volume >= 100_000_000_000_000_000_000m)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"volume {volume}: at least 0, with up to 20 digits before and 8 after the point, was expected"
            );
        }

        var whole = decimal.Truncate(volume);
        bar = new(TimeOf(timestamp), o, h, l, c, (Int128)whole * One + (long)((volume - whole) * One), tradeCount ?? Unknown, v);
        return bar.BrokenRule(allowsNegative);
    }

    /// <summary>
    /// The rule that this bar breaks, as a sentence; null when it breaks none. Does not check that the time is aligned to a timeframe.
    /// </summary>
    /// <param name="allowsNegative">The ticker allows zero and negative prices.</param>
    public string? BrokenRule(bool allowsNegative)
    {
        if (
            (allowsNegative || (Low > 0 && Vwap >= 0))
            && High >= Low
            && High >= Open
            && High >= Close
            && Low <= Open
            && Low <= Close
            && Volume >= 0
            && Volume < VolumeLimit
            && High < PriceLimit
            && Low > -PriceLimit
            && TradeCount >= Unknown
            && Vwap > -PriceLimit
            && Vwap < PriceLimit
            && Time >= Earliest
        )
        {
            return null;
        }

        return this switch
        {
            { Time: var time } when time < Earliest => $"timestamp {Timestamp:O}: not before 1700 was expected",
            { Open: <= 0 } when !allowsNegative => NotPositive("open", Open),
            { High: <= 0 } when !allowsNegative => NotPositive("high", High),
            { Low: <= 0 } when !allowsNegative => NotPositive("low", Low),
            { Close: <= 0 } when !allowsNegative => NotPositive("close", Close),
            { High: >= PriceLimit } => $"high {Text(High)}: less than {PriceLimit / One} was expected",
            { Low: <= -PriceLimit } => $"low {Text(Low)}: more than -{PriceLimit / One} was expected",
            _ when High < Low => $"high {Text(High)} is below low {Text(Low)}",
            _ when High < Open => $"high {Text(High)} is below open {Text(Open)}",
            _ when High < Close => $"high {Text(High)} is below close {Text(Close)}",
            _ when Low > Open => $"low {Text(Low)} is above open {Text(Open)}",
            _ when Low > Close => $"low {Text(Low)} is above close {Text(Close)}",
            { Vwap: < 0 } when !allowsNegative => NotPositive("vwap", Vwap),
            { Vwap: <= -PriceLimit or >= PriceLimit } => $"vwap {Text(Vwap)}: {ExpectedPrice} was expected",
            { TradeCount: < Unknown } => string.Create(CultureInfo.InvariantCulture, $"trade count {TradeCount}: at least 0 was expected"),
            _ => $"volume {Text(Volume)}: at least 0 and less than 10^20 was expected",
        };
    }

    /// <summary>An amount as a decimal number without trailing zeros.</summary>
    public static string Text(Int128 amount)
    {
        var (whole, rest) = Int128.DivRem(Int128.Abs(amount), One);
        var text =
            rest == 0
                ? whole.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{whole}.{(long)rest:00000000}").TrimEnd('0');
        return amount < 0 ? "-" + text : text;
    }

    /// <summary>Says that a price of a ticker without negative prices is zero or negative.</summary>
    public static string NotPositive(string name, long amount) =>
        $"{name} {Text(amount)}: more than 0 was expected, because the ticker does not allow negative prices";

    private static string? Price(string name, decimal value, out long amount)
    {
        amount = 0;
        if (value is <= -10_000_000_000m or >= 10_000_000_000m)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{name} {value}: {ExpectedPrice} was expected");
        }

        if (decimal.Round(value, 8) != value)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{name} {value}: at most 8 digits after the point were expected");
        }

        amount = (long)(value * One);
        return null;
    }
}
