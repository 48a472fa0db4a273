using System.Text;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Primitives;
using Wyckoff.Tests.Imports.Previews;

namespace Wyckoff.Tests.Imports;

/// <summary>Folders in which files are faulty, the same, or disagree: each fault is named, and the rest is imported.</summary>
public sealed class FaultyFolderTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Header = PreviewRig.Header;
    private const string Good = "2024-01-02,1,2,0.5,1.5,10\n";

    private readonly PreviewRig _rig = new(database);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_folder_with_one_of_each_fault_names_each_with_its_reason_and_imports_the_good_file()
    {
        // The name of each file, and what its result says. The files with "done" are imported in part.
        Dictionary<string, (string Status, string Reason)> expected = new(StringComparer.Ordinal)
        {
            ["GOOD_1d.csv"] = ("done", "1 rows: 1 inserted"),
            // LEAN's quotes, by their name and by their shape.
            ["20131004_spy_minute_quote.csv"] = ("FAILED", "This is a quote file (bid and ask prices): bars of trades are expected."),
            ["SHAPE_1m.csv"] = ("FAILED", "This is a quote file (bid and ask prices): bars of trades are expected."),
            ["20131004.csv"] = ("FAILED", "No symbol: '20131004' of the file's name"),
            ["NUL_1d.csv"] = ("FAILED", "The file begins with NUL bytes only: it is damaged."),
            ["NULS_1d.csv"] = ("done", "line 3: there is a NUL byte in the line"),
            ["FEATHER_1d.feather"] = ("FAILED", "This is a Feather or Arrow file: save it as Parquet or CSV."),
            ["BOOK_1d.xlsx"] = ("FAILED", "This is an Excel workbook or another Office document: save it as CSV."),
            ["TORN_1d.csv.gz"] = ("done", "the file is damaged from here on: "),
            ["STUB_1d.csv.gz"] = ("FAILED", "The file cannot be unpacked: "),
            ["LOST_1d.csv"] = ("FAILED", "Could not find file"),
            ["REJECTED_1d.csv"] = ("FAILED", "All 2 rows were rejected, the first in line 2: high 0.1 is below low 0.5."),
            ["NEGATIVE_1d.csv"] = ("done", "low -2: more than 0 was expected, because the ticker does not allow negative prices"),
            ["NOISE_1d.csv"] = ("done", "(--round N rounds to N digits)"),
            ["PAST_1d.csv"] = ("done", "not before 1700 was expected"),
            ["FUTURE_1d.csv"] = ("done", "is in the future"),
            ["AMBIGUOUS_1d.csv"] = ("FAILED", "Dates such as '01/02/2024' may have the day or the month first"),
            ["NOCLOSE_1d.csv"] = ("FAILED", "There is no column for close ("),
            ["SCALED_1d.csv"] = ("done", "--price-scale"),
        };
        await _rig.ImportOneAsync(_rig.Write("SCALED_1d.csv", Header + "2024-01-02,470,473,469,471,10\n"));

        _rig.Write("GOOD_1d.csv", Header + Good);
        const string quotes = "14400000,1825700,1830900,1825700,1830900,200,1827000,1831000,1826500,1831000,300\n";
        _rig.Write("20131004_spy_minute_quote.csv", quotes);
        _rig.Write("SHAPE_1m.csv", quotes);
        _rig.Write("20131004.csv", Header + Good);
        _rig.Write("NUL_1d.csv", new string('\0', 3_000));
        _rig.Write("NULS_1d.csv", Header + Good + "2024-01-03,1,2,0.5,1.5,\0\0\n");
        _rig.Write("FEATHER_1d.feather", "ARROW1\0\0");
        _rig.Zip("BOOK_1d.xlsx", ("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>"));
        var packed = PreviewRig.Gzip(Header + string.Concat(Enumerable.Range(0, 20_000).Select(Day)));
        _rig.Write("TORN_1d.csv.gz", packed[..(packed.Length / 2)]);
        _rig.Write("STUB_1d.csv.gz", [0x1F, 0x8B, 0x00]);
        File.CreateSymbolicLink(Path.Combine(_rig.Folder, "LOST_1d.csv"), Path.Combine(_rig.Folder, "no such file"));
        const string wrong = "1,0.1,0.5,1.5,10\n";
        _rig.Write("REJECTED_1d.csv", $"{Header}2024-01-02,{wrong}2024-01-03,{wrong}");
        _rig.Write("NEGATIVE_1d.csv", Header + Good + "2024-01-03,1,2,-2,-1.5,10\n");
        _rig.Write("NOISE_1d.csv", Header + Good + "2024-01-03,0.30000000000000004,2,0.1,1.5,10\n");
        _rig.Write("PAST_1d.csv", Header + Good + "1650-01-03,1,2,0.5,1.5,10\n");
        _rig.Write("FUTURE_1d.csv", Header + Good + "2524-01-03,1,2,0.5,1.5,10\n");
        _rig.Write("AMBIGUOUS_1d.csv", Header + "01/02/2024,1,2,0.5,1.5,10\n");
        _rig.Write("NOCLOSE_1d.csv", "timestamp,open,high,low\n2024-01-02,1,2,0.5\n");
        _rig.Write("SCALED_1d.csv", Header + "2024-01-03,4700000,4730000,4690000,4710000,10\n");
        _rig.Write("notes.md", "no bars");

        var (exitCode, output, error) = await TestImports.VerbAsync(database, "import", _rig.Folder);
        Assert.True(exitCode == 2, error + output);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        var results = Results(output);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), results.Keys.Order(StringComparer.Ordinal));
        Assert.All(
            expected,
            file =>
            {
                Assert.StartsWith(file.Value.Status, results[file.Key], StringComparison.Ordinal);
                Assert.Contains(file.Value.Reason, results[file.Key], StringComparison.Ordinal);
            }
        );
        var failed = expected.Values.Count(file => file.Status == "FAILED");
        Assert.Contains($"{expected.Count} files, {failed} failed, 0 imported before", output, StringComparison.Ordinal);
        // Only files of which something was imported have tickers.
        Assert.Equal(
            string.Join(
                ' ',
                expected
                    .Where(file => file.Value.Status == "done")
                    .Select(file => file.Key[..file.Key.IndexOf('_', StringComparison.Ordinal)])
                    .Order(StringComparer.Ordinal)
            ),
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(DISTINCT t.symbol, ' ' ORDER BY t.symbol)
                  FROM market.import_batches i
                  JOIN market.bars_1d b ON b.import_id = i.id
                  JOIN market.tickers t ON t.id = b.ticker_id
                 WHERE starts_with(i.file, $1)
                """,
                _rig.Folder
            )
        );
    }

    [Fact]
    public async Task The_same_file_under_two_names_is_imported_once_if_the_names_say_the_same()
    {
        var text = Header + PreviewRig.Rows(20);
        var first = await _rig.ImportOneAsync(_rig.Write("TWIN_1m.csv", text));
        var again = await _rig.ImportOneAsync(_rig.Write("TWIN_1m.txt", text));
        Assert.Equal((20L, false), (first.Inserted, first.AlreadyThere));
        Assert.Equal((first.Id, true), (again.Id, again.AlreadyThere));

        // A name with another symbol or timeframe is another import, unless options give both.
        var other = await _rig.ImportOneAsync(_rig.Write("SISTER_1m.csv", text));
        Assert.Equal((20L, false), (other.Inserted, other.AlreadyThere));
        ImportOptions named = new() { Symbol = Symbol.Parse("NAMED"), Timeframe = Timeframe.Minute1 };
        first = await _rig.ImportOneAsync(_rig.Write("ONE_1m.csv", text), named);
        again = await _rig.ImportOneAsync(_rig.Write("TWO_5m.csv", text), named);
        Assert.Equal((20L, false), (first.Inserted, first.AlreadyThere));
        Assert.Equal((first.Id, true), (again.Id, again.AlreadyThere));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip, "1.5 1.5 1.5 1.75", 1L, 0L, 3L, 2L)]
    [InlineData(ConflictPolicy.Replace, "1.5 1.75 1.75 1.75", 1L, 2L, 1L, 0L)]
    public async Task Of_two_files_that_overlap_and_disagree_the_result_counts_the_bars_that_differ(
        ConflictPolicy policy,
        string closes,
        long inserted,
        long updated,
        long skipped,
        long differing
    )
    {
        var symbol = $"OVER{policy}".ToUpperInvariant();
        await _rig.ImportOneAsync(_rig.Write($"{symbol}_1m.csv", Header + Minute(30, 1.5m) + Minute(31, 1.5m) + Minute(32, 1.5m)));
        // The first row is the same, two have other values, and one is new.
        var path = _rig.Write($"{symbol}_1m.csv", Header + Minute(30, 1.5m) + Minute(31, 1.75m) + Minute(32, 1.75m) + Minute(33, 1.75m));
        var series = Assert.Single((await _rig.PreviewOneAsync(path, new() { Policy = policy })).Series);
        Assert.Equal((1, 1, 2), (series.New, series.Equal, series.Differing));
        var result = await _rig.ImportOneAsync(path, new() { Policy = policy });
        Assert.Equal((inserted, updated, skipped, differing), (result.Inserted, result.Updated, result.Skipped, result.Differing));
        Assert.Equal(
            closes,
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(trim_scale(close)::text, ' ' ORDER BY timestamp)
                  FROM market.bars_1m JOIN market.tickers ON id = ticker_id
                 WHERE symbol = $1
                """,
                symbol
            )
        );
    }

    private static string Minute(int minute, decimal close) =>
        FormattableString.Invariant($"2024-01-02T14:{minute}:00Z,1,2,0.5,{close},10\n");

    private static string Day(int day) =>
        FormattableString.Invariant(
            $"{new DateOnly(1950, 1, 1).AddDays(day):yyyy-MM-dd},{100 + day * 7919L % 1000},2000,1,50,{day * 31}\n"
        );

    /// <summary>What the output says of each file, by the name of the file.</summary>
    private Dictionary<string, string> Results(string output)
    {
        var results = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        StringBuilder? current = null;
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(_rig.Folder, StringComparison.Ordinal))
            {
                var parts = line[(_rig.Folder.Length + 1)..].Split(": ", 2);
                results.Add(parts[0], current = new(parts[1]));
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                current?.Append('\n').Append(line);
            }
            else
            {
                current = null;
            }
        }

        return results.ToDictionary(result => result.Key, result => result.Value.ToString(), StringComparer.Ordinal);
    }
}
