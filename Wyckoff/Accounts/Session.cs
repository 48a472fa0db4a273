using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>
/// A browser in which somebody has signed in. Like an API key, it is a random token of which only the hash is stored, so signing out ends
/// it everywhere the cookie may have been copied to.
/// </summary>
public sealed class Session
{
    public const int MaxUserAgent = 300;

    private Session() { }

    private Session(long accountId, string token, string? userAgent, DateTimeOffset createdAt, DateTimeOffset expiresAt)
    {
        Guard.Require(expiresAt > createdAt, nameof(expiresAt), "is not after the session begins");
        (AccountId, TokenHash, UserAgent, CreatedAt, ExpiresAt) = (
            accountId,
            ApiKey.HashOf(token),
            Guard.MaxLength(userAgent, MaxUserAgent),
            createdAt,
            expiresAt
        );
    }

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    [JsonIgnore]
    public byte[] TokenHash { get; private set; } = [];

    public string? UserAgent { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>Begins a session. Returns the entity and the token, which only the cookie holds.</summary>
    public static (Session Session, string Token) Begin(long accountId, string? userAgent, DateTimeOffset now, TimeSpan lifetime)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (new(accountId, token, userAgent, now, now + lifetime), token);
    }

    public void Revoke(DateTimeOffset now) => RevokedAt ??= now < CreatedAt ? CreatedAt : now;
}
