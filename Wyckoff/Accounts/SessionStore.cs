using Microsoft.EntityFrameworkCore;

namespace Wyckoff.Accounts;

/// <summary>Begins, lists and ends the sessions of an account, under row-level security.</summary>
public sealed class SessionStore(WyckoffDbContext context, TimeProvider time)
{
    /// <summary>How many sessions a list has at most: the newest ones.</summary>
    public const int MaxListed = 100;

    // How long a session is kept after its end, so that its owner can be told about it.
    private static readonly TimeSpan KeepExpired = TimeSpan.FromDays(30);

    /// <summary>
    /// Begins a session, and deletes sessions of the account that expired long ago. Returns the token, which only the cookie holds.
    /// </summary>
    public Task<(Session Session, string Token)> BeginAsync(
        AccountScope scope,
        string? userAgent,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var begun = Session.Begin(AccountOf(scope), userAgent, now, lifetime);
        return scope.RunAsync(
            context,
            async token =>
            {
                await Of(scope).Where(session => session.ExpiresAt < now - KeepExpired).ExecuteDeleteAsync(token);
                context.Add(begun.Session);
                await context.SaveChangesAsync(token);
                return begun;
            },
            cancellationToken
        );
    }

    /// <summary>The sessions that have neither expired nor been revoked, newest first.</summary>
    public Task<List<Session>> ListAsync(AccountScope scope, CancellationToken cancellationToken) =>
        scope.RunAsync(
            context,
            token => Current(scope).AsNoTracking().OrderByDescending(session => session.Id).Take(MaxListed).ToListAsync(token),
            cancellationToken
        );

    /// <summary>Ends one session. False if the account has no such session that could still be used.</summary>
    public async Task<bool> RevokeAsync(AccountScope scope, long id, CancellationToken cancellationToken) =>
        await RevokeAsync(scope, Current(scope).Where(session => session.Id == id), cancellationToken) > 0;

    /// <summary>Ends all sessions of the account, and returns how many there were.</summary>
    public Task<int> RevokeAllAsync(AccountScope scope, CancellationToken cancellationToken) =>
        RevokeAsync(scope, Current(scope), cancellationToken);

    private static long AccountOf(AccountScope scope) => scope.AccountId ?? throw new ArgumentException("names no account.", nameof(scope));

    // Row-level security shows only the account's rows anyway. The condition lets the statement use the index.
    private IQueryable<Session> Of(AccountScope scope)
    {
        var account = AccountOf(scope);
        return context.Set<Session>().Where(session => session.AccountId == account);
    }

    private IQueryable<Session> Current(AccountScope scope)
    {
        var now = time.GetUtcNow();
        return Of(scope).Where(session => session.RevokedAt == null && session.ExpiresAt > now);
    }

    private Task<int> RevokeAsync(AccountScope scope, IQueryable<Session> sessions, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return scope.RunAsync(
            context,
            // The clock of the replica that began the session may be ahead.
            token =>
                sessions.ExecuteUpdateAsync(
                    set => set.SetProperty(session => session.RevokedAt, session => session.CreatedAt > now ? session.CreatedAt : now),
                    token
                ),
            cancellationToken
        );
    }
}
