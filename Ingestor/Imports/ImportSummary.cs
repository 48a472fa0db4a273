using System.Globalization;
using Wyckoff.Imports.Records;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Writes the results of an import to the console, and computes the exit code.</summary>
internal static class ImportSummary
{
    public static int ExitCode(IReadOnlyCollection<ImportResult> results) =>
        results.All(result => result.Status == ImportStatus.Failed) ? 1
        : results.Any(result => result.Status == ImportStatus.Failed || result.Rejected > 0) ? 2
        : 0;

    public static void Write(TextWriter output, IReadOnlyCollection<ImportResult> results, TimeSpan took)
    {
        foreach (var result in results)
        {
            if (result.AlreadyThere)
            {
                output.WriteLine(
                    Invariant($"{result.File}: already imported by import {result.Id}; nothing was read (--force reads it again)")
                );
                continue;
            }

            if (result.Id == 0)
            {
                output.WriteLine($"{result.File}: FAILED, {result.Error}");
                continue;
            }

            output.WriteLine(
                Invariant($"{result.File}: {(result.Status == ImportStatus.Failed ? "FAILED" : "done")}, import {result.Id}")
                    + (result.Resumed ? ", resumed" : "")
            );
            output.WriteLine("  " + Counts([result], result.Took));
            if (result.Error is not null)
            {
                output.WriteLine($"  {result.Error}");
            }

            foreach (var note in result.Notes)
            {
                output.WriteLine($"  {note}");
            }

            foreach (var reject in result.FirstRejects.Where(reject => reject.Reason != result.Error))
            {
                output.WriteLine(Invariant($"  line {reject.LineNumber}: {reject.Reason}"));
                output.WriteLine($"    {(reject.Text.Length > 160 ? reject.Text[..160] + "…" : reject.Text).ReplaceLineEndings(" ")}");
            }

            if (result.Rejected > result.FirstRejects.Count)
            {
                var more = result.Rejected - result.FirstRejects.Count;
                output.WriteLine(Invariant($"  … {more} more: SELECT * FROM import_rejects WHERE batch_id = {result.Id}"));
            }
        }

        if (results.Count > 1)
        {
            output.WriteLine(
                Invariant($"{results.Count} files, {results.Count(result => result.Status == ImportStatus.Failed)} failed, ")
                    + Invariant($"{results.Count(result => result.AlreadyThere)} imported before")
            );
            output.WriteLine("  " + Counts(results, took));
        }
    }

    private static string Counts(IReadOnlyCollection<ImportResult> results, TimeSpan took)
    {
        var (read, rounded, differing) = (results.Sum(r => r.Read), results.Sum(r => r.Rounded), results.Sum(r => r.Differing));
        return Invariant($"{read:N0} rows: {results.Sum(r => r.Inserted):N0} inserted, {results.Sum(r => r.Updated):N0} updated, ")
            + Invariant($"{results.Sum(r => r.Skipped):N0} skipped ({results.Sum(r => r.Duplicates):N0} duplicates")
            + (differing > 0 ? Invariant($", {differing:N0} differ from the stored bar), ") : "), ")
            + Invariant($"{results.Sum(r => r.Rejected):N0} rejected")
            + (rounded > 0 ? Invariant($", {rounded:N0} rounded") : "")
            + Invariant($"; {took.TotalSeconds:0.0} s, {read / Math.Max(took.TotalSeconds, 0.001):N0} rows/s");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
