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
    private readonly List<LiveBar> _emitted = [];

    [Fact]
    public void A_minute_is_emitted_when_a_later_trade_arrives_or_the_clock_passes_its_end()
    {
        _bars.Start(Spy, Noon);
        Add(1, 100.5m, 10);
        Add(30, 101, 20);
        Add(59.9, 100, 5);
        Assert.Empty(_emitted);
        Add(60, 102, 1);
        Assert.Equal("12:00 100.5 101 100 100 35 3 100.71428571", Text(Assert.Single(_emitted)));
        _emitted.Clear();

        _bars.Close(Noon.AddSeconds(121.9), _emitted);
        Assert.Empty(_emitted);
        _bars.Close(Noon.AddSeconds(122), _emitted);
        Assert.Equal("12:01 102 102 102 102 1 1 102", Text(Assert.Single(_emitted)));
        _bars.Close(Noon.AddSeconds(130), _emitted);
        Assert.Single(_emitted);
    }

    [Fact]
    public void A_late_trade_corrects_its_minute_for_a_quarter_of_an_hour()
    {
        _bars.Start(Spy, Noon);
        Add(10, 100, 10);
        Add(61, 100, 10);
        _emitted.Clear();
        Add(5, 99, 30);
        Assert.Equal("12:00 99 100 99 100 40 2 99.25", Text(Assert.Single(_emitted)));
        _emitted.Clear();
        // A quarter of an hour later the minute accepts no more trades; the minute after it still does.
        Add(60 * 16, 101, 1);
        _emitted.Clear();
        Assert.False(_bars.Add(Trade(20, 98, 1, TradeUse.All), _emitted));
        Assert.True(_bars.Add(Trade(62, 98, 1, TradeUse.All), _emitted));
        Assert.Equal("12:01 100 100 98 98 11 2 99.81818182", Text(Assert.Single(_emitted)));
    }

    [Fact]
    public void A_minute_that_was_not_received_from_its_start_is_not_built()
    {
        _bars.Start(Spy, Noon.AddSeconds(0.5));
        Add(30, 100, 10);
        Add(60, 101, 10);
        Add(120, 102, 10);
        Assert.Equal("12:01 101 101 101 101 10 1 101", Text(Assert.Single(_emitted)));
        _emitted.Clear();
        _bars.Start(Spy, Noon.AddSeconds(130));
        Add(179, 105, 1);
        Add(65, 105, 1);
        Add(180, 103, 1);
        Add(240, 104, 1);
        Assert.Equal("12:03 103 103 103 103 1 1 103", Text(Assert.Single(_emitted)));
    }

    [Fact]
    public void Each_value_comes_from_the_trades_that_count_for_it()
    {
        _bars.Start(Spy, Noon);
        Add(1, 500, 7, TradeUse.Volume);
        _bars.Close(Noon.AddSeconds(70), _emitted);
        Assert.Empty(_emitted); // Odd lots alone give the minute no price.
        Add(61, 500, 7, TradeUse.Volume);
        Add(62, 100, 10);
        Add(63, 110, 10, TradeUse.HighLow | TradeUse.Volume);
        Add(64, 1, 999, TradeUse.None);
        _bars.Close(Noon.AddSeconds(122), _emitted);
        Assert.Equal("12:01 100 110 100 100 27 3 207.40740741", Text(Assert.Single(_emitted)));
    }

    [Fact]
    public void The_vwap_of_amounts_at_their_limits_is_exact()
    {
        _bars.Start(Spy, Noon);
        _bars.Add(new(Spy, Noon.UtcTicks, IncomingBar.PriceLimit - 1, IncomingBar.VolumeLimit / 2, TradeUse.All), _emitted);
        _bars.Add(new(Spy, Noon.UtcTicks, IncomingBar.PriceLimit - 2, (IncomingBar.VolumeLimit / 2) - 1, TradeUse.All), _emitted);
        _bars.Close(Noon.AddSeconds(70), _emitted);
        Assert.Equal(IncomingBar.PriceLimit - 1, Assert.Single(_emitted).Bar.Vwap);
    }

    [Fact]
    public void The_final_bar_of_a_minute_does_not_depend_on_the_order_of_its_trades()
    {
        var trade =
            from second in Gen.Choose(0, 599)
            from price in Gen.Choose(-1_000_000, 1_000_000)
            from size in Gen.Choose(0, 1_000_000)
            from use in Gen.Elements(TradeUse.All, TradeUse.Volume, TradeUse.HighLow | TradeUse.Volume, TradeUse.None)
            select (second, price, size, use);
        // No two trades have the same instant, because for those the order of arrival decides the open and close.
        var trades = from list in trade.NonEmptyListOf() from order in Gen.Shuffle(list.DistinctBy(t => t.second).ToArray()) select order;
        Prop.ForAll(
                trades.ToArbitrary(),
                order =>
                {
                    var bars = new TradeBars(TimeSpan.FromSeconds(2));
                    bars.Start(Spy, Noon);
                    var emitted = new List<LiveBar>();
                    foreach (var (second, price, size, use) in order)
                    {
                        bars.Add(new(Spy, Noon.AddSeconds(second).UtcTicks, price * 1_234_567L, size * (Int128)7_654_321, use), emitted);
                    }

                    bars.Close(Noon.AddMinutes(12), emitted);
                    var last = emitted.GroupBy(bar => bar.Bar.Time).ToDictionary(group => group.Key, group => group.Last().Bar);
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
                    out var bar,
                    allowsNegative: true
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
        Assert.True(_bars.Add(Trade(second, price, size, use), _emitted));
}
