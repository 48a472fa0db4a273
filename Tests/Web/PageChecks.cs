using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Wyckoff.Tests.Web;

/// <summary>Checks that every page has to pass, in both themes.</summary>
internal static class PageChecks
{
    private static readonly AxeRunOptions Rules = new()
    {
        // For these rules axe would copy style sheets into style elements, which the content security policy refuses.
        Rules = new()
        {
            ["css-orientation-lock"] = new() { Enabled = false },
            ["no-autoplay-audio"] = new() { Enabled = false },
        },
        RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    };

    private static string Folder { get; } = Directory.CreateDirectory(Path.Combine(Run.Root, "artifacts", "screens")).FullName;

    /// <summary>
    /// Finds no violation of WCAG AA with axe, and leaves a screenshot in artifacts/screens, in the light theme and in the dark one.
    /// </summary>
    public static async Task CheckInBothThemesAsync(this IPage page, string name)
    {
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            var themeName = theme == ColorScheme.Light ? "light" : "dark";
            await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{themeName}.png"), FullPage = true });
            var result = await page.RunAxe(Rules);
            Assert.True(
                result.Violations.Length == 0,
                $"{name}, {themeName}: "
                    + string.Join(
                        '\n',
                        result.Violations.Select(violation =>
                            $"{violation.Id} ({violation.Help}): {string.Join("; ", violation.Nodes.Select(node => node.Html))}"
                        )
                    )
            );
        }
    }
}
