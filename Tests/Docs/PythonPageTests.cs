using System.Text;
using System.Text.RegularExpressions;
using Wyckoff.Accounts;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Docs;

/// <summary>Runs the code of docs/clients/python.md from top to bottom in one process, and compares what it prints with the page.</summary>
public sealed partial class PythonPageTests(SampleDatabase database) : IClassFixture<SampleDatabase>, IDisposable
{
    // Debian's, for which Debian has pandas. The first one on the PATH may be another.
    private const string Python = "/usr/bin/python3";

    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-python-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("local")]
    [InlineData("keys")]
    public async Task The_page_shows_what_its_code_prints(string access)
    {
        await NeedPandasAsync();
        await UpdateIndicatorsAsync();
        await using var api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Access"] = access });
        var page = await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "clients", "python.md"), Token);
        var blocks = Blocks().Matches(page);
        Assert.True(blocks.Count > 10, "The code was not found on the page.");
        // A block of another kind, or an output without code, would not be compared.
        Assert.DoesNotContain("```", Blocks().Replace(page, ""), StringComparison.Ordinal);

        var program = Path.Combine(_folder, "python.md");
        await File.WriteAllTextAsync(
            program,
            Program(page, blocks).Replace("http://127.0.0.1:5080", api.Address.ToString().TrimEnd('/'), StringComparison.Ordinal),
            Token
        );
        var (exitCode, output, error) = await Run.ProcessAsync(
            "timeout",
            [$"{Eventually.Bound.TotalSeconds:0}", Python, program],
            new(StringComparer.Ordinal)
            {
                ["WYCKOFF_KEY"] = access == "keys" ? await KeyAsync() : "",
                ["no_proxy"] = "*",
                ["PYTHONIOENCODING"] = "utf-8",
            },
            _folder
        );
        // Warnings of pandas are errors here: they tell what the next version will refuse.
        Assert.True(exitCode == 0 && error.Length == 0, $"docs/clients/python.md ended with exit code {exitCode}: {error}{output}");
        await CompareAsync(page, blocks, output.Split("\0\n")[..^1]);
    }

    /// <summary>The code of the page with its line numbers, so that an exception names the line of the page.</summary>
    private static string Program(string page, MatchCollection blocks)
    {
        var program = new StringBuilder();
        var from = 0;
        foreach (var code in blocks.Select(block => block.Groups["code"]))
        {
            program.Append('\n', page.AsSpan(from, code.Index - from).Count('\n'));
            program.Append(code.Value).Append("print('\\0', flush=True)\n");
            // The marker stands on the line of the closing fence.
            from = page.IndexOf('\n', code.Index + code.Length) + 1;
        }

        return program.ToString();
    }

    private static async Task CompareAsync(string page, MatchCollection blocks, string[] outputs)
    {
        Assert.Equal(blocks.Count, outputs.Length);
        var ran = new StringBuilder();
        var from = 0;
        foreach (var (block, output) in blocks.Zip(outputs))
        {
            var code = block.Groups["code"];
            var lines = output.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd());
            ran.Append(page, from, code.Index + code.Length - from).Append("```\n");
            ran.Append(output.Length == 0 ? "" : $"\n```text\n{string.Join('\n', lines)}\n```\n");
            from = block.Index + block.Length;
        }

        ran.Append(page, from, page.Length - from);
        if (page != ran.ToString())
        {
            var actual = Path.Combine(Path.GetTempPath(), "python.md");
            await File.WriteAllTextAsync(actual, ran.ToString(), Token);
            Assert.Fail($"docs/clients/python.md does not show what its code prints. {actual} does: compare the two.");
        }
    }

    private static async Task NeedPandasAsync()
    {
        if (File.Exists(Python) && (await Run.ProcessAsync(Python, ["-c", "import pandas"], [])).ExitCode == 0)
        {
            return;
        }

        const string reason = $"{Python} has no pandas: apt-get install python3-pandas";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
        Assert.Skip(reason);
    }

    /// <summary>Does what the Ingestor's worker does.</summary>
    private async Task UpdateIndicatorsAsync()
    {
        var updater = new IndicatorUpdater(database.App, TimeProvider.System);
        foreach (var (ticker, timeframe) in await updater.FindBehindAsync([Timeframe.Day1], 100, Token))
        {
            await updater.UpdateAsync(ticker, timeframe, Token);
        }
    }

    private async Task<string> KeyAsync() =>
        await TestAccounts.AddKeyAsync(database, await TestAccounts.CreateAsync(database, "notebook", isAdmin: true), AccessScope.Write);

    [GeneratedRegex("^```python\n(?<code>.*?)^```\n(\n```text\n.*?^```\n)?", Options, 1000)]
    private static partial Regex Blocks();

    private const RegexOptions Options = RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture;
}
