using Wyckoff.Bars;
using Wyckoff.Bars.RollUp;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Bars.RollUp;

public sealed class CoarserBarsTests
{
    private static readonly TickerRef Ticker = new(1, Symbol.Parse("FOLD"), TimeZoneInfo.Utc);

    // Midnight, so that buckets of all timeframes begin here.
    private static readonly long Start = IncomingBar.TimeOf(new(2024, 3, 4, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Without_stored_bars_every_coarser_timeframe_is_folded()
    {
        using var coarser = Fold(Minutes(0, 10), _ => long.MinValue);
        Assert.Null(coarser.SharedRange);
        Assert.Null(coarser.BlockedRange);
        Assert.Equal(2, coarser.Folded(Timeframe.Minute5)!.Count);
        var day = Assert.Single(Bars(coarser, Timeframe.Day1));
        Assert.Equal((Start, 10 * IncomingBar.One), (day.Time, day.Volume));
    }

    [Fact]
    public void Bars_of_a_day_that_has_stored_bars_are_left_to_the_database()
    {
        // The first 20 bars belong to a day that has stored bars, the next 10 to a new day.
        IncomingBar[] bars = [.. Minutes(1420, 30)];
        using var coarser = Fold(bars, timeframe => timeframe == Timeframe.Minute1 ? bars[0].Time : long.MinValue);
        Assert.Equal(new WindowRange(Ticker.Id, Timeframe.Minute1, bars[0].Time, bars[20].Time), coarser.SharedRange);
        Assert.Null(coarser.BlockedRange);
        Assert.Equal([bars[20].Time, bars[25].Time], Bars(coarser, Timeframe.Minute5).Select(bar => bar.Time));
        Assert.Equal(bars[20].Time, Assert.Single(Bars(coarser, Timeframe.Day1)).Time);
    }

    [Fact]
    public void Stored_coarser_bars_stop_the_folding_at_the_timeframe_below()
    {
        IncomingBar[] bars = [.. Minutes(0, 10)];
        using var coarser = Fold(bars, timeframe => timeframe == Timeframe.Hour1 ? long.MaxValue : long.MinValue);
        Assert.Equal(
            new WindowRange(Ticker.Id, Timeframe.Minute30, bars[0].Time, bars[^1].Time + Timeframe.Minute1.Microseconds),
            coarser.BlockedRange
        );
        Assert.Equal(2, coarser.Folded(Timeframe.Minute5)!.Count);
        Assert.NotNull(coarser.Folded(Timeframe.Minute30));
        Assert.Null(coarser.Folded(Timeframe.Hour1));
        Assert.Null(coarser.Folded(Timeframe.Day1));
    }

    [Fact]
    public void Nothing_is_folded_when_no_roll_up_is_wanted()
    {
        using var coarser = CoarserBars.Plan(Batch(Minutes(0, 10)), rollUp: false, _ => long.MinValue);
        Assert.All(CoarserBars.Timeframes, timeframe => Assert.Null(coarser.Folded(timeframe)));
        Assert.Null(coarser.SharedRange);
        Assert.Null(coarser.BlockedRange);
    }

    private static CoarserBars Fold(IEnumerable<IncomingBar> bars, Func<Timeframe, long> storedUntil)
    {
        var coarser = CoarserBars.Plan(Batch(bars), rollUp: true, storedUntil);
        foreach (var bar in coarser.Batch.Bars.Span)
        {
            coarser.Add(bar, quality: 100);
        }

        coarser.CompleteBatch();
        return coarser;
    }

    private static WindowBatch Batch(IEnumerable<IncomingBar> bars) => WindowBatch.Of(Ticker, Timeframe.Minute1, [bars.ToArray()]);

    private static IEnumerable<IncomingBar> Minutes(int from, int count) =>
        Enumerable.Range(from, count).Select(minute => new IncomingBar(Start + minute * 60_000_000L, 1, 1, 1, 1, IncomingBar.One));

    private static IEnumerable<IncomingBar> Bars(CoarserBars coarser, Timeframe timeframe) =>
        Enumerable.Range(0, coarser.Folded(timeframe)!.Count).Select(i => coarser.Folded(timeframe)![i].Bar);
}
