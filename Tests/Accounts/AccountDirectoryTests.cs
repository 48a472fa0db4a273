using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Documents;

namespace Wyckoff.Tests.Accounts;

public sealed class AccountDirectoryTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private AccountDirectory Directory => TestAccounts.Directory(database);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_concurrent_first_sign_ins_create_one_account()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SignInAsync("crowd")));
        Assert.NotNull(Assert.Single(ids.Distinct()).AccountId);
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
    public async Task A_later_sign_in_updates_the_address_and_keeps_name_and_picture()
    {
        await Directory.JoinWaitlistAsync("Mover", "old@example.org", null, null, Token);
        var first = await Directory.SignInAsync(Google("mover", "Old@example.org", "Mover", "https://p/1"), invitedOnly: false, Token);
        Assert.Equal(
            first,
            await Directory.SignInAsync(Google("mover", "new@example.org", "Someone", "https://p/2"), invitedOnly: true, Token)
        );
        Assert.Equal(
            "Mover new@example.org https://p/1",
            await database.ScalarAsync<string>(
                "SELECT concat_ws(' ', name, email, profile_picture_url) FROM account.user_accounts WHERE id = $1",
                first.AccountId!
            )
        );
        // The request for access moves with the address, so that it is deleted with the account.
        Assert.Equal("new@example.org", await database.ScalarAsync<string>("SELECT email FROM account.waitlist WHERE name = 'Mover'"));
    }

    [Fact]
    public async Task A_second_identity_with_the_same_address_is_refused()
    {
        Assert.NotNull((await SignInAsync("first", "same@example.org")).AccountId);
        Assert.Equal(new(null, SignInRefusal.AddressTaken), await SignInAsync("second", "SAME@example.org"));
        var together = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => SignInAsync(FormattableString.Invariant($"one-of-{i}"), "Shared@example.org"))
        );
        Assert.Single(together, result => result.AccountId is not null);
        Assert.Equal(9, together.Count(result => result.Refusal == SignInRefusal.AddressTaken));
    }

    [Fact]
    public async Task An_address_that_another_account_has_is_not_taken_over_at_a_later_sign_in()
    {
        var mine = await SignInAsync("keeper", "keeper@example.org");
        await SignInAsync("wanderer", "wanderer@example.org");
        Assert.Equal(mine, await SignInAsync("keeper", "wanderer@example.org"));
        Assert.Equal(
            "keeper@example.org",
            await database.ScalarAsync<string>("SELECT email FROM account.user_accounts WHERE id = $1", mine.AccountId!)
        );
    }

    [Fact]
    public async Task A_deactivated_account_cannot_sign_in()
    {
        var id = (await SignInAsync("off")).AccountId;
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", id!);
        Assert.Equal(new(null, SignInRefusal.Deactivated), await SignInAsync("off"));
    }

    [Fact]
    public async Task A_stranger_gets_no_account_where_only_invited_people_may_sign_in()
    {
        Assert.Equal(
            new(null, SignInRefusal.NotInvited),
            await Directory.SignInAsync(Google("stranger", "stranger@example.org", "Stranger"), invitedOnly: true, Token)
        );
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(*) FROM account.user_accounts WHERE email ~ '^stranger'"));
    }

    [Fact]
    public async Task The_first_sign_in_links_the_account_that_was_made_for_the_address_and_nobody_else_can()
    {
        var invited = await database.ScalarAsync<long>(
            """
            INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider)
            VALUES ('invited:1', 'Ines', 'ines@example.org', 'local') RETURNING id
            """
        );
        var identity = new SignedIn(AuthProvider.Oidc, "subject-1", "Ines@Example.org", "Someone");
        Assert.Equal(new(invited, null), await Directory.SignInAsync(identity, invitedOnly: true, Token));
        Assert.Equal(new(invited, null), await Directory.SignInAsync(identity, invitedOnly: true, Token));
        Assert.Equal(
            new(null, SignInRefusal.AddressTaken),
            await Directory.SignInAsync(identity with { Subject = "subject-2" }, invitedOnly: true, Token)
        );
        Assert.Equal(
            "oidc:subject-1 Ines oidc",
            await database.ScalarAsync<string>(
                "SELECT concat_ws(' ', external_user_id, name, auth_provider) FROM account.user_accounts WHERE id = $1",
                invited
            )
        );
    }

    [Fact]
    public async Task A_key_authenticates_its_account_until_it_is_revoked_or_expires()
    {
        var id = await TestAccounts.CreateAsync(database, "keys");
        var key = await TestAccounts.AddKeyAsync(database, id, AccessScope.Write);
        var expired = await TestAccounts.AddKeyAsync(database, id, AccessScope.Write, TimeSpan.FromDays(1));
        await database.ExecuteAsync(
            "UPDATE account.api_keys SET created_at = now() - interval '2 days', expires_at = now() WHERE key_hash = $1",
            ApiKey.HashOf(expired)
        );

        var callers = await Directory.AuthenticateAsync([ApiKey.HashOf(expired), ApiKey.HashOf(key), ApiKey.HashOf(key + "x")], Token);
        Assert.Null(callers[0]);
        Assert.Equal(
            (id, AccessScope.Write, false, null),
            (callers[1]!.AccountId, callers[1]!.Scope, callers[1]!.IsAdmin, callers[1]!.SessionId)
        );
        Assert.Null(callers[2]);

        await Directory.RecordUseAsync([ApiKey.HashOf(key)], Token);
        Assert.NotNull((await Directory.AuthenticateAsync([ApiKey.HashOf(key)], Token))[0]!.LastUsedAt);
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM audit.audit_trail WHERE account_id = $1 AND action LIKE '%last_used%'",
                id
            )
        );

        await database.ExecuteAsync("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1", ApiKey.HashOf(key));
        Assert.Null((await Directory.AuthenticateAsync([ApiKey.HashOf(key)], Token))[0]);
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM account.api_keys k WHERE k::text LIKE '%' || $1 || '%'", key)
        );
    }

    [Fact]
    public async Task An_admin_key_loses_its_scope_when_its_account_is_no_longer_an_administrators()
    {
        var id = await TestAccounts.CreateAsync(database, "chief", isAdmin: true);
        var key = await TestAccounts.AddKeyAsync(database, id, AccessScope.Admin);
        Assert.Equal(AccessScope.Admin, (await Directory.AuthenticateAsync([ApiKey.HashOf(key)], Token))[0]!.Scope);
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_admin = false WHERE id = $1", id);
        Assert.Equal(AccessScope.Write, (await Directory.AuthenticateAsync([ApiKey.HashOf(key)], Token))[0]!.Scope);
    }

    [Fact]
    public async Task A_session_has_the_scope_of_its_account_until_it_is_revoked_or_the_account_is_deactivated()
    {
        var id = await TestAccounts.CreateAsync(database, "browser");
        var (session, token) = Session.Begin(id, "Firefox", TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        await using var context = database.Context();
        await new AccountScope(id).RunAsync(
            context,
            async cancelled =>
            {
                context.Add(session);
                return await context.SaveChangesAsync(cancelled);
            },
            Token
        );
        Assert.Equal(AccessScope.Write, (await FindAsync())!.Scope);
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_admin = true WHERE id = $1", id);
        Assert.Equal(AccessScope.Admin, (await FindAsync())!.Scope);
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", id);
        Assert.Null(await FindAsync());
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = true WHERE id = $1", id);
        Assert.Equal(session.Id, (await FindAsync())!.SessionId);
        await database.ExecuteAsync("UPDATE account.sessions SET revoked_at = now() WHERE id = $1", session.Id);
        Assert.Null(await FindAsync());

        async Task<Caller?> FindAsync() => (await Directory.AuthenticateAsync([ApiKey.HashOf(token)], Token))[0];
    }

    [Fact]
    public async Task Joining_the_waitlist_twice_succeeds_and_keeps_the_first_entry()
    {
        await Directory.JoinWaitlistAsync("Wanda", "Wanda@example.org", "a friend", null, Token);
        await Directory.JoinWaitlistAsync("Other", "wanda@example.org", null, null, Token);
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
        var id = await TestAccounts.CreateAsync(database, "round");
        await using var context = database.Context();
        await new AccountScope(id).RunAsync(
            context,
            async token =>
            {
                var account = await context.Set<UserAccount>().SingleAsync(token);
                account.Rename("Rounder");
                account.Describe("1", "2", new(1990, 1, 2), "x");
                var profile = await context.Set<UserProfile>().SingleAsync(token);
                profile.Change(new RiskProfile { MaxRiskPerTradePct = 1.5m, StopLossRequired = true });
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

    private static SignedIn Google(string subject, string email, string name, string? picture = null) =>
        new(AuthProvider.Google, subject, email, name, picture);

    private Task<SignInResult> SignInAsync(string subject, string? email = null) =>
        Directory.SignInAsync(Google(subject, email ?? $"{subject}@example.org", subject), invitedOnly: false, Token);

    private static async Task<long?> CurrentAccountAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT account.current_id()", connection);
        return await command.ExecuteScalarAsync(Token) as long?;
    }
}
