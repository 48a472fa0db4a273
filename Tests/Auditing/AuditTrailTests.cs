using Microsoft.EntityFrameworkCore;
using Wyckoff.Accounts;
using Wyckoff.Auditing;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Auditing;

public sealed class AuditTrailTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE audit.audit_trail SET actor = 'nobody'")]
    [InlineData("DELETE FROM audit.audit_trail")]
    [InlineData("TRUNCATE audit.audit_trail")]
    [InlineData(
        "INSERT INTO audit.audit_trail (event_type, entity_type, entity_id, timestamp, actor, action, correlation_id) "
            + "VALUES ('a', 'a', 'a', now(), 'a', 'a', gen_random_uuid())"
    )]
    [InlineData("DROP TRIGGER append_only ON audit.audit_trail")]
    [InlineData("DROP TRIGGER append_only_truncate ON audit.audit_trail")]
    [InlineData("DROP TRIGGER audit ON account.user_accounts")]
    [InlineData("ALTER TABLE audit.audit_trail DISABLE TRIGGER ALL")]
    [InlineData("ALTER TABLE audit.audit_trail DISABLE ROW LEVEL SECURITY")]
    [InlineData("ALTER TABLE account.user_accounts DISABLE TRIGGER audit")]
    [InlineData("ALTER TABLE audit.audit_trail ADD COLUMN mine int")]
    [InlineData("ALTER FUNCTION audit.refuse_change() RENAME TO x")]
    [InlineData("CREATE OR REPLACE FUNCTION audit.record_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")]
    [InlineData("CREATE TRIGGER mine BEFORE INSERT ON audit.audit_trail FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()")]
    [InlineData("CREATE RULE mine AS ON INSERT TO audit.audit_trail DO INSTEAD NOTHING")]
    [InlineData("DROP TABLE audit.audit_trail")]
    [InlineData("DROP SCHEMA audit CASCADE")]
    [InlineData("SET session_replication_role = replica")]
    public async Task App_and_worker_roles_cannot_change_the_audit_trail_or_its_triggers(string statement)
    {
        Assert.Equal("42501", (await ValidRows.TryAsync(database.App, statement))?.SqlState);
        Assert.Equal("42501", (await ValidRows.TryAsync(database.Worker, statement))?.SqlState);
    }

    [Fact]
    public async Task The_app_role_cannot_grant_itself_privileges()
    {
        // PostgreSQL accepts the statement and only issues a warning.
        await using var command = database.App.CreateCommand("GRANT ALL ON audit.audit_trail TO wyckoff_app");
        await command.ExecuteNonQueryAsync(Token);
        Assert.False(
            await database.ScalarAsync<bool>(
                "SELECT has_table_privilege('wyckoff_app', 'audit.audit_trail', 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')"
            )
        );
    }

    [Theory]
    [InlineData("UPDATE audit.audit_trail SET actor = 'nobody'")]
    [InlineData("DELETE FROM audit.audit_trail")]
    [InlineData("TRUNCATE audit.audit_trail")]
    [InlineData("INSERT INTO audit.audit_trail SELECT * FROM audit.audit_trail ON CONFLICT (id) DO UPDATE SET actor = 'nobody'")]
    public async Task The_owner_role_cannot_change_an_entry(string statement) =>
        Assert.Equal("23001", (await ValidRows.TryAsync(database.Owner, ValidRows.Insert("audit.audit_trail"), statement))?.SqlState);

    [Fact]
    public async Task An_entry_records_actor_action_and_correlation_id()
    {
        var account = await SignInAsync("who");
        var correlationId = Guid.CreateVersion7();
        await using var context = database.Context();
        var scope = new AccountScope(account, "ann@desk", correlationId);
        await scope.RunAsync(
            context,
            async token =>
            {
                context.Add(new UserRule(account, "RS001", "risk", """{"severity": "warn"}"""));
                await context.SaveChangesAsync(token);
                var rule = await context.Set<UserRule>().SingleAsync(token);
                rule.Enable(false);
                return await context.SaveChangesAsync(token);
            },
            Token
        );

        var entries = await scope.RunAsync(
            context,
            token =>
                context
                    .Set<AuditEntry>()
                    .Where(entry => entry.CorrelationId == correlationId)
                    .OrderBy(entry => entry.Timestamp)
                    .ToListAsync(token),
            Token
        );

        Assert.Equal(["user_rule.created", "user_rule.updated"], entries.Select(entry => entry.EventType));
        Assert.All(entries, entry => Assert.Equal(("ann@desk", account, "user_rule"), (entry.Actor, entry.AccountId, entry.EntityType)));
        Assert.Equal("UPDATE is_enabled", entries[1].Action);
        Assert.Equal("""{"new": {"is_enabled": false}, "old": {"is_enabled": true}}""", entries[1].Metadata);
    }

    [Fact]
    public async Task Without_a_scope_the_database_user_is_the_actor_and_each_transaction_has_one_correlation_id()
    {
        var account = await SignInAsync("alone");
        var (actor, correlationIds) = (
            await database.ScalarAsync<string>("SELECT min(actor) FROM audit.audit_trail WHERE account_id = $1", account),
            await database.ScalarAsync<long>("SELECT count(DISTINCT correlation_id) FROM audit.audit_trail WHERE account_id = $1", account)
        );
        // Sign-in creates the account and its profile in one transaction.
        Assert.Equal(("wyckoff_app", 1L), (actor, correlationIds));
        await database.ExecuteAsync("UPDATE account.user_accounts SET name = 'x' WHERE id = $1", account);
        Assert.Equal(
            2L,
            await database.ScalarAsync<long>("SELECT count(DISTINCT correlation_id) FROM audit.audit_trail WHERE account_id = $1", account)
        );
    }

    [Fact]
    public async Task Rolled_back_and_empty_updates_are_not_recorded()
    {
        var account = await SignInAsync("back");
        var before = await CountAsync(account);
        Assert.Null(
            await ValidRows.TryAsync(database.Owner, $"UPDATE account.user_accounts SET name = 'rolled back' WHERE id = {account}")
        );
        await database.ExecuteAsync("UPDATE account.user_accounts SET name = name WHERE id = $1", account);
        Assert.Equal(before, await CountAsync(account));
    }

    [Fact]
    public async Task Personal_data_and_secrets_are_recorded_only_as_names_of_hidden_columns()
    {
        var account = await SignInAsync("private");
        await database.ExecuteAsync(
            "UPDATE account.user_accounts SET phone = '555-0199', address = 'Elm Street', is_active = false WHERE id = $1",
            account
        );
        var trail = await database.ScalarAsync<string>(
            "SELECT string_agg(metadata::text, ' ') FROM audit.audit_trail WHERE account_id = $1",
            account
        );
        Assert.DoesNotContain("private", trail, StringComparison.Ordinal);
        Assert.DoesNotContain("555-0199", trail, StringComparison.Ordinal);
        Assert.DoesNotContain("Elm Street", trail, StringComparison.Ordinal);
        Assert.Contains("\"hidden\": [\"address\", \"phone\"]", trail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audit_trail_outlives_the_account()
    {
        var account = await SignInAsync("gone");
        await database.ExecuteAsync("DELETE FROM account.user_accounts WHERE id = $1", account);
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM audit.audit_trail WHERE account_id = $1 AND event_type = 'account.deleted'",
                account
            )
        );
    }

    private Task<long> CountAsync(long account) =>
        database.ScalarAsync<long>("SELECT count(*) FROM audit.audit_trail WHERE account_id = $1", account);

    private async Task<long> SignInAsync(string name) => await TestAccounts.CreateAsync(database, name);
}
