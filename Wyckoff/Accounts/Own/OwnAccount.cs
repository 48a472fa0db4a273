using Microsoft.EntityFrameworkCore;

namespace Wyckoff.Accounts.Own;

/// <summary>
/// Reads and changes the account of a caller. Changes of one account run one after another, so a condition that was checked still holds
/// when the change is written.
/// </summary>
public sealed class OwnAccount(WyckoffDbContext context)
{
    /// <summary>Runs work in a transaction of the account.</summary>
    public Task<T> ReadAsync<T>(AccountScope scope, Func<WyckoffDbContext, CancellationToken, Task<T>> work, CancellationToken token) =>
        scope.RunAsync(
            context,
            ct =>
            {
                // A repeated attempt reads everything again.
                context.ChangeTracker.Clear();
                return work(context, ct);
            },
            token
        );

    /// <summary>Runs work in a transaction that holds the account, and saves the entities that it changed.</summary>
    /// <exception cref="AccountGoneException">The account was deleted after the caller was identified.</exception>
    public Task<T> ChangeAsync<T>(
        AccountScope scope,
        Func<WyckoffDbContext, UserAccount, CancellationToken, Task<T>> work,
        CancellationToken token
    ) =>
        ReadAsync(
            scope,
            async (db, ct) =>
            {
                // Not FOR UPDATE, which waits for every insert that refers to the account.
                var account =
                    await db.Set<UserAccount>()
                        .FromSql($"SELECT * FROM account.user_accounts WHERE id = {scope.AccountId} FOR NO KEY UPDATE")
                        .SingleOrDefaultAsync(ct)
                    ?? throw new AccountGoneException();
                var result = await work(db, account, ct);
                await db.SaveChangesAsync(ct);
                return result;
            },
            token
        );

    /// <summary>The profile of an account, which is made where it is missing. The caller holds the account.</summary>
    public static async Task<UserProfile> ProfileAsync(WyckoffDbContext db, long accountId, CancellationToken token)
    {
        if (await db.Set<UserProfile>().SingleOrDefaultAsync(p => p.UserAccountId == accountId, token) is { } profile)
        {
            return profile;
        }

        profile = new(accountId);
        db.Add(profile);
        return profile;
    }
}

/// <summary>The account was deleted while one of its requests ran.</summary>
public sealed class AccountGoneException() : Exception("The account was deleted meanwhile.");
