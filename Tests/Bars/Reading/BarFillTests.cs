using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Tests.Bars.Reading;

public sealed class BarFillTests
{
    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(
        FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_122), FSharpOption<int>.None))
    );

    [Fact]
    public void The_last_bars_are_the_same_whether_earlier_steps_are_filled_or_skipped()
    {
        var cases =
            from name in Gen.Elements("1m", "7m", "1h", "1d", "1w", "1mo", "1q")
            from fill in Gen.Elements(GapFill.Null, GapFill.Previous, GapFill.Linear)
            from steps in Gen.Choose(1, 40).NonEmptyListOf()
            from count in Gen.Choose(1, 200)
            select (name, fill, steps, count);
        Prop.ForAll(
                cases.ToArbitrary(),
                given =>
                {
                    Assert.True(BarPeriod.TryParse(given.name, out var period));
                    var bars = Bars(period, given.steps);
                    var all = Filled(period, given.fill, long.MinValue, bars);
                    Assert.Equal(1 + given.steps.Skip(1).Sum(), all.Count);
                    Assert.Equal(all.TakeLast(given.count), Filled(period, given.fill, period.Before(bars[^1].Time, given.count), bars));
                }
            )
            .Check(Seeded);
    }

    [Fact]
    public void Only_the_requested_end_of_a_gap_of_two_centuries_is_filled()
    {
        BarPeriod period = Wyckoff.Primitives.Timeframe.Minute1;
        var first = IncomingBar.TimeOf(new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var last = IncomingBar.TimeOf(new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        BarRow[] bars =
        [
            .. Enumerable
                .Range(0, 500)
                .SelectMany(i => new[] { first + i * 60_000_000L, last + i * 60_000_000L })
                .Order()
                .Select(time => new BarRow { Time = time, Close = time / 60_000_000 }),
        ];
        var filled = Filled(period, GapFill.Linear, period.Before(bars[^1].Time, 600), bars);
        Assert.Equal(600, filled.Count);
        Assert.Equal(last - 100 * 60_000_000L, filled[0].Time);
        Assert.True(filled[99].Filled && !filled[100].Filled);
    }

    [Theory]
    [InlineData(GapFill.Previous, 3, 3, 3)]
    [InlineData(GapFill.Linear, 1, -2, -5)]
    public void A_gap_between_prices_of_both_signs_is_filled(GapFill fill, long first, long second, long third)
    {
        BarPeriod period = Wyckoff.Primitives.Timeframe.Minute1;
        var filled = Filled(period, fill, long.MinValue, [new() { Time = 0, Close = 3 }, new() { Time = 240_000_000, Close = -7 }]);
        Assert.Equal([3, first, second, third, -7], filled.Select(bar => bar.Close));
    }

    private static BarRow[] Bars(BarPeriod period, IEnumerable<int> steps)
    {
        var time = period.Bucket(IncomingBar.TimeOf(new(2024, 3, 29, 12, 0, 0, TimeSpan.Zero)));
        var bars = new List<BarRow>();
        foreach (var step in steps)
        {
            for (var i = 0; i < step && bars.Count > 0; i++)
            {
                time = period.Next(time);
            }

            bars.Add(new() { Time = time, Close = (bars.Count * 37 % 11) - 5 });
        }

        return [.. bars];
    }

    private static List<BarRow> Filled(BarPeriod period, GapFill fill, long after, IReadOnlyList<BarRow> bars)
    {
        var list = new Listed();
        var sink = new BarFill(period, fill, after, long.MaxValue, list);
        foreach (var bar in bars)
        {
            sink.Add(bar);
        }

        sink.End();
        return list.Rows;
    }

    private sealed class Listed : IBarSink
    {
        public List<BarRow> Rows { get; } = [];

        public void Add(in BarRow row) => Rows.Add(row);

        public void End() { }
    }
}
