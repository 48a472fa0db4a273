using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Patterns;

/// <summary>A page on which a task runs that takes longer than a moment.</summary>
internal sealed class LongTaskPage(IPage page)
{
    public ILocator Progress => page.GetByRole(AriaRole.Progressbar);

    /// <summary>Waits until no task runs.</summary>
    public Task EndsAsync() => Expect(Progress).ToHaveCountAsync(0);

    public Task StopAsync() => page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
}
