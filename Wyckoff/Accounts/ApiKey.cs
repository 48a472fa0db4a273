using System.Buffers;
using System.Buffers.Text;
using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>
/// An API key of an account. The key is shown once, and only its hash is stored. The hash needs no salt because the key is 256 random bits.
/// </summary>
public sealed class ApiKey
{
    public const string Mark = "wk_";
    public const int MaxName = 100;
    public const int PrefixLength = 11;
    public const int Length = 46; // the mark, and 32 bytes in base64url

    private static readonly SearchValues<char> Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );

    private ApiKey() { }

    private ApiKey(long accountId, string name, string key, AccessScope scope, DateTimeOffset createdAt, DateTimeOffset? expiresAt)
    {
        Guard.Require(expiresAt is null || expiresAt > createdAt, nameof(expiresAt), "is not after the key is made");
        (AccountId, Name, Prefix, KeyHash, Scope, CreatedAt, ExpiresAt) = (
            accountId,
            Guard.Text(name, MaxName),
            key[..PrefixLength],
            HashOf(key),
            scope,
            createdAt,
            expiresAt
        );
    }

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>The first characters of the key, by which users tell their keys apart.</summary>
    public string Prefix { get; private set; } = "";

    [JsonIgnore]
    public byte[] KeyHash { get; private set; } = [];

    public AccessScope Scope { get; private set; }

    public DateTimeOffset? ExpiresAt { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Keys that are neither revoked nor expired.</summary>
    public static Expression<Func<ApiKey, bool>> LiveAt(DateTimeOffset now) =>
        key => key.RevokedAt == null && (key.ExpiresAt == null || key.ExpiresAt > now);

    /// <summary>Keys that are revoked or expired. They are kept, so that one that was revoked can never be added again.</summary>
    public static Expression<Func<ApiKey, bool>> EndedAt(DateTimeOffset now) => key => key.RevokedAt != null || key.ExpiresAt <= now;

    /// <summary>Creates a key. Returns the entity and the key itself, which the owner sees only once.</summary>
    public static (ApiKey ApiKey, string Key) Issue(
        long accountId,
        string name,
        AccessScope scope,
        DateTimeOffset now,
        DateTimeOffset? expiresAt = null
    )
    {
        var key = Mark + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (new(accountId, name, key, scope, now, expiresAt), key);
    }

    /// <summary>Whether a text has the form of a key. Other texts need not be looked up.</summary>
    public static bool IsForm(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith(Mark, StringComparison.Ordinal) && !text[Mark.Length..].ContainsAnyExcept(Characters);

    /// <summary>Whether a text contains a key. Longer random text, such as a token, may have the form of one somewhere in it.</summary>
    public static bool IsIn(ReadOnlySpan<char> text)
    {
        for (int start; (start = text.IndexOfAny(Characters)) >= 0; )
        {
            text = text[start..];
            var end = text.IndexOfAnyExcept(Characters);
            var word = end < 0 ? text : text[..end];
            if (IsForm(word))
            {
                return true;
            }

            text = text[word.Length..];
        }

        return false;
    }

    public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Issues a key with the same name, scope and time to live.</summary>
    public (ApiKey ApiKey, string Key) Renew(DateTimeOffset now) =>
        Issue(AccountId, Name, Scope, now, ExpiresAt is { } end ? now + (end - CreatedAt) : null);

    public bool IsLive(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);

    public void Rename(string name) => Name = Guard.Text(name, MaxName);

    /// <summary>Makes a key end at an instant, unless it ends sooner.</summary>
    public void EndAt(DateTimeOffset end) => ExpiresAt = ExpiresAt < end ? ExpiresAt : end;

    public void Revoke(DateTimeOffset now) => RevokedAt ??= now < CreatedAt ? CreatedAt : now;
}
