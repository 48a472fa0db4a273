namespace Wyckoff.Accounts;

/// <summary>Who makes a request: an account by one of its keys or sessions, or the local account.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Scope">What the key or session may do now. Admin only while the account is an administrator's.</param>
/// <param name="IsAdmin">Whether the account is an administrator's.</param>
public sealed record Caller(long AccountId, AccessScope Scope, bool IsAdmin)
{
    public long? KeyId { get; init; }

    public long? SessionId { get; init; }

    /// <summary>When the key or session expires; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the key or session was last used, as stored: to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Who the audit trail says has made a change.</summary>
    public string Actor =>
        this switch
        {
            { KeyId: { } key } => FormattableString.Invariant($"account:{AccountId} key:{key}"),
            { SessionId: { } session } => FormattableString.Invariant($"account:{AccountId} session:{session}"),
            _ => FormattableString.Invariant($"account:{AccountId}"),
        };

    /// <summary>The scope for a transaction of this caller.</summary>
    public AccountScope In(Guid? correlationId) => new(AccountId, Actor, correlationId) { Access = Scope };
}
