using System.Text.RegularExpressions;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.MigrationService.Verbs;

/// <summary>The verb <c>keys</c>.</summary>
public sealed class KeysVerbTests(VerbDatabase database) : IClassFixture<VerbDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("read", AccessScope.Read)]
    [InlineData("write", AccessScope.Write)]
    [InlineData("admin", AccessScope.Admin)]
    public async Task A_key_is_printed_alone_and_works_until_it_is_revoked(string scope, AccessScope expected)
    {
        var (key, hint) = await database.RunAsync("keys", "create", "--account", "local", "--name", "notebook", "--scope", scope);
        Assert.True(ApiKey.IsForm(key), key);
        var id = Regex.Match(hint, @"^keys: key (\d+) of local@localhost has the scope \w+ and never expires\.").Groups[1].Value;
        Assert.NotEmpty(id);
        Assert.DoesNotContain(key, hint, StringComparison.Ordinal);
        Assert.Equal($"verb:{Environment.UserName}", await database.LastActorAsync());
        Assert.Equal(expected, (await CallerAsync(key))?.Scope);

        var (list, _) = await database.RunAsync("keys", "list", "--account", "local");
        Assert.Matches($@"(?m)^ *{id} +local@localhost +notebook +{key[..11]} +{scope} +active ", list);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);

        var (revoked, _) = await database.RunAsync("keys", "revoke", id);
        Assert.Matches($@"^key {id} \(.* of local@localhost\) is revoked$", revoked);
        Assert.Null(await CallerAsync(key));
        var (again, _) = await database.RunAsync("keys", "revoke", key[..11]);
        Assert.Contains("is revoked since", again, StringComparison.Ordinal);
        Assert.Matches($@"(?m)^ *{id} .* revoked ", (await database.RunAsync("keys", "list")).Output);
    }

    [Fact]
    public async Task The_account_is_named_by_address_or_id_and_a_key_may_expire()
    {
        var account = await TestAccounts.CreateAsync(database, "ann");
        foreach (var name in new[] { "Ann@Example.org", $"{account}" })
        {
            var (key, hint) = await database.RunAsync(
                "keys",
                "create",
                "--account",
                name,
                "--name",
                "script",
                "--scope",
                "read",
                "--expires",
                "30"
            );
            Assert.Matches(@"of ann@example\.org has the scope read and expires at \d{4}-\d\d-\d\d \d\d:\d\d UTC", hint);
            var caller = await CallerAsync(key);
            Assert.Equal(account, caller?.AccountId);
            Assert.InRange(
                caller!.ExpiresAt!.Value,
                TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(29),
                TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(31)
            );
        }
    }

    [Fact]
    public async Task A_key_is_revoked_by_its_whole_text_too_which_is_not_printed_again()
    {
        var (key, _) = await database.RunAsync("keys", "create", "--account", "local", "--name", "whole", "--scope", "read");
        var changed = key[..^1] + (key[^1] == 'A' ? 'B' : 'A');
        Assert.DoesNotContain(changed, await database.RefuseAsync("keys", "revoke", changed), StringComparison.Ordinal);
        Assert.DoesNotContain(key, (await database.RunAsync("keys", "revoke", key)).Output, StringComparison.Ordinal);
        Assert.Null(await CallerAsync(key));
    }

    [Fact]
    public async Task An_expired_key_and_one_of_a_deactivated_account_are_listed_as_such()
    {
        var account = await TestAccounts.CreateAsync(database, "deactivated");
        await database.ExecuteAsync(
            """
            INSERT INTO account.api_keys (account_id, name, prefix, key_hash, scope, created_at, expires_at)
            VALUES ($1, 'old', 'wk_oldoldol', sha256('old'), 'read', now() - interval '2 days', now() - interval '1 day'),
                   ($1, 'new', 'wk_newnewne', sha256('new'), 'read', now(), NULL)
            """,
            account
        );
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", account);
        var (list, _) = await database.RunAsync("keys", "list", "--account", "deactivated@example.org");
        Assert.Matches("old +wk_oldoldol +read +expired ", list);
        Assert.Matches("new +wk_newnewne +read +account deactivated ", list);
        Assert.Contains(
            "is deactivated",
            await database.RefuseAsync("keys", "create", "--account", $"{account}", "--name", "n", "--scope", "read"),
            StringComparison.Ordinal
        );
        // Revoking an expired key is harmless.
        Assert.EndsWith("is revoked", (await database.RunAsync("keys", "revoke", "wk_oldo")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_beginning_of_several_keys_is_refused()
    {
        for (var i = 0; i < 7; i++)
        {
            await database.ExecuteAsync(
                """
                INSERT INTO account.api_keys (account_id, name, prefix, key_hash)
                SELECT id, $1, 'wk_twins' || $1, sha256($1::bytea) FROM account.user_accounts WHERE external_user_id = 'local'
                """,
                $"{i}".PadLeft(3, '0')
            );
        }

        var line = await database.RefuseAsync("keys", "revoke", "wk_twins");
        Assert.Matches(@"^keys: ID\|PREFIX: 'wk_twins': 7 keys begin with this, of which one is expected: \d+ \(wk_twins000…", line);
        Assert.EndsWith("….", line, StringComparison.Ordinal);
        await database.RunAsync("keys", "revoke", "wk_twins003");
    }

    [Theory]
    [InlineData("keys: Required command was not provided.")]
    [InlineData("keys: Unrecognized command or argument '--key'.", "create", "--key", "x")]
    [InlineData("keys: Option '--scope' is required.", "create", "--account", "local", "--name", "n")]
    [InlineData(
        "keys: --scope: 'root': read, write or admin is expected.",
        "create",
        "--account",
        "local",
        "--name",
        "n",
        "--scope",
        "root"
    )]
    [InlineData(
        "keys: --scope: 'Read': read, write or admin is expected.",
        "create",
        "--account",
        "local",
        "--name",
        "n",
        "--scope",
        "Read"
    )]
    [InlineData("keys: --name: ' ': 1 to 100 characters", "create", "--account", "local", "--name", " ", "--scope", "read")]
    [InlineData("keys: --account: 'nobody': an address, the id", "create", "--account", "nobody", "--name", "n", "--scope", "read")]
    [InlineData("keys: --account: '99': no account has this id", "create", "--account", "99", "--name", "n", "--scope", "read")]
    [InlineData("keys: --account: 'x@example.org': no account has", "list", "--account", "x@example.org")]
    [InlineData("keys: --expires: '0': a whole number of days", "create", "--account=local", "--name=n", "--scope=read", "--expires=0")]
    [InlineData("keys: --expires: '1.5': a whole number of days", "create", "--account=local", "--name=n", "--scope=read", "--expires=1.5")]
    [InlineData(
        "keys: --expires: '99999': a whole number of days",
        "create",
        "--account=local",
        "--name=n",
        "--scope=read",
        "--expires=99999"
    )]
    [InlineData("keys: ID|PREFIX: '99': no key has this id", "revoke", "99")]
    [InlineData("keys: ID|PREFIX: '99999999999999999999': the id of a key", "revoke", "99999999999999999999")]
    [InlineData("keys: ID|PREFIX: 'wk_nothing': no key has this id", "revoke", "wk_nothing")]
    [InlineData("keys: ID|PREFIX: 'notebook': the id of a key", "revoke", "notebook")]
    [InlineData("keys: ID|PREFIX: '\ufffd[31m': the id of a key", "revoke", "\u001b[31m")]
    public async Task Bad_input_is_named(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, await database.RefuseAsync(["keys", .. arguments]), StringComparison.Ordinal);

    [Fact]
    public async Task The_scope_admin_is_only_for_accounts_of_administrators()
    {
        await TestAccounts.CreateAsync(database, "plain");
        Assert.Contains(
            "'accounts admin plain@example.org' makes it one",
            await database.RefuseAsync("keys", "create", "--account", "plain@example.org", "--name", "n", "--scope", "admin"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_options_of_a_migration_and_verbs_exclude_each_other()
    {
        Assert.Equal("migrations: --status is no option of a verb.", await database.RefuseAsync("--status", "keys", "list"));
        Assert.StartsWith("keys: ", await database.RefuseAsync("keys", "list", "--status"), StringComparison.Ordinal);
        Assert.StartsWith("migrations: Unrecognized", await database.RefuseAsync("passwords"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("list")]
    [InlineData("revoke")]
    public async Task Help_needs_no_database(string command)
    {
        var (exitCode, output, error) = await Migrations.RunAsync("", null, "keys", command, "--help");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains($"keys {command}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_with_another_schema_is_refused()
    {
        var connection = await database.Server.CloneAsync();
        try
        {
            await using var admin = Npgsql.NpgsqlDataSource.Create(connection);
            await using var change = admin.CreateCommand("UPDATE public.migration_runs SET objects_hash = 'other'");
            await change.ExecuteNonQueryAsync(Token);
            var (exitCode, output, error) = await Migrations.RunAsync(connection, null, "keys", "list");
            Assert.Equal((1, ""), (exitCode, output));
            Assert.Matches("^keys: Database '.*' does not have the schema of this build", error);
        }
        finally
        {
            await database.Server.DropAsync(connection);
        }

        var (missing, _, none) = await Migrations.RunAsync(database.Server.NewDatabase(), null, "keys", "list");
        Assert.Equal(1, missing);
        Assert.StartsWith("keys: There is no database", none, StringComparison.Ordinal);
    }

    private async Task<Caller?> CallerAsync(string key) =>
        (await TestAccounts.Directory(database).AuthenticateAsync([ApiKey.HashOf(key)], Token))[0];
}
