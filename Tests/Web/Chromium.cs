using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Wyckoff.Tests.Web.Chromium))]

namespace Wyckoff.Tests.Web;

/// <summary>
/// The browser of the machine, started with the first test that needs one and shared by all. Each test gets a fresh profile.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>Opens a profile with its own cookies. Without a browser the test is skipped, and in CI it fails.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions options) =>
        await (await _started.Value).Browser.NewContextAsync(options);

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            var (playwright, browser) = await _started.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright, IBrowser)> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)Eventually.Bound.TotalMilliseconds);
        var playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout((float)Eventually.Bound.TotalMilliseconds);
        // As root, chromium has no sandbox. Without background networking it contacts no host but those of the page.
        var browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = Find(), Args = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"] }
        );
        return (playwright, browser);
    }

    private static string Find()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var found = Programs.SelectMany(program => path.Select(folder => Path.Combine(folder, program))).FirstOrDefault(File.Exists);
        const string missing = "These tests need Chromium: apt-get install chromium.";
        Assert.SkipWhen(found is null && Environment.GetEnvironmentVariable("CI") is null, missing);
        return found ?? throw new InvalidOperationException(missing);
    }
}
