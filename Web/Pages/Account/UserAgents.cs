namespace Wyckoff.Web.Pages.Account;

/// <summary>Names browsers for people.</summary>
internal static class UserAgents
{
    // In this order: others name Chrome and Safari too.
    private static readonly (string Token, string Name)[] Browsers =
    [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];

    private static readonly (string Token, string Name)[] Systems =
    [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>The browser and its system, such as "Firefox on Windows"; what it calls itself if neither is known.</summary>
    public static string Describe(string? userAgent) =>
        userAgent is null
            ? "Unknown browser"
            : (Find(Browsers, userAgent), Find(Systems, userAgent)) switch
            {
                ({ } browser, { } system) => $"{browser} on {system}",
                ({ } browser, null) => browser,
                _ => userAgent,
            };

    private static string? Find((string Token, string Name)[] known, string userAgent) =>
        known.FirstOrDefault(one => userAgent.Contains(one.Token, StringComparison.Ordinal)).Name;
}
