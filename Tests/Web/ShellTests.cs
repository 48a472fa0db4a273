using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web;

/// <summary>What all pages share: navigation, theme, symbol search, error pages.</summary>
public sealed class ShellTests(Chromium chromium, SampleWeb web) : WebTestBase(chromium), IClassFixture<SampleWeb>
{
    [Fact]
    public async Task The_navigation_leads_to_every_section()
    {
        var page = await OpenAsync(web.Address, "/chart");
        var navigation = page.GetByRole(AriaRole.Navigation, new() { Name = "Main" });
        foreach (
            var (section, heading) in new[]
            {
                ("Market", "Market"),
                ("Data", "Import"),
                ("System", "Status"),
                ("Account", "Account"),
                ("Chart", "AAPL"),
            }
        )
        {
            await navigation.GetByRole(AriaRole.Link, new() { Name = section }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(heading);
        }
    }

    [Fact]
    public async Task The_theme_follows_the_system_and_the_switch_without_a_flash()
    {
        var page = await OpenAsync(web.Address, "/sign-in", ColorScheme.Dark);
        Assert.Equal("rgb(16, 21, 27)", await BackgroundAsync(page));
        await page.GetByTitle("Light").ClickAsync();
        Assert.Equal("rgb(244, 246, 248)", await BackgroundAsync(page));
        // The server renders the choice, so that it holds before any script runs.
        await page.ReloadAsync(new() { WaitUntil = WaitUntilState.Commit });
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");
    }

    [Fact]
    public async Task A_page_that_does_not_exist_says_so()
    {
        var page = await OpenAsync(web.Address, "/nothing/here");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("There is no such page");
        Tolerate("404");
    }

    [Fact]
    public async Task Scripts_and_styles_are_kept_by_the_browser_and_an_old_page_gets_the_new_ones()
    {
        using var client = new HttpClient { BaseAddress = web.Address };
        var document = await client.GetStringAsync("/sign-in", Token);
        var style = document
            .Split("href=\"")
            .Select(part => part.Split('"')[0])
            .First(path => path.EndsWith("/app.css", StringComparison.Ordinal));
        using var current = await client.GetAsync(style, Token);
        Assert.Contains("immutable", current.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        using var answer = await client.GetAsync(style.Replace("app.css", "v1/auth/session", StringComparison.Ordinal), Token);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        using var old = await client.GetAsync("/_v/0123456789abcdef/app.css", Token);
        Assert.True(old.Headers.CacheControl!.NoCache);
        Assert.Equal(await current.Content.ReadAsStringAsync(Token), await old.Content.ReadAsStringAsync(Token));
    }

    private static Task<string> BackgroundAsync(IPage page) =>
        page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
}
