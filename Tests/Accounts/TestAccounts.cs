using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Postgres;

namespace Wyckoff.Tests.Accounts;

/// <summary>Makes accounts and keys as the product does.</summary>
internal static class TestAccounts
{
    public static AccountDirectory Directory(TestDatabase database) =>
        new(
            database.App,
            new Database(
                new DataSources(new NpgsqlDataSourceBuilder(database.AppConnection)),
                TimeProvider.System,
                NullLogger<Database>.Instance
            )
        );

    /// <summary>Signs in with Google as NAME@example.org, and returns the account.</summary>
    public static async Task<long> CreateAsync(TestDatabase database, string name, bool isAdmin = false)
    {
        var result = await Directory(database)
            .SignInAsync(
                new(AuthProvider.Google, name, $"{name}@example.org", name),
                invitedOnly: false,
                TestContext.Current.CancellationToken
            );
        var id = result.AccountId!.Value;
        if (isAdmin)
        {
            await database.ExecuteAsync("UPDATE account.user_accounts SET is_admin = true WHERE id = $1", id);
        }

        return id;
    }

    /// <summary>Adds a key to an account and returns the key itself.</summary>
    public static async Task<string> AddKeyAsync(TestDatabase database, long account, AccessScope scope, TimeSpan? expiresAfter = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (apiKey, key) = ApiKey.Issue(account, scope.ToString(), scope, now, now + expiresAfter);
        await using var context = database.Context();
        await new AccountScope(account).RunAsync(
            context,
            async token =>
            {
                context.Add(apiKey);
                return await context.SaveChangesAsync(token);
            },
            TestContext.Current.CancellationToken
        );
        return key;
    }
}
