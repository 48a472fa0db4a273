using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Bars.Writing;

public sealed class StoredBarMergeTests
{
    private const long Import = 7;
    private static readonly TickerRef Ticker = new(1, Symbol.Parse("MERGE"), TimeZoneInfo.Utc);

    [Fact]
    public void New_bars_are_inserted_between_and_after_stored_ones()
    {
        var merge = Merge(ConflictPolicy.Skip, [Bar(1), Bar(3), Bar(4)], [new(Bar(0), false, null), new(Bar(2), false, null)]);
        Assert.Equal([1, 3, 4], Minutes(merge.Inserts));
        Assert.Empty(merge.Updates);
        Assert.Equal(Time(2), merge.AffectedFrom);
        Assert.Equal((Time(1), Time(5)), (merge.ChangedRange.From, merge.ChangedRange.Until));
    }

    [Fact]
    public void Equal_bars_are_skipped_under_every_policy()
    {
        foreach (var policy in Enum.GetValues<ConflictPolicy>())
        {
            var merge = Merge(policy, [Bar(1)], [new(Bar(1), false, null)]);
            Assert.Equal((1L, false), (merge.Skipped, merge.HasChanges));
        }
    }

    [Fact]
    public void The_policy_decides_about_a_different_stored_bar()
    {
        StoredBar stored = new(Bar(1, close: 2), false, null);
        Assert.Equal(1, Merge(ConflictPolicy.Skip, [Bar(1)], [stored]).Skipped);
        Assert.Equal([1], Minutes(Merge(ConflictPolicy.Replace, [Bar(1)], [stored]).Updates));
        Assert.Throws<BarConflictException>(() => Merge(ConflictPolicy.Fail, [Bar(1)], [stored]));
    }

    [Fact]
    public void Aggregated_and_own_bars_are_updated_under_every_policy()
    {
        foreach (var policy in Enum.GetValues<ConflictPolicy>())
        {
            // An aggregated bar is updated even if it is equal: its source changes.
            Assert.Equal([1], Minutes(Merge(policy, [Bar(1)], [new(Bar(1), true, null)]).Updates));
            Assert.Equal([1], Minutes(Merge(policy, [Bar(1)], [new(Bar(1, close: 2), false, Import)]).Updates));
        }
    }

    [Fact]
    public void Equal_bars_of_another_import_are_claimed_up_to_a_gap_or_a_stored_bar_of_another_origin()
    {
        var merge = Merge(
            ConflictPolicy.Skip,
            [.. Enumerable.Range(0, 9).Where(minute => minute != 6).Select(minute => Bar(minute))],
            [
                new(Bar(0), false, 1), // Claimed.
                // Minute 1 is not stored: it is inserted, and the next claim begins after it.
                new(Bar(2), false, 1),
                new(Bar(3), false, null), // Of no import.
                new(Bar(4), false, 1),
                new(Bar(5), false, 2), // Of another import.
                new(Bar(6), false, 2), // Not in the file.
                new(Bar(7), false, 2),
                new(Bar(8, close: 9), false, 2), // Another value.
            ]
        );
        Assert.Equal(
            [
                new(1, Time(0), Time(1)),
                new(1, Time(2), Time(3)),
                new(1, Time(4), Time(5)),
                new(2, Time(5), Time(6)),
                new(2, Time(7), Time(8)),
            ],
            merge.Claims
        );
        Assert.Equal([1], Minutes(merge.Inserts));
        Assert.Equal([8], Minutes(merge.Alternatives));
        Assert.Equal(7, merge.Skipped);
    }

    [Fact]
    public void Where_files_agree_only_here_and_there_the_bars_are_kept_instead_of_ranges()
    {
        var bars = Enumerable.Range(0, 2_500).Select(minute => Bar(minute)).ToArray();
        StoredBar[] stored = [.. bars.Select((bar, i) => new StoredBar(i % 2 == 0 ? bar : bar with { Volume = 9 }, false, 1))];
        var merge = Merge(ConflictPolicy.Skip, bars, stored);
        Assert.Empty(merge.Claims);
        Assert.Equal(1_250, merge.Differing);
        Assert.Equal(Enumerable.Range(0, 2_500), Minutes(merge.Alternatives));
    }

    [Fact]
    public void A_provider_that_confirms_a_bar_of_an_import_takes_it_over()
    {
        var provider = new StoredBarMerge(
            WindowBatch.Of(Ticker, Timeframe.Minute1, [new[] { Bar(0), Bar(1) }]),
            ConflictPolicy.Replace,
            null,
            importId: null
        );
        provider.Add(new(Bar(0), false, 1));
        provider.Add(new(Bar(1), false, null));
        provider.Complete();
        Assert.Equal([0], Minutes(provider.Updates));
        Assert.Equal(1, provider.Skipped);
    }

    [Fact]
    public void A_stored_bar_is_affected_only_if_a_changed_bar_is_in_its_lookback()
    {
        StoredBar[] stored = [.. Enumerable.Range(2, 30).Select(minute => new StoredBar(Bar(minute), false, null))];
        Assert.Equal(Time(2), Merge(ConflictPolicy.Skip, [Bar(1)], stored).AffectedFrom);
        Assert.Null(Merge(ConflictPolicy.Skip, [Bar(40)], stored).AffectedFrom);
    }

    private static StoredBarMerge Merge(ConflictPolicy policy, IncomingBar[] bars, StoredBar[] stored)
    {
        var merge = new StoredBarMerge(
            WindowBatch.Of(Ticker, Timeframe.Minute1, [bars]),
            policy,
            new(Timeframe.Minute1, new(Ticker.Zone)),
            Import
        );
        foreach (var bar in stored)
        {
            merge.Add(bar);
        }

        merge.Complete();
        return merge;
    }

    private static IEnumerable<int> Minutes(IEnumerable<FinishedBar> bars) =>
        bars.Select(bar => (int)((bar.Bar.Time - Time(0)) / Timeframe.Minute1.Microseconds));

    private static IncomingBar Bar(int minute, long close = 1) => new(Time(minute), close, close, close, close, IncomingBar.One);

    private static long Time(int minute) =>
        IncomingBar.TimeOf(new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero)) + minute * Timeframe.Minute1.Microseconds;
}
