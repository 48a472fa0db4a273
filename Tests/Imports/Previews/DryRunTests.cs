using System.Globalization;
using System.Text.RegularExpressions;
using Wyckoff.Imports.Previews;
using Wyckoff.Ingestor.Imports;

namespace Wyckoff.Tests.Imports.Previews;

/// <summary>The verb <c>import --dry-run</c>.</summary>
public sealed partial class DryRunTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private readonly PreviewRig _rig = new(database);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task It_shows_each_file_of_a_folder_writes_nothing_and_exits_with_2_if_some_would_fail()
    {
        // The file of docs/import.md, over two of its bars that are stored already.
        await _rig.ImportOneAsync(
            _rig.Write(
                "ES_1m.csv",
                "time,open,high,low,close,volume\n2024-01-16 14:30,471.5,472,471,471.5,1500\n2024-01-16 14:31,471.5,472,471,471.5,1501\n"
            )
        );
        var path = _rig.Write(
            "ES_1m.csv",
            "time,open,high,low,close,volume\n2024-01-16 14:30,471.5,472,471,471.5,1500\n2024-01-16 14:31,471.6,472,471,471.5,1501\n"
                + "2024-01-16 14:32,471.5,472,471,471.5,1502\n2024-01-16 14:33,471.5,,471,471.5,1503\n"
        );
        var before = await _rig.ContentAsync();
        var (exitCode, output, error) = await DryRunAsync(path);
        Assert.True(exitCode == 2, error + output);
        var page = await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "import.md"), TestContext.Current.CancellationToken);
        Assert.Equal(Block().Match(page).Groups["text"].Value, output.Replace(_rig.Folder + "/", "", StringComparison.Ordinal).TrimEnd());

        _rig.Write("NONE_1m.csv", "nothing\n");
        _rig.Zip("ALL.zip", ("A_1d.csv", PreviewRig.Header + "2024-01-02,1,2,0.5,1.5,10\n"));
        (exitCode, output, error) = await DryRunAsync(_rig.Folder);
        Assert.True(exitCode == 2, error + output);
        Assert.Contains("NONE_1m.csv: WOULD FAIL, The first lines hold neither", output, StringComparison.Ordinal);
        Assert.Contains("ALL.zip!A_1d.csv: all 1 rows", output, StringComparison.Ordinal);
        Assert.EndsWith("3 files: 1 would fail, 1 with rejected rows. Nothing was written.\n", output, StringComparison.Ordinal);
        Assert.Equal(before, await _rig.ContentAsync());
    }

    [Fact]
    public async Task It_says_how_many_rows_would_be_rounded_and_whether_a_ticker_allows_negative_prices()
    {
        var path = _rig.Write("SPREAD_1d.csv", PreviewRig.Header + "2024-01-02,-1,1,-1,0.123,10\n2024-01-03,-1,1,-1,0.5,10\n");
        var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        PreviewText.Write(output, await _rig.PreviewOneAsync(path, new() { AllowNegative = true, Round = 1 }));
        var text = output.ToString();
        Assert.Contains("SPREAD_1d.csv: all 2 rows, 1 rounded\n", text, StringComparison.Ordinal);
        Assert.Contains("  ticker    SPREAD: new, stock, America/New_York, allows negative prices\n", text, StringComparison.Ordinal);
        Assert.Contains("  note      Numbers of 1 row were rounded to 1 decimal (--round).\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "E")]
    [InlineData(1, "E", "E")]
    [InlineData(2, "E", "")]
    [InlineData(2, "", "R")]
    [InlineData(0, "", "")]
    public void The_exit_code_tells_whether_files_would_fail_or_rows_be_rejected(int expected, params string[] files) =>
        Assert.Equal(
            expected,
            PreviewText.ExitCode([
                .. files.Select(kind => new FilePreview
                {
                    File = "f",
                    Error = kind == "E" ? "no" : null,
                    Rejected = kind == "R" ? 1 : 0,
                }),
            ])
        );

    private Task<(int ExitCode, string Output, string Error)> DryRunAsync(params string[] arguments) =>
        TestImports.VerbAsync(database, ["import", .. arguments, "--dry-run"]);

    [GeneratedRegex("```\n(?<text>ES_1m.csv: .*?)\n```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();
}
