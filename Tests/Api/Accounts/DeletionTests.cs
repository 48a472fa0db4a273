using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Own;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Accounts;

public sealed class DeletionTests(TestDatabase database) : AccountApiBase(database)
{
    [Fact]
    public async Task An_account_is_deleted_only_when_asked_a_second_time_with_the_confirmation()
    {
        var (id, key) = await AddAccountAsync("twice");
        var other = await TestAccounts.AddKeyAsync(Database, id, AccessScope.Read);
        await Database.ExecuteAsync("INSERT INTO trading.strategies (account_id, name, type) VALUES ($1, 'Spring', 'custom')", id);
        await GetAsync(key, "PUT", "/rules/risk/RS001", "{}");
        var plan = await GetAsync(key, "DELETE", "");
        Assert.False(plan.GetProperty("isDeleted").GetBoolean());
        Assert.Equal(
            ["account.api_keys 2", "account.user_accounts 1", "account.user_profiles 1", "account.user_rules 1"],
            Rows(plan, "deleted")
        );
        Assert.Contains("trading.strategies 1", Rows(plan, "kept"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key, "GET", ""));

        var done = await GetAsync(key, "DELETE", "?confirm=" + plan.GetProperty("confirm").GetString());
        Assert.True(done.GetProperty("isDeleted").GetBoolean());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(key, "GET", ""));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(other, "GET", ""));
        Assert.Equal(
            1L,
            await Database.ScalarAsync<long>("SELECT count(*) FROM trading.strategies WHERE name = 'Spring' AND account_id IS NULL")
        );

        static List<string> Rows(JsonElement plan, string name) =>
            [.. plan.GetProperty(name).EnumerateArray().Select(row => $"{row.GetProperty("table").GetString()} {row.GetProperty("rows")}")];
    }

    [Fact]
    public async Task A_confirmation_of_another_account_or_an_expired_or_invented_one_deletes_nothing()
    {
        var (id, key) = await AddAccountAsync("careful");
        var (_, other) = await AddAccountAsync("other");
        var foreign = (await GetAsync(other, "DELETE", "")).GetProperty("confirm").GetString()!;
        var deletion = Api.Services.GetRequiredService<AccountDeletion>();
        var expired = deletion.Confirmation(id, DateTimeOffset.UnixEpoch);
        var own = (await GetAsync(key, "DELETE", "")).GetProperty("confirm").GetString()!;
        foreach (var confirm in new[] { foreign, expired, "yes", "", own[..^2], own[..^4] + "AAAA" })
        {
            using var response = await SendAsync(key, "DELETE", "?confirm=" + confirm);
            Assert.Equal(["confirm"], await response.ReadInvalidNamesAsync());
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key, "GET", ""));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, "GET", ""));
    }

    [Fact]
    public async Task An_administrator_stays_while_nobody_can_get_in_to_the_other_ones()
    {
        await Database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE is_admin");
        var (_, key) = await AddAccountAsync("only", AccessScope.Admin, isAdmin: true);
        await Database.ExecuteAsync(
            """
            INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider, is_admin)
            VALUES ('invited:2', 'Iris', 'iris@example.org', 'local', true)
            """
        );
        using var refused = await SendAsync(key, "DELETE", "");
        await refused.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-not-deletable");
        await Database.ExecuteAsync("UPDATE account.user_accounts SET external_user_id = 'google:2' WHERE external_user_id = 'invited:2'");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key, "DELETE", ""));
        await Database.ExecuteAsync("UPDATE account.user_accounts SET is_active = true WHERE external_user_id = 'local'");
    }

    [Fact]
    public async Task An_administrators_account_is_not_deleted_with_a_write_key()
    {
        var (_, key) = await AddAccountAsync("chief", isAdmin: true);
        using var refused = await SendAsync(key, "DELETE", "");
        await refused.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-not-deletable");
    }

    [Fact]
    public async Task The_last_active_administrator_and_the_local_account_cannot_be_deleted()
    {
        await Database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE is_admin");
        try
        {
            var (id, key) = await AddAccountAsync("last", AccessScope.Admin, isAdmin: true);
            using var refused = await SendAsync(key, "DELETE", "");
            var problem = await refused.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-not-deletable");
            Assert.Contains("last active administrator", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            using var confirmed = await SendAsync(
                key,
                "DELETE",
                "?confirm=" + Api.Services.GetRequiredService<AccountDeletion>().Confirmation(id).Token
            );
            await confirmed.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-not-deletable");

            // Of two that are deleted at the same time, one stays.
            var (_, second) = await AddAccountAsync("second", AccessScope.Admin, isAdmin: true);
            var confirmations = new List<(string Key, string? Token)>();
            foreach (var admin in new[] { key, second })
            {
                confirmations.Add((admin, (await GetAsync(admin, "DELETE", "")).GetProperty("confirm").GetString()));
            }

            var statuses = await Task.WhenAll(confirmations.Select(one => StatusAsync(one.Key, "DELETE", "?confirm=" + one.Token)));
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], statuses.Order());
        }
        finally
        {
            await Database.ExecuteAsync("UPDATE account.user_accounts SET is_active = true WHERE external_user_id = 'local'");
        }

        var local = await Database.ScalarAsync<long>("SELECT id FROM account.user_accounts WHERE external_user_id = 'local'");
        using var own = await SendAsync(await TestAccounts.AddKeyAsync(Database, local, AccessScope.Admin), "DELETE", "");
        await own.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/account-not-deletable");
    }

    [Fact]
    public async Task Nothing_personal_remains_in_any_table()
    {
        await ValidRows.FillAsync(Database.Owner, 572, "symbol");
        foreach (
            var change in new[]
            {
                "account.user_accounts SET name = 'Xanthippe', email = 'xanthippe@example.org', google_id = 'xanthippe' WHERE id = 572",
                "account.waitlist SET name = 'Xanthippe', email = 'xanthippe@example.org', notes = 'xanthippe' WHERE id = 572",
                "account.waitlist SET referral_source = 'xanthippe''s friend' WHERE id = 572",
                "journal.decision_contexts SET notes = 'xanthippe', hypothesis = 'xanthippe' WHERE id = 572",
                "journal.journal_entries SET content = 'xanthippe' WHERE id = 572",
            }
        )
        {
            await Database.ExecuteAsync("UPDATE " + change);
        }

        var key = await TestAccounts.AddKeyAsync(Database, 572, AccessScope.Write);
        await Database.ExecuteAsync(
            """
            INSERT INTO trading.strategies (account_id, name, type, created_by)
            VALUES ($1, 'Upthrust', 'custom', 'xanthippe')
            """,
            572L
        );
        await GetAsync(key, "PATCH", "", """{"name":"Xanthippe Q","phone":"0699-xanthippe","address":"xanthippe road"}""");
        await GetAsync(key, "PUT", "/profile", """{"evaluationControls":{"disabledEvaluators":["xanthippe"]}}""");
        await GetAsync(key, "PUT", "/rules/risk/RS009", """{"parameters":{"note":"xanthippe"},"description":"xanthippe"}""");
        await GetAsync(key, "DELETE", "/rules/risk/RS009");
        var made = await GetAsync(key, "POST", "/keys", """{"name":"xanthippe's"}""");
        await GetAsync(key, "PATCH", $"/keys/{made.GetProperty("id")}", """{"name":"xanthippe's old"}""");
        Assert.NotEmpty(await TablesWithAsync("xanthippe"));
        var confirm = (await GetAsync(key, "DELETE", "")).GetProperty("confirm").GetString();
        await GetAsync(key, "DELETE", "?confirm=" + confirm);
        Assert.Equal([], await TablesWithAsync("xanthippe"));
    }

    [Fact]
    public async Task The_app_role_cannot_delete_accounts_another_way() =>
        Assert.Equal("42501", (await ValidRows.TryAsync(Database.App, "DELETE FROM account.user_accounts"))?.SqlState);

    /// <summary>The tables of all schemas that have a text in a row, ignoring case; with the row.</summary>
    private async Task<List<string>> TablesWithAsync(string text)
    {
        var tables = new List<string>();
        await using (
            var command = Database.Admin.CreateCommand(
                """
                SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^(_|pg_|timescaledb|information_schema)'
                """
            )
        )
        {
            await using var reader = await command.ExecuteReaderAsync(Token);
            while (await reader.ReadAsync(Token))
            {
                tables.Add(reader.GetString(0));
            }
        }

        var found = new List<string>();
        foreach (var table in tables)
        {
            await using var command = Database.Admin.CreateCommand($"SELECT t::text FROM {table} t WHERE t::text ILIKE '%' || $1 || '%'");
            command.Parameters.Add(new() { Value = text });
            await using var reader = await command.ExecuteReaderAsync(Token);
            while (await reader.ReadAsync(Token))
            {
                found.Add($"{table}: {reader.GetString(0)}");
            }
        }

        return found;
    }
}
