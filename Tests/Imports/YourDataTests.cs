using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using ParquetSharp;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Imports;

/// <summary>
/// Runs the commands of docs/your-data.md in their order on an empty database, and compares exit code and output with the page.
/// </summary>
public sealed partial class YourDataTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Api = "http://127.0.0.1:5080";

    /// <summary>The blocks of the page that are not run, with the reason.</summary>
    private static readonly Dictionary<string, string> NotRun = new(StringComparer.Ordinal)
    {
        ["python"] = "The lines write the files with pandas and yfinance, which need Python and the network; Fixtures has such files.",
    };

    /// <summary>The files that the page names, and the fixtures that they are made from. A zip file has the fixture as its entry.</summary>
    private static readonly (string Name, string Fixture)[] Files =
    [
        ("SPY.csv", "yahoo/SPY.csv"),
        ("sap_de_d.csv", "stooq/sap_de_d.csv"),
        ("data/daily/us/nyse stocks/2/ko.us.txt", "stooq/ko.us.txt"),
        ("ETHUSDT-1h-2024-12.zip", "binance/ETHUSDT-1h-2024-12.csv"),
        ("data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12.zip", "binance/BTCUSDT-1h-2024-12.csv"),
        ("data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2025-01.zip", "binance/BTCUSDT-1h-2025-01.csv"),
        ("Lean/Data/equity/usa/daily/ibm.zip", "lean/ibm.csv"),
        ("Lean/Data/equity/usa/minute/ibm/20240116_trade.zip", "lean/20240116_ibm_minute_trade.csv"),
        ("Lean/Data/equity/usa/minute/ibm/20240116_quote.zip", "lean/20240116_ibm_minute_quote.csv"),
        ("ASX_BHP, 1D.csv", "tradingview/ASX_BHP, 1D.csv"),
        ("NASDAQ_AAPL, 30.csv", "tradingview/NASDAQ_AAPL, 30.csv"),
        ("MSFT_1m.csv", "pandas/MSFT_1m.csv"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-your-data-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Fixtures => Path.Combine(Run.Root, "Tests", "Imports", "YourData");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_page_shows_what_its_commands_do()
    {
        await WriteFilesAsync();
        var page = await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "your-data.md"), Token);
        Assert.DoesNotContain("\r", page, StringComparison.Ordinal);
        await using var api = new ApiServer(database.AppConnection);
        using var client = api.CreateClient();
        var ran = new StringBuilder();
        var (shown, exitCode, commands) = (0, 0, 0);
        foreach (var block in Blocks().Matches(page).Where(block => !NotRun.ContainsKey(block.Groups["language"].Value)))
        {
            Assert.Equal("console", block.Groups["language"].Value);
            var text = block.Groups["text"];
            ran.Append(page, shown, text.Index - shown);
            foreach (var command in text.Value.Split('\n').Where(line => line.StartsWith("$ ", StringComparison.Ordinal)))
            {
                (exitCode, var output) = await RunAsync(command[2..], exitCode, client);
                ran.Append(command).Append('\n').Append(output.TrimEnd('\n')).Append(output.Length == 0 ? "" : "\n");
                // A failure is always shown: the next command is 'echo $?'.
                Assert.True(exitCode == 0 || text.Value.Contains("$ echo $?\n", StringComparison.Ordinal), $"{command}\n{output}");
                commands++;
            }

            shown = text.Index + text.Length;
        }

        ran.Append(page, shown, page.Length - shown);
        Assert.True(commands > 10, "The commands were not found on the page.");
        // A command outside the blocks would not be run.
        Assert.DoesNotContain("wyckoff.sh", Blocks().Replace(page, ""), StringComparison.Ordinal);
        if (Masked(page) != Masked(ran.ToString()))
        {
            var actual = Path.Combine(Path.GetTempPath(), "your-data.md");
            await File.WriteAllTextAsync(actual, ran.ToString(), Token);
            Assert.Fail($"docs/your-data.md does not show what its commands do. {actual} does: compare the two.");
        }
    }

    /// <summary>Runs a command of the page in the folder of the files. Returns its exit code and what a terminal shows.</summary>
    private async Task<(int ExitCode, string Output)> RunAsync(string command, int lastExitCode, HttpClient client)
    {
        if (command == "echo $?")
        {
            return (0, $"{lastExitCode}\n");
        }

        var words = Words().Matches(command).Select(word => word.Groups["word"].Value).ToList();
        if (words is ["curl", var url] && url.StartsWith(Api, StringComparison.Ordinal))
        {
            return (0, await client.GetStringAsync(url[Api.Length..], Token));
        }

        var (program, arguments, connection) = words switch
        {
            ["./wyckoff.sh", "psql", .. var rest] => (Path.Combine(Run.Root, "eng", "psql"), rest, database.AdminConnection),
            ["./wyckoff.sh", "import" or "imports", ..] => ("dotnet", [Run.Dll("Ingestor"), .. words[1..]], database.AppConnection),
            _ => throw new InvalidOperationException($"The test cannot run '{command}'."),
        };
        var (exitCode, output, error) = await Run.ProcessAsync(
            program,
            arguments,
            new()
            {
                ["ConnectionStrings__wyckoff"] = connection,
                ["ConnectionStrings__worker"] = "",
                ["Logging__LogLevel__Default"] = "None",
                ["PATH"] = $"{database.Server.BinFolder}:{Environment.GetEnvironmentVariable("PATH")}",
            },
            _folder
        );
        var shown = (output + error).Replace(_folder, "/home/me", StringComparison.Ordinal);
        return (exitCode, string.Join('\n', shown.Split('\n').Select(line => line.TrimEnd())));
    }

    /// <summary>Replaces what differs from run to run: durations, rates and times of the clock.</summary>
    private static string Masked(string page) => Volatile().Replace(page, "*");

    private async Task WriteFilesAsync()
    {
        foreach (var (name, fixture) in Files)
        {
            var path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var source = Path.Combine(Fixtures, fixture);
            if (name.EndsWith(".zip", StringComparison.Ordinal))
            {
                await using var archive = await ZipFile.OpenAsync(path, ZipArchiveMode.Create, Token);
                await archive.CreateEntryFromFileAsync(source, Path.GetFileName(source), Token);
            }
            else
            {
                File.Copy(source, path);
            }
        }

        WriteParquet(Path.Combine(_folder, "NVDA_5m.parquet"));
    }

    /// <summary>Writes a file as pandas does: binary floating-point prices, and an index with a zone.</summary>
    private static void WriteParquet(string path)
    {
        using var writer = new ParquetFileWriter(
            path,
            [
                new Column<double>("Open"),
                new Column<double>("High"),
                new Column<double>("Low"),
                new Column<double>("Close"),
                new Column<long>("Volume"),
                new Column<DateTimeNanos>("__index_level_0__", LogicalType.Timestamp(isAdjustedToUtc: true, TimeUnit.Nanos)),
            ]
        );
        using (var group = writer.AppendRowGroup())
        {
            Add(group, 49.21, 49.3);
            Add(group, 49.35, 49.62);
            Add(group, 49.105, 49.25);
            Add(group, 49.1 + 0.2, 49.58);
            Add(group, 61_250L, 48_400L);
            var start = new DateTime(2024, 1, 16, 14, 30, 0, DateTimeKind.Utc);
            Add(group, new DateTimeNanos(start), new DateTimeNanos(start.AddMinutes(5)));
        }

        writer.Close();

        static void Add<T>(RowGroupWriter group, params T[] values)
        {
            using var column = group.NextColumn().LogicalWriter<T>();
            column.WriteBatch(values);
        }
    }

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<text>.*?)^```$", Multiline, 1000)]
    private static partial Regex Blocks();

    [GeneratedRegex("""'(?<word>[^']*)'|"(?<word>[^"]*)"|(?<word>[^ '"]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();

    [GeneratedRegex(@"\d+\.\d s, [\d,]+ rows/s|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= [a-z])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Volatile();

    private const RegexOptions Multiline = RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture;
}
