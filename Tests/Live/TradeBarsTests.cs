using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Bars;
using Wyckoff.Live;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Live;

public sealed class TradeBarsTests
{
    private static readonly Symbol Spy = Symbol.Parse("SPY");
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TradeBars _bars = new(TimeSpan.FromSeconds(2));
    private readonly List<LiveBar> _out = [];

    [Fact]
    public void A_minute_comes_out_when_a_later_trade_or_the_clock_says_that_it_is_over()
    {
        _bars.Start(Spy, Noon);
        Add(1, 100.5m, 10);
        Add(30, 101, 20);
        Add(59.9, 100, 5);
        Assert.Empty(_out);
        Add(60, 102, 1);
        Assert.Equal("12:00 100.5 101 100 100 35 3 100.71428571", Text(Assert.Single(_out)));
        _out.Clear();

        _bars.Close(Noon.AddSeconds(121.9), _out);
        Assert.Empty(_out);
        _bars.Close(Noon.AddSeconds(122), _out);
        Assert.Equal("12:01 102 102 102 102 1 1 102", Text(Assert.Single(_out)));
        _bars.Close(Noon.AddSeconds(130), _out);
        Assert.Single(_out);
    }

    [Fact]
    public void A_late_trade_corrects_its_minute_until_it_is_forgotten()
    {
        _bars.Start(Spy, Noon);
        Add(10, 100, 10);
        Add(61, 100, 10);
        _out.Clear();
        Add(5, 99, 30);
        Assert.Equal("12:00 99 100 99 100 40 2 99.25", Text(Assert.Single(_out)));
        _out.Clear();
        // The minute is known no more once the stream is a quarter of an hour further; the one after it still is.
        Add(60 * 16, 101, 1);
        _out.Clear();
        Assert.False(_bars.Add(Trade(20, 98, 1, TradeUse.All), _out));
        Assert.True(_bars.Add(Trade(62, 98, 1, TradeUse.All), _out));
        Assert.Equal("12:01 100 100 98 98 11 2 99.81818182", Text(Assert.Single(_out)));
    }

    [Fact]
    public void A_minute_that_was_not_heard_from_its_first_instant_is_not_built()
    {
        _bars.Start(Spy, Noon.AddSeconds(0.5));
        Add(30, 100, 10);
        Add(60, 101, 10);
        Add(120, 102, 10);
        Assert.Equal("12:01 101 101 101 101 10 1 101", Text(Assert.Single(_out)));
        _out.Clear();
        _bars.Start(Spy, Noon.AddSeconds(130));
        Add(179, 105, 1);
        Add(65, 105, 1);
        Add(180, 103, 1);
        Add(240, 104, 1);
        Assert.Equal("12:03 103 103 103 103 1 1 103", Text(Assert.Single(_out)));
    }

    [Fact]
    public void Each_figure_is_of_the_trades_that_count_for_it()
    {
        _bars.Start(Spy, Noon);
        Add(1, 500, 7, TradeUse.Volume);
        _bars.Close(Noon.AddSeconds(70), _out);
        Assert.Empty(_out); // odd lots have given it no price
        Add(61, 500, 7, TradeUse.Volume);
        Add(62, 100, 10);
        Add(63, 110, 10, TradeUse.HighLow | TradeUse.Volume);
        Add(64, 1, 999, TradeUse.None);
        _bars.Close(Noon.AddSeconds(122), _out);
        Assert.Equal("12:01 100 110 100 100 27 3 207.40740741", Text(Assert.Single(_out)));
    }

    [Fact]
    public void A_mean_of_amounts_at_their_limits_is_still_exact()
    {
        _bars.Start(Spy, Noon);
        _bars.Add(new(Spy, Noon.UtcTicks, IncomingBar.PriceLimit - 1, IncomingBar.VolumeLimit / 2, TradeUse.All), _out);
        _bars.Add(new(Spy, Noon.UtcTicks, IncomingBar.PriceLimit - 2, (IncomingBar.VolumeLimit / 2) - 1, TradeUse.All), _out);
        _bars.Close(Noon.AddSeconds(70), _out);
        Assert.Equal(IncomingBar.PriceLimit - 1, Assert.Single(_out).Bar.Vwap);
    }

    [Fact]
    public void The_last_word_on_every_minute_is_the_same_in_whatever_order_the_trades_come()
    {
        var trade =
            from second in Gen.Choose(0, 599)
            from price in Gen.Choose(1, 1_000_000)
            from size in Gen.Choose(0, 1_000_000)
            from use in Gen.Elements(TradeUse.All, TradeUse.Volume, TradeUse.HighLow | TradeUse.Volume, TradeUse.None)
            select (second, price, size, use);
        // No two at the same instant: of those, which came first is part of the answer.
        var trades = from list in trade.NonEmptyListOf() from order in Gen.Shuffle(list.DistinctBy(t => t.second).ToArray()) select order;
        Prop.ForAll(
                trades.ToArbitrary(),
                order =>
                {
                    var bars = new TradeBars(TimeSpan.FromSeconds(2));
                    bars.Start(Spy, Noon);
                    var came = new List<LiveBar>();
                    foreach (var (second, price, size, use) in order)
                    {
                        bars.Add(new(Spy, Noon.AddSeconds(second).UtcTicks, price * 1_234_567L, size * (Int128)7_654_321, use), came);
                    }

                    bars.Close(Noon.AddMinutes(12), came);
                    var last = came.GroupBy(bar => bar.Bar.Time).ToDictionary(group => group.Key, group => group.Last().Bar);
                    var expected = order
                        .OrderBy(t => t.second)
                        .GroupBy(t => t.second / 60)
                        .Where(minute => minute.Any(t => t.use == TradeUse.All))
                        .ToDictionary(minute => IncomingBar.TimeOf(Noon.AddMinutes(minute.Key)), Expected);
                    return last.Count == expected.Count && expected.All(pair => last[pair.Key] == pair.Value);
                }
            )
            .QuickCheckThrowOnFailure();

        static IncomingBar Expected(IGrouping<int, (int second, int price, int size, TradeUse use)> minute)
        {
            var marks = minute.Where(t => t.use == TradeUse.All).ToList();
            var priced = minute.Where(t => t.use.HasFlag(TradeUse.HighLow)).ToList();
            var counted = minute.Where(t => t.use.HasFlag(TradeUse.Volume)).ToList();
            var volume = counted.Sum(t => t.size * 0.07654321m);
            var vwap =
                volume == 0
                    ? 0
                    : decimal.Round(
                        counted.Sum(t => t.price * 0.01234567m * (t.size * 0.07654321m)) / volume,
                        8,
                        MidpointRounding.AwayFromZero
                    );
            Assert.Null(
                IncomingBar.TryCreate(
                    Noon.AddMinutes(minute.Key),
                    marks[0].price * 0.01234567m,
                    priced.Max(t => t.price) * 0.01234567m,
                    priced.Min(t => t.price) * 0.01234567m,
                    marks[^1].price * 0.01234567m,
                    volume,
                    counted.Count,
                    vwap,
                    out var bar
                )
            );
            return bar;
        }
    }

    private static LiveTrade Trade(double second, decimal price, int size, TradeUse use) =>
        new(Spy, Noon.AddSeconds(second).UtcTicks, (long)(price * IncomingBar.One), size * (Int128)IncomingBar.One, use);

    private static string Text(LiveBar bar)
    {
        Assert.Equal((Spy, LiveBarKind.Minute), (bar.Symbol, bar.Kind));
        var b = bar.Bar;
        string[] amounts = [.. new[] { b.Open, b.High, b.Low, b.Close, b.Volume, b.Vwap }.Select(IncomingBar.Text)];
        return FormattableString.Invariant($"{b.Timestamp:HH:mm} {string.Join(' ', amounts[..5])} {b.TradeCount} {amounts[5]}");
    }

    private void Add(double second, decimal price, int size, TradeUse use = TradeUse.All) =>
        Assert.True(_bars.Add(Trade(second, price, size, use), _out));
}
