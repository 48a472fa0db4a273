using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Wyckoff.Accounts.Documents;

/// <summary>How somebody likes the pages.</summary>
public sealed partial record SitePreferences : AccountDocument
{
    public const int MaxLanguage = 35;

    /// <summary>Default: system, which is what the browser asks for.</summary>
    public Theme Theme { get; init; }

    /// <summary>Default: false.</summary>
    public bool SidebarCollapsed { get; init; }

    /// <summary>Default: true.</summary>
    public bool NotificationsEnabled { get; init; } = true;

    /// <summary>A BCP 47 tag such as en, de-AT or zh-Hant-TW; default: en.</summary>
    public string Language { get; init; } = "en";

    /// <summary>Named lists of tickers in the order of their owner: at most 20.</summary>
    public IReadOnlyList<Watchlist> Watchlists { get; init; } = [];

    public override IEnumerable<FieldError> Errors() =>
        [
            .. Language.Length <= MaxLanguage && Tag().IsMatch(Language)
                ? (FieldError[])[]
                : [new("language", $"{TradingProfile.Shown(Language)} is not a BCP 47 language tag such as en, de-AT or zh-Hant-TW.")],
            .. Watchlist.Errors(Watchlists),
        ];

    /// <summary>Language, script, region and variants of BCP 47; extensions and private tags say nothing that a page could use.</summary>
    [GeneratedRegex(
        @"\A[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Tag();
}

[JsonConverter(typeof(WordConverter<Theme>))]
public enum Theme
{
    System,
    Light,
    Dark,
}
