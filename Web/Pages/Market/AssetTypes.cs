namespace Wyckoff.Web.Pages.Market;

/// <summary>The asset types that forms suggest. The API accepts others.</summary>
internal static class AssetTypes
{
    public static readonly IReadOnlyList<string> Known =
    [
        "stock",
        "etf",
        "crypto",
        "forex",
        "commodity",
        "index",
        "future",
        "option",
        "bond",
    ];

    /// <summary>The known types, and a chosen one that is not among them.</summary>
    public static IEnumerable<string> With(string? chosen) =>
        string.IsNullOrEmpty(chosen) || Known.Contains(chosen, StringComparer.Ordinal) ? Known : Known.Append(chosen);
}
