using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Primitives;

public sealed class PrimitivesTests
{
    [Theory]
    [InlineData("1m", "1m")]
    [InlineData("1Min", "1m")]
    [InlineData("15Min", "15m")]
    [InlineData("1Hour", "1h")]
    [InlineData("4Hour", "4h")]
    [InlineData("1Day", "1d")]
    [InlineData("1D", "1d")]
    [InlineData("D", "1d")]
    public void Common_spellings_of_timeframes_are_parsed(string written, string name) => Assert.Equal(name, Timeframe.Parse(written).Name);

    [Theory]
    [InlineData("1M")] // a month
    [InlineData("1w")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("01m")]
    public void Unknown_timeframes_are_refused(string? text) => Assert.False(Timeframe.TryParse(text, out _));

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
