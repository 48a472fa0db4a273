using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Auditing;

namespace Wyckoff.Tests.Accounts;

/// <summary>The functions for administrators, called as the role of the services.</summary>
public sealed class AdministrationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AccountAdministration Administration => field ??= new(database.App);

    public static TheoryData<string> Functions =>
        [
            "account.find_accounts(NULL, NULL, NULL, NULL, 10)",
            "account.change_account(1, false, NULL, NULL)",
            "account.invite_account('mallory@example.org', 'Mallory', true)",
            "account.find_waitlist(NULL, NULL, NULL, 10)",
            "account.decide_waitlist(1, 'approved', NULL)",
            "audit.find_entries(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10)",
        ];

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Only_active_administrators_with_the_scope_admin_may_call(string function)
    {
        var name = Guid.NewGuid().ToString("N");
        var administrator = await TestAccounts.CreateAsync(database, name + "-administrator", isAdmin: true);
        var other = await TestAccounts.CreateAsync(database, name + "-other");
        var gone = await TestAccounts.CreateAsync(database, name + "-gone", isAdmin: true);
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", gone);
        AccountScope[] refused =
        [
            new(administrator),
            new(administrator) { Access = AccessScope.Write },
            Admin(other),
            Admin(gone),
            Admin(999_999),
            Admin(null),
        ];
        foreach (var scope in refused)
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => CallAsync(database.App, scope, function));
            Assert.Equal(("42501", "This needs the scope admin of an administrator's account."), (error.SqlState, error.MessageText));
        }

        // Without a scope, as any statement outside of a transaction that entered one.
        Assert.Equal("42501", (await ValidRows.TryAsync(database.App, $"SELECT {function}"))?.SqlState);
        // The role cannot be taken by setting it.
        Assert.Equal("42501", (await ValidRows.TryAsync(database.App, "SET ROLE wyckoff_owner", $"SELECT {function}"))?.SqlState);
        Assert.Equal(
            "42501",
            (await ValidRows.TryAsync(database.App, "SELECT set_config('role', 'wyckoff_owner', false)", $"SELECT {function}"))?.SqlState
        );
        foreach (var role in new[] { database.Worker, database.Reader, database.Console })
        {
            Assert.Equal("42501", (await ValidRows.TryAsync(role, $"SELECT {function}"))?.SqlState);
        }
    }

    [Fact]
    public async Task The_last_administrator_who_can_get_in_stays()
    {
        // Another database, because its administrators are counted.
        var connection = await database.Server.CloneAsync();
        try
        {
            await using var owner = NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(connection) { Options = "-c role=wyckoff_owner" }
            );
            var administration = new AccountAdministration(owner);
            var scope = new AccountScope(null);
            var local = (await administration.ListAsync(scope, null, null, null, 1, Token))[0].Id;
            Assert.Equal(AccountRefusal.LastAdministrator, await RefusalAsync(local, isActive: false));
            Assert.Equal(AccountRefusal.LastAdministrator, await RefusalAsync(local, isAdmin: false));

            // An invited administrator cannot get in yet.
            var (invited, _) = await administration.InviteAsync(scope, "next@example.org", "Next", isAdmin: true, Token);
            Assert.Equal(AccountRefusal.LastAdministrator, await RefusalAsync(local, isActive: false));
            foreach (var (kind, expires) in new[] { ("write", "NULL"), ("admin", "now() - interval '1 hour'") })
            {
                await ExecuteAsync(
                    $"""
                    INSERT INTO account.api_keys (account_id, name, prefix, key_hash, scope, created_at, expires_at)
                    VALUES ({invited.Id}, 'k', 'wk_AAAAAAAA', sha256('{kind}'), '{kind}', now() - interval '1 day', {expires})
                    """
                );
                Assert.Equal(AccountRefusal.LastAdministrator, await RefusalAsync(local, isActive: false));
            }

            await ExecuteAsync("UPDATE account.api_keys SET expires_at = NULL WHERE scope = 'admin'");
            Assert.Null(await RefusalAsync(local, isActive: false));
            // Now the other one is the last.
            Assert.Equal(AccountRefusal.LastAdministrator, await RefusalAsync(invited.Id, isAdmin: false));

            async Task<AccountRefusal?> RefusalAsync(long id, bool? isActive = null, bool? isAdmin = null) =>
                (await administration.ChangeAsync(scope, id, isActive, isAdmin, null, Token)).Refusal;

            async Task ExecuteAsync(string sql)
            {
                await using var command = owner.CreateCommand(sql);
                await command.ExecuteNonQueryAsync(Token);
            }
        }
        finally
        {
            await database.Server.DropAsync(connection);
        }
    }

    [Fact]
    public async Task Of_two_administrators_who_demote_each_other_one_stays()
    {
        var connection = await database.Server.CloneAsync();
        try
        {
            await using var app = NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(connection) { Username = "wyckoff_app", Password = TestServers.AppPassword }
            );
            await using var admin = NpgsqlDataSource.Create(connection);
            await using var setup = admin.CreateCommand(
                """
                UPDATE account.user_accounts SET is_admin = false;
                INSERT INTO account.user_accounts (id, external_user_id, name, email, google_id, is_admin)
                SELECT n, 'google:' || n, 'a', 'a' || n || '@example.org', n::text, true FROM generate_series(901, 902) n
                """
            );
            await setup.ExecuteNonQueryAsync(Token);
            var administration = new AccountAdministration(app);
            var outcomes = await Task.WhenAll(DemoteAsync(901, 902), DemoteAsync(902, 901));
            Assert.Single(outcomes, outcome => outcome is null);
            await using var left = admin.CreateCommand("SELECT count(*) FROM account.user_accounts WHERE is_admin");
            Assert.Equal(1L, await left.ExecuteScalarAsync(Token));

            async Task<string?> DemoteAsync(long acting, long target)
            {
                try
                {
                    var (_, refusal) = await administration.ChangeAsync(Admin(acting), target, null, isAdmin: false, null, Token);
                    return refusal?.ToString();
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                {
                    return e.SqlState;
                }
            }
        }
        finally
        {
            await database.Server.DropAsync(connection);
        }
    }

    [Fact]
    public async Task Concurrent_approvals_make_one_account()
    {
        var administrator = Admin(await TestAccounts.CreateAsync(database, "parallel", isAdmin: true));
        var entry = await database.ScalarAsync<long>(
            "INSERT INTO account.waitlist (name, email) VALUES ('w', 'twice@example.org') RETURNING id"
        );
        var decided = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Administration.DecideAsync(administrator, entry, WaitlistStatus.Approved, null, Token))
        );
        Assert.All(decided, outcome => Assert.Null(outcome.Refusal));
        Assert.Single(decided.Select(outcome => outcome.Entry!.AccountId).Distinct());
        Assert.Equal(
            1,
            (
                await new AuditTrail(database.App).FindAsync(
                    administrator,
                    new(EntityType: "waitlist", EventType: "waitlist.updated", EntityId: $"{entry}"),
                    null,
                    10,
                    Token
                )
            ).Count
        );
    }

    private static AccountScope Admin(long? account) => new(account) { Access = AccessScope.Admin };

    private static Task<object?> CallAsync(NpgsqlDataSource source, AccountScope scope, string function) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = new NpgsqlCommand($"SELECT {function}::text", transaction.Connection, transaction);
                return await command.ExecuteScalarAsync(token);
            },
            Token
        );
}
