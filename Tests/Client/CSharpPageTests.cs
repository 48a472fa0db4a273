using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Wyckoff.Accounts;
using Wyckoff.Client;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Client;

/// <summary>The code of docs/clients/csharp.md: each block of the page is in this file, and runs.</summary>
public sealed class CSharpPageTests(SampleDatabase database) : IClassFixture<SampleDatabase>, IAsyncLifetime
{
    private ListeningApi _api = null!;
    private string _key = "";

    private Output Console { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _api = await ListeningApi.StartAsync(database.AppConnection, new() { ["Wyckoff:Access"] = "keys" });
        var account = await TestAccounts.CreateAsync(database, "page", isAdmin: true);
        _key = await TestAccounts.AddKeyAsync(database, account, AccessScope.Admin);
    }

    public async ValueTask DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Every_block_of_the_page_is_in_this_file()
    {
        var token = TestContext.Current.CancellationToken;
        var page = await File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "clients", "csharp.md"), token);
        var source = Plain(await File.ReadAllTextAsync(Path.Combine(Run.Root, "Tests", "Client", "CSharpPageTests.cs"), token));
        var blocks = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => Plain(match.Groups[1].Value));
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(block, source, StringComparison.Ordinal));

        static string Plain(string text) => Regex.Replace(text, @"\s+", " ").Trim();
    }

    [Fact]
    public async Task A_program_without_a_container_reads_and_writes()
    {
        var (address, key) = (_api.Address, _key);

        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var wyckoff = new WyckoffClient(http);

        var bars = await wyckoff.GetBarsAsync("SPY", timeframe: "1d", from: "2024-06-03", limit: 500, order: SortOrder.Asc);
        foreach (var bar in bars.Bars!)
        {
            Console.WriteLine($"{bar.Timestamp:yyyy-MM-dd} {bar.Close}");
        }

        Assert.NotEmpty(Console.Lines);

        string? cursor = null;
        do
        {
            var page = await wyckoff.ListTickersAsync(limit: 100, cursor: cursor);
            foreach (var ticker in page.Tickers)
            {
                Console.WriteLine($"{ticker.Symbol} {ticker.Name}");
            }

            cursor = page.Next;
        } while (cursor is not null);

        try
        {
            await wyckoff.GetBarsAsync("SPY", from: "yesterday");
        }
        catch (WyckoffException e) when (e.Problem?.Type == "/problems/invalid-parameters")
        {
            Console.WriteLine(e.Problem.Errors!["from"][0]);
        }

        Assert.StartsWith("'yesterday' is not a time", Console.Lines[^1], StringComparison.Ordinal);

        await wyckoff.PostTickerAsync(
            new()
            {
                Symbol = "ACME",
                Name = "Acme Corporation",
                Sector = "Industrials",
            }
        );
        await wyckoff.PatchTickerAsync("ACME", new() { Name = "Acme" });
        await wyckoff.PatchTickerAsync("ACME", new() { AdditionalProperties = { ["sector"] = null! } });

        var acme = await wyckoff.GetTickerAsync("ACME");
        Assert.Equal(("Acme", null), (acme.Name, acme.Sector));
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(path, "timestamp,open,high,low,close,volume\n2024-06-03,1,2,0.5,1.5,10\n");
        try
        {
            await using var file = File.OpenRead(path);
            var import = await wyckoff.PostImportAsync(symbol: "ACME", timeframe: "1d", file: new(file, "acme.csv"));
            Console.WriteLine(import.Inserted);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal("1", Console.Lines[^1]);
    }

    [Fact]
    public async Task A_container_gives_the_client()
    {
        var (address, key) = (_api.Address, _key);
        var services = new ServiceCollection();

        services.AddWyckoffClient(address, key);

        await using var provider = services.BuildServiceProvider();
        var status = await provider.GetRequiredService<WyckoffClient>().GetStatusAsync();
        Assert.Equal(PartState.Ok, status.Database.State);
    }

    /// <summary>Stands for the console in the code of the page.</summary>
    private sealed class Output
    {
        public List<string> Lines { get; } = [];

        public void WriteLine(object value) => Lines.Add(FormattableString.Invariant($"{value}"));
    }
}
