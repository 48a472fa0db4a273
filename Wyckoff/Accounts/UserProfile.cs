using System.Text.Json;
using Wyckoff.Accounts.Documents;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>The preferences of an account as JSON documents, which are read and changed as typed records.</summary>
public sealed class UserProfile
{
    private UserProfile() { }

    public UserProfile(long userAccountId) => UserAccountId = userAccountId;

    public long Id { get; private set; }

    public long UserAccountId { get; private set; }

    public string Profile { get; private set; } = "{}";

    public string RiskProfile { get; private set; } = "{}";

    public string SitePrefs { get; private set; } = "{}";

    public string Stats { get; private set; } = "{}";

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <exception cref="UnreadableDocumentException">A newer build has written the document.</exception>
    public T Read<T>()
        where T : AccountDocument => AccountDocument.Read<T>(Column(typeof(T)));

    /// <summary>Replaces the whole document of this kind.</summary>
    public void Change<T>(T document)
        where T : AccountDocument
    {
        var json = AccountDocument.Write(document);
        _ = document switch
        {
            TradingProfile => Profile = json,
            Documents.RiskProfile => RiskProfile = json,
            SitePreferences => SitePrefs = json,
            _ => throw Unknown(typeof(T)),
        };
    }

    public void ChangeStats(string json) => Stats = Guard.Json(json, JsonValueKind.Object);

    private string Column(Type document) =>
        document == typeof(TradingProfile) ? Profile
        : document == typeof(Documents.RiskProfile) ? RiskProfile
        : document == typeof(SitePreferences) ? SitePrefs
        : throw Unknown(document);

    private static NotSupportedException Unknown(Type document) => new($"No column stores documents of the type {document.Name}.");
}
