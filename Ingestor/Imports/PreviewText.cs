using System.Globalization;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Previews;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Writes previews to the console, one block per file, and computes the exit code.</summary>
internal static class PreviewText
{
    private const int MaxText = 160;

    public static int ExitCode(IReadOnlyCollection<FilePreview> files) =>
        files.All(file => file.Error is not null) ? 1
        : files.Any(file => file.Error is not null || file.Rejected > 0) ? 2
        : 0;

    public static void Write(TextWriter output, FilePreview file)
    {
        output.WriteLine($"{file.File}: {(file.Error is null ? Sample(file) : "WOULD FAIL, " + file.Error)}");
        if (file.Layout is { } layout)
        {
            WriteLayout(output, layout);
        }

        foreach (var note in file.Notes)
        {
            Line(output, "note", note);
        }

        foreach (var series in file.Series)
        {
            WriteSeries(output, series);
        }

        if (file.SeriesNotShown > 0)
        {
            Line(output, "", Invariant($"… {file.SeriesNotShown:N0} more symbols or timeframes in these rows"));
        }

        WriteEarlier(output, file);
        if (file.FirstBars.Count > 0)
        {
            var several = file.FirstBars.DistinctBy(bar => (bar.Symbol, bar.Timeframe)).Count() > 1;
            Line(output, "as stored", "");
            WriteTable(
                output,
                [
                    [.. several ? (string[])["symbol", ""] : [], "time (UTC)", .. Headings(file.FirstBars.Select(bar => bar.Bar))],
                    .. file.FirstBars.Select(bar =>
                        (string[])
                            [
                                .. several ? (string[])[bar.Symbol.Value, bar.Timeframe.Name] : [],
                                Time(bar.Bar, bar.Timeframe),
                                .. Values(bar.Bar, file.FirstBars.Select(other => other.Bar)),
                            ]
                    ),
                ],
                texts: several ? 3 : 1
            );
        }

        if (file.Rejected > 0)
        {
            Line(output, "rejected", Invariant($"{file.Rejected:N0} of {file.Rows:N0} rows"));
            foreach (var reject in file.FirstRejects)
            {
                output.WriteLine(Invariant($"    line {reject.LineNumber}: {(reject.Reason == file.Error ? "see above" : reject.Reason)}"));
                output.WriteLine(
                    $"      {(reject.Text.Length > MaxText ? reject.Text[..MaxText] + "…" : reject.Text).ReplaceLineEndings(" ")}"
                );
            }
        }

        output.WriteLine();
    }

    /// <summary>Writes the line after the last file.</summary>
    public static void WriteEnd(TextWriter output, IReadOnlyCollection<FilePreview> files, int notShown)
    {
        if (notShown > 0)
        {
            output.WriteLine(Invariant($"… {notShown:N0} more files in archives were not looked at."));
        }

        output.WriteLine(
            Invariant($"{files.Count:N0} {(files.Count == 1 ? "file" : "files")}: ")
                + Invariant($"{files.Count(file => file.Error is not null):N0} would fail, ")
                + Invariant($"{files.Count(file => file.Error is null && file.Rejected > 0):N0} with rejected rows. Nothing was written.")
        );
    }

    private static string Sample(FilePreview file) =>
        Invariant($"{(file.IsWhole ? "all" : "the first")} {file.Rows:N0} rows")
        + (file.Rounded > 0 ? Invariant($", {file.Rounded:N0} rounded") : "");

    private static void WriteLayout(TextWriter output, FileLayout layout)
    {
        string?[] parts =
        [
            layout.Vendor is null ? null : $"as {layout.Vendor} writes them",
            layout.Compression,
            layout.Encoding,
            layout.Delimiter is { } delimiter ? $"delimiter {(delimiter == "\t" ? "tab" : $"'{delimiter}'")}" : null,
            layout.HasHeader is { } header ? (header ? "header" : "no header") : null,
            layout.FirstLine is { } line ? Invariant($"rows from line {line}") : null,
            layout.NewestFirst == true ? "newest first" : null,
            layout.DecimalPoint == "," ? "decimal comma" : null,
        ];
        Line(output, "layout", $"{layout.Format}: {string.Join(", ", parts.OfType<string>())}".TrimEnd(':', ' '));
        Line(
            output,
            "columns",
            string.Join(", ", layout.Columns.Where(column => column.Field is not null).Select(column => $"{Name(column)} → {column.Field}"))
        );
        if (layout.Columns.Where(column => column.Field is null).Select(Name).ToList() is { Count: > 0 } ignored)
        {
            Line(output, "ignored", string.Join(", ", ignored));
        }

        Line(output, "symbol", Found(layout.Symbol));
        Line(output, "timeframe", Found(layout.Timeframe));
        Line(
            output,
            "times",
            layout.TimeZone is null ? "dates, which name sessions"
                : layout.TimeZone.Value is null ? "each with its own zone"
                : "in " + Found(layout.TimeZone)
        );
        if (layout.DateFormat is { } format)
        {
            Line(output, "format", Found(format));
        }
    }

    private static void WriteSeries(TextWriter output, SeriesPreview series)
    {
        var (ticker, policy) = (series.Ticker, EnumText.Of(series.Policy));
        Line(
            output,
            "ticker",
            $"{series.Symbol}: {(ticker.Exists ? "exists" : "new")}, {ticker.AssetType}, {ticker.TimeZone}"
                + (ticker.AllowsNegative ? ", allows negative prices" : "")
        );
        string?[] counts =
        [
            Invariant($"{series.New:N0} new"),
            Invariant($"{series.Equal:N0} stored already"),
            series.RolledUp > 0 ? Invariant($"{series.RolledUp:N0} replace bars that were rolled up") : null,
            series.Differing > 0 ? Invariant($"{series.Differing:N0} stored with other values, {Outcome(series.Policy)} ({policy})") : null,
            series.Duplicates > 0 ? Invariant($"{series.Duplicates:N0} repeated in the file") : null,
        ];
        Line(output, "bars", $"{series.Symbol} {series.Timeframe}: {string.Join(", ", counts.OfType<string>())}");
        if (series.FirstDifferences.Count > 0)
        {
            var bars = series.FirstDifferences.SelectMany(difference => (IncomingBar[])[difference.Stored, difference.File]).ToList();
            WriteTable(
                output,
                [
                    ["time (UTC)", "", .. Headings(bars)],
                    .. bars.Select(
                        (bar, index) => (string[])[Time(bar, series.Timeframe), index % 2 == 0 ? "stored" : "file", .. Values(bar, bars)]
                    ),
                ],
                texts: 2
            );
        }
    }

    private static void WriteEarlier(TextWriter output, FilePreview file)
    {
        if (file.Earlier is null)
        {
            Line(output, "before", file.Error is null ? "not checked: only small files are hashed for a preview" : "not checked");
            return;
        }

        if (file.Earlier.Count == 0)
        {
            Line(output, "before", "not imported");
        }

        foreach (var import in file.Earlier)
        {
            var note = import.Id == file.AlreadyImportedBy ? "; nothing would be read (--force reads it again)" : "";
            Line(
                output,
                "before",
                Invariant($"import {import.Id}, {EnumText.Of(import.Status)}, {import.StartedAt:yyyy-MM-dd HH:mm} UTC") + note
            );
        }
    }

    private static string Outcome(ConflictPolicy policy) =>
        policy switch
        {
            ConflictPolicy.Skip => "which stay",
            ConflictPolicy.Replace => "which are replaced",
            _ => "so the file fails",
        };

    private static string Name(FileColumn column) =>
        Invariant($"{column.Number}") + (string.IsNullOrEmpty(column.Name) ? "" : $" {column.Name}");

    private static string Found(Finding? finding) =>
        finding is null ? "none"
        : finding.Value is null ? $"in each row ({From(finding.From)})"
        : $"{finding.Value} ({From(finding.From)})";

    private static string From(Origin from) =>
        from switch
        {
            Origin.FileName => "file name",
            _ => EnumText.Of(from),
        };

    private static string Time(in IncomingBar bar, Timeframe timeframe) =>
        bar.Timestamp.ToString(timeframe.IsDaily ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static List<string> Headings(IEnumerable<IncomingBar> bars) =>
        ["open", "high", "low", "close", "volume", .. Optional(bars, "trades", "vwap")];

    private static List<string> Values(IncomingBar bar, IEnumerable<IncomingBar> all) =>
        [
            IncomingBar.Text(bar.Open),
            IncomingBar.Text(bar.High),
            IncomingBar.Text(bar.Low),
            IncomingBar.Text(bar.Close),
            IncomingBar.Text(bar.Volume),
            .. Optional(
                all,
                bar.TradeCount == IncomingBar.Unknown ? "" : Invariant($"{bar.TradeCount}"),
                bar.Vwap == 0 ? "" : IncomingBar.Text(bar.Vwap)
            ),
        ];

    private static IEnumerable<string> Optional(IEnumerable<IncomingBar> bars, string trades, string vwap)
    {
        var list = bars.ToList();
        if (list.Exists(bar => bar.TradeCount != IncomingBar.Unknown))
        {
            yield return trades;
        }

        if (list.Exists(bar => bar.Vwap != 0))
        {
            yield return vwap;
        }
    }

    /// <summary>Writes rows below each other: the first columns are texts, the others numbers.</summary>
    private static void WriteTable(TextWriter output, List<string[]> rows, int texts)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var cells = row.Select((cell, column) => column < texts ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            output.WriteLine(("    " + string.Join("  ", cells)).TrimEnd());
        }
    }

    private static void Line(TextWriter output, string name, string text) => output.WriteLine($"  {name, -9} {text}".TrimEnd());

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
