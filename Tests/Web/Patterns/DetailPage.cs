using Microsoft.Playwright;

namespace Wyckoff.Tests.Web.Patterns;

/// <summary>A page about one thing: a heading with actions, and facts.</summary>
internal sealed class DetailPage(IPage page)
{
    public ILocator Heading => page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public ILocator Action(string name) => page.Locator(".page-actions").GetByText(name, new() { Exact = true });

    /// <summary>The value of a fact.</summary>
    public ILocator Fact(string name) =>
        page.Locator("dt").Filter(new() { HasText = name }).First.Locator("xpath=following-sibling::dd[1]");
}
