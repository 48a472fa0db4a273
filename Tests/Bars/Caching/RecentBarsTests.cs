using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Tests.Bars.Caching;

public sealed class RecentBarsTests
{
    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(
        FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None))
    );

    private const long Minute = 60_000_000;

    [Fact]
    public void A_cut_has_the_same_bars_as_a_query_on_the_database()
    {
        var cases =
            from count in Gen.Choose(0, 30)
            from isAll in Gen.Elements(true, false)
            from start in Gen.Choose(-5, 70)
            from width in Gen.Choose(0, 40)
            from last in Gen.Choose(1, 40)
            select (count, isAll, start, width, last);
        Prop.ForAll(
                cases.ToArbitrary(),
                given =>
                {
                    // The window has 100 bars, one every other minute, or only the cached ones if these are all.
                    var window = Window(7, given.count, given.isAll);
                    var all = Enumerable
                        .Range(given.isAll ? 100 - given.count : 0, given.isAll ? given.count : 100)
                        .Select(i => (Time: (2L * (i - 70)) * Minute, Row: i))
                        .ToList();
                    var (from, until) = (given.start * Minute, (given.start + given.width) * Minute);
                    var wanted = all.Where(bar => bar.Time >= from && bar.Time < until)
                        .TakeLast(given.last)
                        .Select(bar => bar.Time)
                        .ToList();
                    if (window.Cut(from, until, given.last) is var (first, end))
                    {
                        Assert.Equal(wanted, window.Times[first..end].ToArray());
                        Assert.Equal(
                            string.Concat(window.Times[first..end].ToArray().Select(time => Text(time) + ",")),
                            Encoding.ASCII.GetString(window.Rows(first, end))
                        );
                    }
                    else
                    {
                        Assert.False(given.isAll);
                        Assert.True(given.count == 0 || from < window.Times[0]);
                    }
                }
            )
            .Check(Seeded);
    }

    [Fact]
    public void Bytes_are_parsed_unchanged_and_incomplete_bytes_are_rejected()
    {
        var window = Window(0x7fff_ffff_ffff, 12, isAll: true);
        var again = RecentBars.Parse([.. window.Bytes])!;
        Assert.Equal((window.Window, window.Count, window.IsAll), (again.Window, again.Count, again.IsAll));
        Assert.Equal(window.Rows(0, 12).ToArray(), again.Rows(0, 12).ToArray());
        for (var length = 0; length < window.Bytes.Length; length++)
        {
            Assert.Null(RecentBars.Parse(window.Bytes[..length]));
        }

        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)).ToArbitrary(), bytes => RecentBars.Parse(bytes) is null)
            .Check(Seeded);
    }

    [Fact]
    public void Damaged_bytes_are_rejected_or_can_be_read_without_an_error()
    {
        const int count = 12;
        var window = Window(7, count, isAll: true);
        var gen = from at in Gen.Choose(0, window.Bytes.Length - 1) from value in Gen.Choose(0, 255) select (at, value);
        Prop.ForAll(
                gen.NonEmptyListOf().ToArbitrary(),
                damage =>
                {
                    byte[] bytes = [.. window.Bytes];
                    foreach (var (at, value) in damage)
                    {
                        bytes[at] = (byte)value;
                    }

                    if (RecentBars.Parse(bytes) is { } taken)
                    {
                        for (var first = 0; first <= taken.Count; first++)
                        {
                            Assert.InRange(taken.Rows(first, taken.Count).Length, 0, bytes.Length);
                        }
                    }
                }
            )
            .Check(Seeded);
    }

    private static RecentBars Window(long version, int count, bool isAll)
    {
        using var rows = new BarRows(500);
        for (var i = 100 - count; i < 100; i++)
        {
            rows.Add(new() { Time = 2L * (i - 70) * Minute });
        }

        return RecentBars.Of(new(version, 5), rows, isAll, BarText.Json(BarFields.None, false, false), (byte)',');
    }

    private static string Text(long time)
    {
        var to = new byte[BarText.Longest];
        return Encoding.ASCII.GetString(to, 0, BarText.Json(BarFields.None, false, false).Write(to, new() { Time = time }));
    }
}
