using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Primitives;

public sealed class PrimitivesTests
{
    [Theory]
    [MemberData(nameof(TimeframeSpellings.All), MemberType = typeof(TimeframeSpellings))]
    public void Spellings_of_timeframes_are_parsed_or_refused(string written, string? name)
    {
        Assert.Equal(name, Timeframe.TryParse(written, out var timeframe) ? timeframe.Name : null);
        // Requests for bars may have multiples as well. Of the stored timeframes they accept the same spellings.
        Assert.Equal(name, BarPeriod.TryParse(written, out var period) && period.IsStored ? period.Name : null);
    }

    [Fact]
    public void No_timeframe_is_no_text() => Assert.False(Timeframe.TryParse(null, out _));

    [Theory]
    [InlineData("1d", "2024-01-02T00:00:00-05:00", "2024-01-02T00:00:00Z")]
    [InlineData("1d", "2024-01-02T00:00:00+09:00", "2024-01-02T00:00:00Z")]
    [InlineData("1d", "2024-01-02T09:30:00-05:00", "2024-01-02T14:30:00Z")]
    [InlineData("1h", "2024-01-02T00:00:00-05:00", "2024-01-02T05:00:00Z")]
    public void Midnight_in_any_zone_bounds_daily_bars_by_its_date(string timeframe, string given, string bound)
    {
        var instant = Timeframe.Parse(timeframe).Bound(DateTimeOffset.Parse(given, CultureInfo.InvariantCulture));
        Assert.Equal((DateTimeOffset.Parse(bound, CultureInfo.InvariantCulture), TimeSpan.Zero), (instant, instant.Offset));
    }

    [Fact]
    public void Each_timeframe_is_a_multiple_of_the_next_finer_one() =>
        Assert.All(
            Timeframe.Stored.Zip(Timeframe.Stored.Skip(1)),
            pair => Assert.Equal(0, pair.Second.Width.Ticks % pair.First.Width.Ticks)
        );

    [Fact]
    public void A_symbol_is_upper_case_and_round_trips_as_text() =>
        Prop.ForAll<string>(text =>
                !Symbol.TryParse(text, out var symbol)
                || (
                    symbol.Value.Length is > 0 and <= Symbol.MaxLength
                    && symbol.Value == symbol.Value.ToUpperInvariant()
                    && Symbol.Parse(symbol.Value) == symbol
                )
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("brk.b", "BRK.B")]
    [InlineData(" btc-usd ", "BTC-USD")]
    [InlineData("^GSPC", "^GSPC")]
    [InlineData("ES=F", "ES=F")]
    public void Symbols_of_all_markets_are_parsed(string written, string symbol) => Assert.Equal(symbol, Symbol.Parse(written).Value);

    [Theory]
    [InlineData("ABCDEFGHIJKLMNOPQRSTU")] // 21
    [InlineData("A B")]
    [InlineData("A\0")]
    [InlineData("'; DROP")]
    [InlineData("Ä")]
    public void Invalid_symbols_are_refused(string text) => Assert.False(Symbol.TryParse(text, out _));

    [Fact]
    public void Adjacent_ranges_neither_overlap_nor_leave_a_gap() =>
        Prop.ForAll<int, int, int>(
                (a, b, c) =>
                {
                    var times = new[] { a, b, c }
                        .Distinct()
                        .Order()
                        .Select(seconds => DateTimeOffset.UnixEpoch.AddSeconds(seconds))
                        .ToArray();
                    if (times.Length < 3)
                    {
                        return true;
                    }

                    var (first, second) = (new TimeRange(times[0], times[1]), new TimeRange(times[1], times[2]));
                    return times[..2].All(time => first.Contains(time) ^ second.Contains(time))
                        && !second.Contains(times[2])
                        && first.Duration + second.Duration == times[2] - times[0];
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void An_empty_range_cannot_be_constructed() =>
        Assert.Throws<ArgumentException>(() => new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
}
