using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Primitives;
using Wyckoff.Quality;

namespace Wyckoff.Tests.Quality;

public sealed class ExpectedBarsTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
    private static readonly HashSet<DateOnly> Nothing = [];

    [Fact]
    public void Sessions_keep_their_local_time_when_the_clocks_change()
    {
        // Ten weeks around 10 March 2024.
        var (expected, missing, gaps, closed) = Pattern(Timeframe.Minute30, Sessions(Timeframe.Minute30, new(2024, 2, 5), 50))
            .Compare(Nothing);
        Assert.Equal((50 * 13, 0, 0, 0), (expected, missing, gaps.Count, closed.Count));
    }

    [Fact]
    public void The_local_time_of_4h_bars_changes_with_daylight_saving_time()
    {
        // 12, 16 and 20 UTC: 7, 11 and 15 o'clock in winter, 8, 12 and 16 in summer.
        var bars = Enumerable
            .Range(0, 100)
            .Select(day => Utc(2024, 1, 8).AddDays(day))
            .Where(IsWeekday)
            .SelectMany(day => new[] { day.AddHours(12), day.AddHours(16), day.AddHours(20) })
            .ToArray();
        Assert.Equal(0, Pattern(Timeframe.Hour4, bars).Compare(Nothing).Missing);
        var one = Pattern(Timeframe.Hour4, [.. bars.Where(bar => bar != Utc(2024, 3, 20, 16))]).Compare(Nothing);
        Assert.Equal(new BarGap(Utc(2024, 3, 20, 16), Utc(2024, 3, 20, 20), 1, 0), Assert.Single(one.Gaps));
    }

    [Fact]
    public void The_skipped_hour_is_not_expected_and_the_repeated_hour_is_when_the_clocks_change()
    {
        var bars = Enumerable.Range(0, 24 * 300).Select(hour => Utc(2024, 2, 1).AddHours(hour)).ToArray();
        Assert.Equal((bars.Length, 0), Pattern(Timeframe.Hour1, bars).Compare(Nothing) is var all ? (all.Expected, all.Missing) : default);
        // The repeated 1 o'clock in New York on 3 November 2024.
        var gap = Assert.Single(Pattern(Timeframe.Hour1, [.. bars.Where(bar => bar != Utc(2024, 11, 3, 6))]).Compare(Nothing).Gaps);
        Assert.Equal(new BarGap(Utc(2024, 11, 3, 6), Utc(2024, 11, 3, 7), 1, 0), gap);
    }

    [Fact]
    public void A_gap_can_extend_over_nights_and_whole_days()
    {
        // From the last half hour of a Tuesday to the first of the Friday after it.
        var bars = Sessions(Timeframe.Minute30, new(2024, 5, 6), 40)
            .Where(bar => bar < Utc(2024, 5, 21, 19, 30) || bar > Utc(2024, 5, 24, 13, 30))
            .ToArray();
        var (_, missing, gaps, closed) = Pattern(Timeframe.Minute30, bars)
            .Compare(new HashSet<DateOnly> { new(2024, 5, 22), new(2024, 5, 23) });
        Assert.Equal(new BarGap(Utc(2024, 5, 21, 19, 30), Utc(2024, 5, 24, 14, 0), 28, 2), Assert.Single(gaps));
        Assert.Equal((28, 0), (missing, closed.Count));
    }

    [Fact]
    public void A_day_without_bars_is_a_holiday_unless_there_was_trading()
    {
        var bars = Sessions(Timeframe.Minute30, new(2024, 5, 6), 40)
            .Where(bar => DateOnly.FromDateTime(bar.UtcDateTime) != new DateOnly(2024, 5, 27))
            .ToArray();
        var pattern = Pattern(Timeframe.Minute30, bars);
        Assert.Equal([new(2024, 5, 27)], pattern.DaysWithoutBars());
        Assert.Equal(
            (0, new DateOnly(2024, 5, 27)),
            pattern.Compare(Nothing) is var quiet ? (quiet.Missing, Assert.Single(quiet.Closed)) : default
        );
        Assert.Equal(
            (13, 0),
            pattern.Compare(new HashSet<DateOnly> { new(2024, 5, 27) }) is var traded ? (traded.Missing, traded.Closed.Count) : default
        );
    }

    [Theory]
    [InlineData(7, 0, 7)]
    [InlineData(8, 8, 0)]
    public void More_than_seven_expected_days_in_a_row_are_missing(int days, int missing, int closed)
    {
        var bars = Sessions(Timeframe.Day1, new(2024, 1, 1), 200).Where((_, i) => i < 100 || i >= 100 + days).ToArray();
        var report = Pattern(Timeframe.Day1, bars).Compare(Nothing);
        Assert.Equal((missing, closed), (report.Missing, report.Closed.Count));
        Assert.Equal(missing == 0 ? [] : [days], report.Gaps.Select(gap => gap.WholeDays));
    }

    [Fact]
    public void Bars_at_rare_times_are_not_expected()
    {
        // Every third session begins two hours early, and one Saturday has a bar.
        var bars = Sessions(Timeframe.Hour1, new(2024, 5, 6), 60)
            .Concat(
                Sessions(Timeframe.Hour1, new(2024, 5, 6), 60)
                    .GroupBy(bar => bar.Date)
                    .Where((_, i) => i % 3 == 0)
                    .SelectMany(day => new[] { day.First().AddHours(-1), day.First().AddHours(-2) })
            )
            .Append(Utc(2024, 6, 1, 15))
            .Order()
            .ToArray();
        Assert.Equal(
            (60 * 6, 0),
            Pattern(Timeframe.Hour1, bars).Compare(Nothing) is var report ? (report.Expected, report.Missing) : default
        );
    }

    [Fact]
    public void A_day_without_midnight_begins_at_its_first_instant()
    {
        // In São Paulo the clocks went from midnight to 1 o'clock on 4 November 2018.
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");
        var bars = Enumerable.Range(0, 24 * 60).Select(hour => Utc(2018, 10, 10).AddHours(hour)).ToArray();
        Assert.Equal(
            (bars.Length, 0),
            Pattern(Timeframe.Hour1, bars, zone).Compare(Nothing) is var report ? (report.Expected, report.Missing) : default
        );
    }

    [Fact]
    public void Removed_bars_are_found_missing() =>
        Prop.ForAll(
                (
                    from timeframe in Gen.Elements(Timeframe.Minute15, Timeframe.Minute30, Timeframe.Hour1)
                    from places in Gen.ArrayOf(Gen.Choose(0, int.MaxValue)).Resize(8)
                    select (timeframe, places)
                ).ToArbitrary(),
                sample =>
                {
                    // Over 16 weeks, removing up to five bars leaves a majority in every slot. The first and the last bar are kept.
                    var bars = Sessions(sample.timeframe, new(2024, 2, 5), 80);
                    var taken = sample
                        .places.Select(place => bars[1 + place % (bars.Length - 2)])
                        .Distinct()
                        .Where(bar => bar.Minute == 30 || sample.timeframe == Timeframe.Hour1)
                        .Take(5)
                        .Order()
                        .ToArray();
                    var (_, missing, gaps, closed) = Pattern(sample.timeframe, [.. bars.Except(taken)]).Compare(Nothing);
                    Assert.Equal((taken.Length, 0), (missing, closed.Count));
                    Assert.Equal(taken.Length, gaps.Sum(gap => gap.Bars));
                    Assert.All(taken, bar => Assert.Single(gaps, gap => bar >= gap.From && bar < gap.To));
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    private static ExpectedBars Pattern(Timeframe timeframe, DateTimeOffset[] bars, TimeZoneInfo? zone = null)
    {
        var pattern = new ExpectedBars(timeframe, zone ?? NewYork, bars[0]);
        Array.ForEach(bars, pattern.Add);
        return pattern;
    }

    // Bars on weekdays from 9:30 to 16:00 in New York (1h bars from 10:00), or daily bars of these dates.
    private static DateTimeOffset[] Sessions(Timeframe timeframe, DateOnly first, int days) =>
        [
            .. Enumerable
                .Range(0, int.MaxValue)
                .Select(n => first.AddDays(n))
                .Where(date => date.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))
                .Take(days)
                .SelectMany(date =>
                    timeframe.IsDaily
                        ? [new(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)]
                        : Enumerable
                            .Range(0, (int)(TimeSpan.FromHours(timeframe == Timeframe.Hour1 ? 6 : 6.5) / timeframe.Width))
                            .Select(n =>
                                new DateTimeOffset(
                                    TimeZoneInfo.ConvertTimeToUtc(
                                        date.ToDateTime(timeframe == Timeframe.Hour1 ? new(10, 0) : new(9, 30)),
                                        NewYork
                                    )
                                )
                                + n * timeframe.Width
                            )
                ),
        ];

    private static bool IsWeekday(DateTimeOffset day) => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    private static DateTimeOffset Utc(int year, int month, int day, int hour = 0, int minute = 0) =>
        new(year, month, day, hour, minute, 0, TimeSpan.Zero);
}
