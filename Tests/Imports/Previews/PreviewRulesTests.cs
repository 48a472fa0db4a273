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

    /// <summary>A row at a time slot; without a close it is rejected.</summary>
    public sealed record Row(int Slot, int? Close);

    public sealed record Case(Timeframe Timeframe, ConflictPolicy Policy, Row[] Stored, Row[] File);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void The_import_of_a_small_file_does_what_its_preview_showed() => Prop.ForAll(Cases().ToArbitrary(), CheckAsync).Check(Seeded);

    private async Task CheckAsync(Case test)
    {
        var symbol = Symbol.Parse($"RULE{Interlocked.Increment(ref _symbols)}");
        // What is stored: one-minute bars, so that coarser bars are rolled up from them.
        await _rig.ImportOneAsync(Write(test.Stored), new() { Symbol = symbol, Timeframe = Timeframe.Minute1 });
        var file = Write(test.File);
        var options = new ImportOptions
        {
            Symbol = symbol,
            Timeframe = test.Timeframe,
            Policy = test.Policy,
        };
        var preview = await _rig.PreviewOneAsync(file, options);
        var result = await _rig.ImportOneAsync(file, options);
        Assert.Equal(result.Error, preview.Error);
        Assert.Equal(result.Notes, preview.Notes);
        if (preview.AlreadyImportedBy is { } id)
        {
            Assert.Equal((true, id), (result.AlreadyThere, result.Id));
            return;
        }

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
                from close in Gen.Frequency((9, Gen.Choose(1, 2).Select(close => (int?)close)), (1, Gen.Constant((int?)null)))
                select new Row(timeframe == Timeframe.Minute1 ? slot : slot % 4 * 5, close)
            )
            .Resize(15);
}
