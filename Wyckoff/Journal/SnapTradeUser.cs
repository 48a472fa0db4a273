using System.Text.Json.Serialization;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>The SnapTrade user of an account. The secret is stored encrypted; <see cref="BrokerSecrets.Reveal"/> decrypts it.</summary>
public sealed class SnapTradeUser
{
    private SnapTradeUser() { }

    public SnapTradeUser(long userAccountId, string snaptradeUserId, string secret, BrokerSecrets secrets)
    {
        (UserAccountId, SnaptradeUserId) = (userAccountId, Guard.Text(snaptradeUserId, 255));
        Replace(secret, secrets);
    }

    public long Id { get; private set; }

    public long UserAccountId { get; private set; }

    public string SnaptradeUserId { get; private set; } = "";

    [JsonIgnore]
    public string SnaptradeUserSecret { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(SnaptradeUserSecret))]
    public void Replace(string secret, BrokerSecrets secrets) => SnaptradeUserSecret = secrets.Protect(UserAccountId, secret);
}
