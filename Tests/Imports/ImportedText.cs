using System.Globalization;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>The bars, rejects and notes of a file, read without a database.</summary>
internal sealed record ImportedText(
    IReadOnlyList<(string Series, IncomingBar Bar)> Bars,
    IReadOnlyList<RejectedRow> Rejects,
    IReadOnlyList<string> Notes
)
{
    public static readonly TimeProvider Now = new FixedTime();

    public static readonly ImportOptions Spy = new() { Symbol = Symbol.Parse("SPY"), Timeframe = Timeframe.Minute1 };

    public static Task<ImportedText> OfAsync(string text, ImportOptions? options = null, string name = "x.csv") =>
        OfAsync(Encoding.UTF8.GetBytes(text), options, name);

    public static Task<ImportedText> OfAsync(byte[] bytes, ImportOptions? options = null, string name = "x.csv") =>
        OfAsync(new MemoryStream(bytes), options, name);

    public static async Task<ImportedText> OfAsync(Stream stream, ImportOptions? options = null, string name = "x.csv")
    {
        var token = TestContext.Current.CancellationToken;
        await using var metered = new MeteredStream(stream);
        await using var file = new DelimitedFile(await FileSniffer.OpenTextAsync(metered, token), FileName.Of(name), options ?? Spy, Now);
        var bars = new List<(string, IncomingBar)>();
        var rejects = new List<RejectedRow>();
        await new ImportPipeline(TimeProvider.System).RunAsync(
            file,
            () => metered.Position,
            wholeDays: true,
            (_, _) => Task.CompletedTask,
            (batch, _, _) =>
            {
                bars.AddRange(
                    batch.Runs.SelectMany(run => run.Bars.ToArray().Select(bar => ($"{run.Series.Symbol} {run.Series.Timeframe}", bar)))
                );
                rejects.AddRange(batch.Rejects);
                return Task.CompletedTask;
            },
            token
        );
        return new(bars, rejects, file.Notes);
    }

    /// <summary>Formats a bar for comparison in tests.</summary>
    public static string Line(IncomingBar bar) =>
        string.Join(
            ' ',
            bar.Timestamp.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            IncomingBar.Text(bar.Open),
            IncomingBar.Text(bar.High),
            IncomingBar.Text(bar.Low),
            IncomingBar.Text(bar.Close),
            IncomingBar.Text(bar.Volume)
        )
        + (bar.TradeCount == IncomingBar.Unknown ? "" : $" n={bar.TradeCount}")
        + (bar.Vwap == 0 ? "" : $" vw={IncomingBar.Text(bar.Vwap)}");

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    }
}
