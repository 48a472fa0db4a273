using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports.Previews;

/// <summary>Whatever is stored and whatever a small file holds, the import does what the preview showed.</summary>
public sealed class PreviewRulesTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(40)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None)));

    private readonly PreviewRig _rig = new(database);
    private int _symbols;

    /// <summary>A row at a time slot. Without a close it is rejected, and a close with many decimals is rounded.</summary>
    public sealed record Row(int Slot, string Close);

    public sealed record Case(Timeframe Timeframe, ConflictPolicy Policy, Row[] Stored, Row[] File);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void The_import_of_a_small_file_does_what_its_preview_showed() => Prop.ForAll(Cases().ToArbitrary(), CheckAsync).Check(Seeded);

    private async Task CheckAsync(Case test)
    {
        var symbol = Symbol.Parse($"RULE{Interlocked.Increment(ref _symbols)}");
        // What is stored: one-minute bars, so that coarser bars are rolled up from them.
        await _rig.ImportOneAsync(Write(test.Stored), Options(symbol, Timeframe.Minute1, ConflictPolicy.Skip));
        var file = Write(test.File);
        var options = Options(symbol, test.Timeframe, test.Policy);
        var preview = await _rig.PreviewOneAsync(file, options);
        var result = await _rig.ImportOneAsync(file, options);
        Assert.Equal(result.Error, preview.Error);
        if (preview.AlreadyImportedBy is { } id)
        {
            Assert.Equal((true, id), (result.AlreadyThere, result.Id));
            return;
        }

        Assert.Equal(result.Notes, preview.Notes);
        Assert.Equal(result.Rounded, preview.Rounded);
        if (result.Error is null)
        {
            Assert.Equal(result.Rejected, preview.Rejected);
            var series = preview.Series.SingleOrDefault();
            var replaced = series is null ? 0 : series.RolledUp + (test.Policy == ConflictPolicy.Replace ? series.Differing : 0);
            Assert.Equal(
                (series?.New ?? 0, replaced, (series?.Bars ?? 0) - (series?.New ?? 0) - replaced, series?.Duplicates ?? 0),
                ((int)result.Inserted, (int)result.Updated, (int)(result.Skipped - result.Duplicates), (int)result.Duplicates)
            );
        }
    }

    private static ImportOptions Options(Symbol symbol, Timeframe timeframe, ConflictPolicy policy) =>
        new()
        {
            Symbol = symbol,
            Timeframe = timeframe,
            Policy = policy,
            Round = 2,
        };

    private string Write(Row[] rows) =>
        _rig.Write(
            "rows.csv",
            PreviewRig.Header
                + string.Concat(
                    rows.Select(row =>
                        string.Create(CultureInfo.InvariantCulture, $"2024-01-02T14:{row.Slot:00}:00Z,1,9,0.5,{row.Close},10\n")
                    )
                )
        );

    private static Gen<Case> Cases() =>
        from timeframe in Gen.Frequency((3, Gen.Constant(Timeframe.Minute1)), (1, Gen.Constant(Timeframe.Minute5)))
        from policy in Gen.Elements(Enum.GetValues<ConflictPolicy>())
        from stored in Rows(Timeframe.Minute1)
        from file in Rows(timeframe)
        select new Case(timeframe, policy, stored, file);

    private static Gen<Row[]> Rows(Timeframe timeframe) =>
        Gen.ArrayOf(
                from slot in Gen.Choose(0, 11)
                from close in Gen.Frequency((9, Gen.Elements("1", "2", "2.0000000001")), (1, Gen.Constant("")))
                select new Row(timeframe == Timeframe.Minute1 ? slot : slot % 4 * 5, close)
            )
            .Resize(15);
}
