using Wyckoff.Bars.Streaming;

namespace Wyckoff.Tests.Bars.Streaming;

/// <summary>The small parts that streams are made of.</summary>
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
    public void A_position_is_understood_whole_or_not_at_all(string? id, int windows, string positions) =>
        Assert.Equal(positions, string.Join(' ', StreamPosition.Parse(id, windows)));

    [Fact]
    public void Merged_ranges_hold_the_same_and_lie_apart()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 500; round++)
        {
            var nearby = random.Next(0, 4);
            var ranges = Enumerable
                .Range(0, random.Next(0, 12))
                .Select(_ => (From: random.Next(0, 100), Length: random.Next(1, 10)))
                .Select(range => new StreamRange(range.From, range.From + range.Length))
                .ToList();
            var merged = StreamRange.Merge(ranges, nearby);
            Assert.All(ranges, range => Assert.Single(merged, whole => whole.From <= range.From && whole.To >= range.To));
            Assert.All(merged.Zip(merged.Skip(1)), pair => Assert.True(pair.Second.From - pair.First.To > nearby));
            // Nothing beyond what was given, but for the gaps that are too small to tell.
            Assert.All(
                merged,
                whole => Assert.True(ranges.Exists(range => range.From == whole.From) && ranges.Exists(range => range.To == whole.To))
            );
            foreach (
                var (whole, point) in merged.SelectMany(whole =>
                    Enumerable.Range((int)whole.From, (int)(whole.To - whole.From)).Select(point => (whole, point))
                )
            )
            {
                Assert.Contains(
                    ranges,
                    range => range.From - nearby <= point && point < range.To + nearby && range.From >= whole.From && range.To <= whole.To
                );
            }
        }
    }

    [Fact]
    public async Task No_call_is_slept_through_however_calls_and_waits_meet()
    {
        const int Rounds = 50_000;
        var wake = new Wake();
        var token = TestContext.Current.CancellationToken;
        var said = 0;
        var callers = Enumerable
            .Range(0, 2)
            .Select(seed =>
                Task.Run(
                    () =>
                    {
                        var random = new Random(seed);
                        for (var i = 0; i < Rounds; i++)
                        {
                            Interlocked.Increment(ref said);
                            wake.Call();
                            // Long enough now and then for the waiter to wait.
                            Thread.SpinWait(random.Next(200));
                        }
                    },
                    token
                )
            )
            .ToArray();
        // Whoever waits has seen all that was said before a wait that does not end; so it ends.
        for (var heard = 0; heard < 2 * Rounds; heard = Volatile.Read(ref said))
        {
            await wake.WaitAsync().AsTask().WaitAsync(Eventually.Bound, token);
        }

        await Task.WhenAll(callers);
    }

    [Fact]
    public void A_link_that_is_forgotten_still_leads_on()
    {
        var (first, second) = (new StreamLink(1, null), new StreamLink(2, new(2, "x"u8.ToArray())));
        Assert.Null(first.Next);
        first.LeadTo(second);
        Assert.Equal((2, 2), (first.Next!.Version, first.Next.Frame!.Version));
        second.Forget();
        Assert.Same(second, first.Next);
        Assert.Null(second.Frame);
    }
}
