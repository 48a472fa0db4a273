using Microsoft.Playwright;

namespace Wyckoff.Tests.Web.Patterns;

/// <summary>A page with a form, whose errors stand at their fields.</summary>
internal sealed class FormPage(IPage page)
{
    public async Task FillAsync(params (string Label, string Value)[] fields)
    {
        foreach (var (label, value) in fields)
        {
            var control = page.Locator("main").GetByLabel(label, new() { Exact = true });
            if (await control.EvaluateAsync<bool>("control => control.matches('select')"))
            {
                await control.SelectOptionAsync(value);
            }
            else
            {
                await control.FillAsync(value);
            }
        }
    }

    public Task SubmitAsync(string button) => page.Locator("main").GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();

    /// <summary>The error at a field.</summary>
    public ILocator ErrorOf(string label) =>
        page.Locator(".field").Filter(new() { Has = page.GetByLabel(label, new() { Exact = true }) }).Locator(".error");
}
