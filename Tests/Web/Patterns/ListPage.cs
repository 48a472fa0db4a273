using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Patterns;

/// <summary>A page with a list: a table with filters, sortable columns and pages.</summary>
internal sealed class ListPage(IPage page)
{
    public ILocator Rows => page.Locator("main table tbody tr");

    /// <summary>The text of a column, from the first row to the last.</summary>
    public async Task<IReadOnlyList<string>> ColumnAsync(string title)
    {
        var headers = await page.Locator("main table thead th").AllInnerTextsAsync();
        var index = headers.ToList().FindIndex(header => header.StartsWith(title, StringComparison.Ordinal));
        Assert.True(index >= 0, $"No column {title}: {string.Join(", ", headers)}");
        var cells = await Rows.Locator($"> :nth-child({index + 1})").AllInnerTextsAsync();
        return [.. cells.Select(cell => cell.Trim())];
    }

    /// <summary>Sorts by a column, by a click on its header.</summary>
    public async Task SortAsync(string title)
    {
        await page.Locator("main table thead").GetByRole(AriaRole.Link, new() { Name = title }).ClickAsync();
        await Expect(page.Locator("main table thead th[aria-sort]")).ToContainTextAsync(title);
    }

    /// <summary>Fills a text filter and applies it.</summary>
    public async Task FilterAsync(string label, string text)
    {
        await page.Locator("form.filters").GetByLabel(label).FillAsync(text);
        await page.Locator("form.filters").GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
    }

    public Task NextPageAsync() => page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();

    public Task ShowsAsync(int rows) => Expect(Rows).ToHaveCountAsync(rows);
}
