using Microsoft.Playwright;
using Wyckoff.Tests.Api;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Chart;

/// <summary>The chart page of a database without bars.</summary>
public sealed class EmptyChartTests(Chromium chromium, TestDatabase database) : WebTestBase(chromium), IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Without_bars_the_page_leads_to_the_import()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        await using var web = await WebServer.StartAsync(api.Address);
        var page = await OpenAsync(web.Address, "/chart");
        await Expect(page.GetByText("There are no bars yet")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Import a file" })).ToHaveAttributeAsync("href", "/data");
        await page.CheckInBothThemesAsync("chart-empty");
    }
}
