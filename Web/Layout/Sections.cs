using Wyckoff.Web.Access;

namespace Wyckoff.Web.Layout;

/// <summary>A part of the web page with its own entry in the navigation. A new domain adds its section to <see cref="Sections"/>.</summary>
/// <param name="Title">What the navigation shows.</param>
/// <param name="Path">The path that all pages of the section begin with.</param>
/// <param name="Pages">Its pages; with more than one they get a navigation of their own.</param>
internal sealed record Section(string Title, string Path, IReadOnlyList<SectionPage> Pages);

/// <summary>A page in the navigation of its section.</summary>
/// <param name="Title">What the navigation shows.</param>
/// <param name="Path">Its path.</param>
/// <param name="Role">The role that the page needs; null: everybody sees it.</param>
internal sealed record SectionPage(string Title, string Path, string? Role = null);

/// <summary>The sections in the order of the navigation.</summary>
internal static class Sections
{
    public static IReadOnlyList<Section> All { get; } =
    [
        new("Chart", "/chart", [new("Chart", "/chart")]),
        new("Market", "/market", [new("Overview", "/market"), new("Tickers", "/market/tickers"), new("Watchlists", "/market/watchlists")]),
        new(
            "Data",
            "/data",
            [
                new("Import", "/data", Caller.DataWriter),
                new("Imports", "/data/imports"),
                new("Quality", "/data/quality"),
                new("Sync", "/data/sync"),
                new("Schedules", "/data/schedules"),
                new("Export", "/data/export"),
            ]
        ),
        new(
            "System",
            "/system",
            [
                new("Status", "/system"),
                new("Accounts", "/system/accounts", Caller.Admin),
                new("Waitlist", "/system/waitlist", Caller.Admin),
                new("Audit", "/system/audit", Caller.Admin),
            ]
        ),
        new(
            "Account",
            "/account",
            [
                new("Account", "/account"),
                new("Trading", "/account/trading"),
                new("Rules", "/account/rules"),
                new("Keys", "/account/keys"),
                new("Sessions", "/account/sessions"),
            ]
        ),
    ];

    /// <summary>The section of a path; null for pages outside the navigation.</summary>
    public static Section? Of(string path) =>
        All.FirstOrDefault(section =>
            path.StartsWith(section.Path, StringComparison.OrdinalIgnoreCase)
            && (path.Length == section.Path.Length || path[section.Path.Length] == '/')
        );
}
