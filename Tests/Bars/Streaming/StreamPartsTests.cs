using Wyckoff.Bars.Streaming;

namespace Wyckoff.Tests.Bars.Streaming;

/// <summary>Tests of the small types behind streams: positions, ranges, links and the signal.</summary>
public sealed class StreamPartsTests
{
    [Theory]
    [InlineData(null, 2, "-1 -1")]
    [InlineData("", 1, "-1")]
    [InlineData("12", 1, "12")]
    [InlineData("0.9223372036854775807.-", 3, "0 9223372036854775807 -1")]
    [InlineData("12", 2, "-2 -2")]
    [InlineData("1.2.3", 2, "-2 -2")]
    [InlineData("1..3", 3, "-2 -2 -2")]
    [InlineData("1.2.", 2, "-2 -2")]
    [InlineData(".1", 1, "-2")]
    [InlineData("-1", 1, "-2")]
    [InlineData("+1", 1, "-2")]
    [InlineData(" 1", 1, "-2")]
    [InlineData("1,000", 1, "-2")]
    [InlineData("9223372036854775808", 1, "-2")]
    [InlineData("\u0661", 1, "-2")]
    public void An_event_id_that_is_not_valid_as_a_whole_makes_all_positions_unknown(string? id, int windows, string positions) =>
        Assert.Equal(positions, string.Join(' ', StreamPosition.Parse(id, windows)));

    [Fact]
    public void Merged_ranges_cover_the_given_ranges_and_are_further_apart_than_the_distance()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 500; round++)
        {
            var distance = random.Next(0, 4);
            var ranges = Enumerable
                .Range(0, random.Next(0, 12))
                .Select(_ => (From: random.Next(0, 100), Length: random.Next(1, 10)))
                .Select(range => new StreamRange(range.From, range.From + range.Length))
                .ToList();
            var merged = StreamRange.Merge(ranges, distance);
            Assert.All(ranges, range => Assert.Single(merged, merge => merge.From <= range.From && merge.To >= range.To));
            Assert.All(merged.Zip(merged.Skip(1)), pair => Assert.True(pair.Second.From - pair.First.To > distance));
            // Merged ranges cover nothing else, except gaps of at most the distance.
            Assert.All(
                merged,
                merge => Assert.True(ranges.Exists(range => range.From == merge.From) && ranges.Exists(range => range.To == merge.To))
            );
            foreach (
                var (merge, point) in merged.SelectMany(merge =>
                    Enumerable.Range((int)merge.From, (int)(merge.To - merge.From)).Select(point => (merge, point))
                )
            )
            {
                Assert.Contains(
                    ranges,
                    range =>
                        range.From - distance <= point && point < range.To + distance && range.From >= merge.From && range.To <= merge.To
                );
            }
        }
    }

    [Fact]
    public async Task No_signal_is_lost_when_setting_and_waiting_race()
    {
        const int Rounds = 50_000;
        var signal = new AsyncSignal();
        var token = TestContext.Current.CancellationToken;
        var sent = 0;
        var setters = Enumerable
            .Range(0, 2)
            .Select(seed =>
                Task.Run(
                    () =>
                    {
                        var random = new Random(seed);
                        for (var i = 0; i < Rounds; i++)
                        {
                            Interlocked.Increment(ref sent);
                            signal.Set();
                            // Sometimes long enough for the waiter to start waiting.
                            Thread.SpinWait(random.Next(200));
                        }
                    },
                    token
                )
            )
            .ToArray();
        // If a signal were lost, the waiter would not see the last increments, and its wait would time out.
        for (var received = 0; received < 2 * Rounds; received = Volatile.Read(ref sent))
        {
            await signal.WaitAsync().AsTask().WaitAsync(Eventually.Bound, token);
        }

        await Task.WhenAll(setters);
    }

    [Fact]
    public void A_link_without_its_frame_still_leads_to_the_next()
    {
        var (first, second) = (new StreamLink(1, null), new StreamLink(2, new(2, "x"u8.ToArray())));
        Assert.Null(first.Next);
        first.LinkTo(second);
        Assert.Equal((2, 2), (first.Next!.Version, first.Next.Frame!.Version));
        second.DropFrame();
        Assert.Same(second, first.Next);
        Assert.Null(second.Frame);
    }
}
