using Microsoft.Playwright;

namespace Wyckoff.Tests.Web;

/// <summary>
/// Opens pages in the browser. After each test nothing may have gone wrong that a person would not see: errors in the console, violations
/// of the content security policy, requests to other hosts.
/// </summary>
public abstract class WebTestBase(Chromium chromium) : IAsyncLifetime
{
    private readonly List<PageWatch> _watches = [];
    private readonly List<IBrowserContext> _profiles = [];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var profile in _profiles)
        {
            await profile.DisposeAsync();
        }

        Assert.Empty(_watches.SelectMany(watch => watch.Complaints));
    }

    /// <summary>Opens a new browser profile at a path of the web page.</summary>
    protected async Task<IPage> OpenAsync(Uri address, string path, ColorScheme theme = ColorScheme.Light)
    {
        var profile = await chromium.OpenAsync(
            new()
            {
                BaseURL = address.ToString(),
                ColorScheme = theme,
                ViewportSize = new() { Width = 1440, Height = 900 },
                TimezoneId = "Europe/Berlin",
                Locale = "en-US",
            }
        );
        _profiles.Add(profile);
        profile.SetDefaultTimeout((float)Eventually.Bound.TotalMilliseconds);
        profile.SetDefaultNavigationTimeout((float)Eventually.Bound.TotalMilliseconds);
        var page = await profile.NewPageAsync();
        _watches.Add(new(page, address));
        await page.GotoAsync(path);
        return page;
    }

    /// <summary>Allows a complaint that the test causes, for example the console's line about a refused request.</summary>
    protected void Tolerate(string complaint)
    {
        // A number alone is a status: it could also be a part of the address's port.
        var text = complaint.All(char.IsAsciiDigit) ? $"status of {complaint}" : complaint;
        foreach (var watch in _watches)
        {
            watch.Complaints.RemoveAll(line => line.Contains(text, StringComparison.Ordinal));
        }
    }
}
