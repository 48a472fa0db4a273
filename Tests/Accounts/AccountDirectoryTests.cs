using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Accounts;

namespace Wyckoff.Tests.Accounts;

public sealed class AccountDirectoryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private AccountDirectory Directory => new(database.App);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_concurrent_first_sign_ins_create_one_account()
    {
        var ids = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Directory.SignInAsync("crowd", "crowd@example.org", "Crowd", null, Token))
        );
        Assert.Single(ids.Distinct());
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                """
                SELECT count(*) FROM account.user_accounts JOIN account.user_profiles ON user_account_id = user_accounts.id
                 WHERE google_id = 'crowd'
                """
            )
        );
    }

    [Fact]
    public async Task A_later_sign_in_updates_the_address_and_keeps_the_name()
    {
        var id = await Directory.SignInAsync("mover", "Old@example.org", "Mover", "https://p/1", Token);
        Assert.Equal(id, await Directory.SignInAsync("mover", "new@example.org", "Someone", null, Token));
        Assert.Equal(
            "Mover new@example.org https://p/1",
            await database.ScalarAsync<string>(
                "SELECT concat_ws(' ', name, email, profile_picture_url) FROM account.user_accounts WHERE id = $1",
                id!
            )
        );
    }

    [Fact]
    public async Task A_second_identity_with_the_same_address_is_refused()
    {
        await Directory.SignInAsync("first", "same@example.org", "First", null, Token);
        var error = await Assert.ThrowsAsync<PostgresException>(() =>
            Directory.SignInAsync("second", "SAME@example.org", "Second", null, Token)
        );
        Assert.Equal("idx_user_accounts_email", error.ConstraintName);
    }

    [Fact]
    public async Task A_deactivated_account_cannot_sign_in()
    {
        var id = await Directory.SignInAsync("off", "off@example.org", "Off", null, Token);
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", id!);
        Assert.Null(await Directory.SignInAsync("off", "off@example.org", "Off", null, Token));
    }

    [Fact]
    public async Task An_API_key_authenticates_its_account_until_it_is_revoked_or_expires()
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = (await Directory.SignInAsync("keys", "keys@example.org", "Keys", null, Token))!.Value;
        var (apiKey, key) = ApiKey.Issue(id, "script", now);
        var (expired, expiredKey) = ApiKey.Issue(id, "old", now.AddDays(-2), now.AddDays(-1));
        await using var context = database.Context();
        var scope = new AccountScope(id);
        await scope.RunAsync(
            context,
            async token =>
            {
                context.AddRange(apiKey, expired);
                return await context.SaveChangesAsync(token);
            },
            Token
        );

        Assert.Equal(id, await Directory.AuthenticateAsync(key, Token));
        Assert.Equal(id, await Directory.AuthenticateAsync(key, Token));
        Assert.Null(await Directory.AuthenticateAsync(expiredKey, Token));
        Assert.Null(await Directory.AuthenticateAsync(key + "x", Token));
        Assert.True(await database.ScalarAsync<bool>("SELECT last_used_at IS NOT NULL FROM account.api_keys WHERE id = $1", apiKey.Id));
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM audit.audit_trail WHERE event_type = 'api_key.updated' AND account_id = $1",
                id
            )
        );

        await scope.RunAsync(
            context,
            async token =>
            {
                apiKey.Revoke(TimeProvider.System.GetUtcNow());
                return await context.SaveChangesAsync(token);
            },
            Token
        );
        Assert.Null(await Directory.AuthenticateAsync(key, Token));
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM account.api_keys k WHERE k::text LIKE '%' || $1 || '%'", key)
        );
    }

    [Fact]
    public async Task Joining_the_waitlist_twice_succeeds_and_keeps_the_first_entry()
    {
        await Directory.JoinWaitlistAsync("Wanda", "Wanda@example.org", "a friend", Token);
        await Directory.JoinWaitlistAsync("Other", "wanda@example.org", null, Token);
        Assert.Equal(
            "Wanda waiting",
            await database.ScalarAsync<string>("SELECT name || ' ' || status FROM account.waitlist WHERE email = 'wanda@example.org'")
        );
    }

    [Fact]
    public async Task An_account_scope_requires_a_transaction_and_ends_with_it()
    {
        await using var context = database.Context();
        await Assert.ThrowsAsync<InvalidOperationException>(() => new AccountScope(1).EnterAsync(context, Token));

        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await new AccountScope(7).EnterAsync(transaction, Token);
            Assert.Equal(7L, await CurrentAccountAsync(connection));
            await transaction.CommitAsync(Token);
        }

        Assert.Null(await CurrentAccountAsync(connection));
    }

    [Fact]
    public async Task Account_entities_round_trip_through_the_database()
    {
        var id = (await Directory.SignInAsync("round", "round@example.org", "Round", null, Token))!.Value;
        await using var context = database.Context();
        await new AccountScope(id).RunAsync(
            context,
            async token =>
            {
                var account = await context.Set<UserAccount>().SingleAsync(token);
                account.Rename("Rounder");
                account.Describe("1", "2", new(1990, 1, 2), "x");
                var profile = await context.Set<UserProfile>().SingleAsync(token);
                profile.ChangeRiskProfile("""{"max_risk_per_trade_pct": 1.5, "stop_loss_required": true}""");
                context.Add(new UserRule(id, "RS002", "risk", """{"severity": "critical"}"""));
                return await context.SaveChangesAsync(token);
            },
            Token
        );
        await using var again = database.Context();
        var found = await new AccountScope(id).RunAsync(
            again,
            async token =>
                (Account: await again.Set<UserAccount>().SingleAsync(token), Profile: await again.Set<UserProfile>().SingleAsync(token)),
            Token
        );
        Assert.Equal(
            ("Rounder", AuthProvider.Google, new DateOnly(1990, 1, 2)),
            (found.Account.Name, found.Account.AuthProvider, found.Account.DateOfBirth!.Value)
        );
        Assert.Contains("1.5", found.Profile.RiskProfile, StringComparison.Ordinal);
        Assert.True(found.Account.UpdatedAt > found.Account.CreatedAt);
    }

    private static async Task<long?> CurrentAccountAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT account.current_id()", connection);
        return await command.ExecuteScalarAsync(Token) as long?;
    }
}
