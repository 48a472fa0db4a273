using System.Globalization;
using Npgsql;

namespace Wyckoff.Tests.Accounts;

/// <summary>
/// Two accounts have rows in every table. Whatever the app role reads for one account, the word "canary" in the rows of the other must not
/// appear.
/// </summary>
public sealed class TenancyTests(TenancyTests.TwoAccounts database) : IClassFixture<TenancyTests.TwoAccounts>
{
    private const long Mine = 501;
    private const long Theirs = 502;
    private const long Nobody = 503;
    private const string Canary = "canary";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Owned => [.. ValidRows.Tables.Where(table => table != "account.waitlist")];

    [Theory]
    [MemberData(nameof(Owned))]
    public async Task The_app_role_sees_only_its_account(string table)
    {
        var mine = await ReadAsync(Mine, $"SELECT t::text FROM {table} t");
        Assert.NotEmpty(mine);
        Assert.DoesNotContain(mine, row => row.Contains(Canary, StringComparison.OrdinalIgnoreCase));
        Assert.Empty(await ReadAsync(null, $"SELECT t::text FROM {table} t"));
        Assert.Contains(
            await RowsAsync(database.Owner, $"SELECT t::text FROM {table} t"),
            row => row.Contains(Theirs.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Owned))]
    public async Task The_worker_role_sees_all_accounts(string table) =>
        Assert.NotEmpty(await RowsAsync(database.Worker, $"SELECT t::text FROM {table} t WHERE t::text LIKE '%502%'"));

    [Theory]
    [MemberData(nameof(Owned))]
    public async Task The_reader_role_sees_no_account_data(string table) =>
        Assert.Equal("42501", (await ValidRows.TryAsync(database.Reader, $"SELECT FROM {table}"))?.SqlState);

    [Theory]
    [InlineData("account.user_accounts", "name = 'x'", "id")]
    [InlineData("account.user_profiles", "profile = '{}'", "user_account_id")]
    [InlineData("account.user_rules", "is_enabled = false", "account_id")]
    [InlineData("account.api_keys", "name = 'x'", "account_id")]
    [InlineData("account.sessions", "revoked_at = now()", "account_id")]
    [InlineData("journal.snaptrade_users", "snaptrade_user_id = 'x'", "user_account_id")]
    [InlineData("journal.broker_connections", "is_active = false", "account_id")]
    [InlineData("journal.decision_contexts", "notes = 'x'", "account_id")]
    [InlineData("journal.campaign_checks", "acknowledged = true", "account_id")]
    [InlineData("journal.campaign_fills", "quantity = 1", "account_id")]
    [InlineData("journal.journal_entries", "content = 'x'", "account_id")]
    public async Task The_app_role_cannot_update_or_delete_rows_of_another_account(string table, string change, string owner)
    {
        Assert.Equal(0, await ExecuteAsync(Mine, $"UPDATE {table} SET {change} WHERE {owner} = {Theirs}"));
        if (table is not "account.user_accounts" and not "account.api_keys")
        {
            // An account is deleted by a function, and keys are only revoked.
            Assert.Equal(0, await ExecuteAsync(Mine, $"DELETE FROM {table} WHERE {owner} = {Theirs}"));
        }

        Assert.Equal(0, await ExecuteAsync(null, $"UPDATE {table} SET {change}"));
        if (owner != "id")
        {
            // The app role cannot hand over its own row to another account either.
            Assert.Equal(
                "42501",
                (
                    await ValidRows.TryAsync(database.App, Enter(Mine), $"UPDATE {table} SET {owner} = {Theirs} WHERE {owner} = {Mine}")
                )?.SqlState
            );
        }
    }

    [Theory]
    [InlineData("account.user_rules", "id=9;rule_code='Z'")]
    [InlineData("account.api_keys", "id=9;key_hash=decode(repeat('ef', 32), 'hex')")]
    [InlineData("account.sessions", "id=9;token_hash=decode(repeat('ef', 32), 'hex')")]
    [InlineData("journal.trade_fills", "id=9;external_trade_id='z';broker_connection_id=NULL")]
    [InlineData("journal.journal_entries", "id=9")]
    public async Task The_app_role_cannot_insert_rows_for_another_account(string table, string changes) =>
        Assert.Equal(
            "42501",
            (await ValidRows.TryAsync(database.App, Enter(Mine), ValidRows.Insert(table, $"{changes};account_id={Theirs}")))?.SqlState
        );

    [Theory]
    [InlineData("journal.broker_connections", "id=9;authorization_id='z'", "snaptrade_user_id")]
    [InlineData("journal.trade_fills", "id=9;external_trade_id='z'", "broker_connection_id")]
    [InlineData("journal.decision_contexts", "id=9", "fill_id")]
    [InlineData("journal.campaign_checks", "id=9", "decision_context_id")]
    [InlineData("journal.campaign_fills", "id=9;group_id=501", "fill_id")]
    [InlineData("journal.campaign_fills", "id=9;fill_id=501", "group_id")]
    public async Task A_foreign_key_error_does_not_reveal_rows_of_another_account(string table, string changes, string column)
    {
        var existing = await ValidRows.TryAsync(
            database.App,
            Enter(Mine),
            ValidRows.Insert(table, $"{changes};account_id={Mine};{column}={Theirs}")
        );
        var missing = await ValidRows.TryAsync(
            database.App,
            Enter(Mine),
            ValidRows.Insert(table, $"{changes};account_id={Mine};{column}=987654")
        );
        Assert.Equal("23503", existing?.SqlState);
        Assert.Equal(
            (missing!.MessageText, missing.Detail?.Replace("987654", "502", StringComparison.Ordinal)),
            (existing!.MessageText, existing.Detail)
        );
    }

    [Theory]
    // Every statement fails on the first row it evaluates, and the error contains the value.
    [InlineData("SELECT content::int FROM journal.journal_entries")]
    [InlineData("SELECT FROM journal.journal_entries WHERE content::int = 1")]
    [InlineData("SELECT FROM journal.journal_entries WHERE 1 / (length(content) - length(content)) = 1")]
    [InlineData("SELECT FROM journal.trade_fills WHERE symbol::uuid IS NULL")]
    [InlineData("SELECT FROM account.user_accounts WHERE name::int = 1")]
    [InlineData("SELECT FROM account.user_accounts a JOIN journal.journal_entries e ON e.content::int = a.id")]
    [InlineData("SELECT FROM audit.audit_trail WHERE metadata::text::int = 1")]
    [InlineData("UPDATE journal.journal_entries SET mood = 'x' WHERE content::int = 1")]
    [InlineData("DELETE FROM account.user_rules WHERE rule_code::int = 1")]
    [InlineData("SELECT FROM journal.journal_entries ORDER BY content::int")]
    public async Task A_failing_expression_is_not_evaluated_on_rows_of_another_account(string statement)
    {
        Assert.NotNull(await ValidRows.TryAsync(database.Owner, statement));
        Assert.Null(await ValidRows.TryAsync(database.App, Enter(Nobody), statement));
        Assert.Null(await ValidRows.TryAsync(database.App, statement));
    }

    [Fact]
    public async Task A_leaky_function_is_not_called_with_rows_of_another_account()
    {
        var notices = new List<string>();
        await using var connection = await database.App.OpenConnectionAsync(Token);
        connection.Notice += (_, e) => notices.Add(e.Notice.MessageText);
        await using var command = new NpgsqlCommand(
            $"""
            CREATE FUNCTION pg_temp.leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
            BEGIN
              RAISE NOTICE '%', $1;
              RETURN true;
            END $$;
            {Enter(Mine)};
            SELECT count(*) FROM journal.journal_entries e WHERE pg_temp.leak(e);
            SELECT count(*) FROM journal.trade_fills f WHERE pg_temp.leak(f);
            SELECT count(*) FROM account.user_accounts a WHERE pg_temp.leak(a);
            SELECT count(*) FROM audit.audit_trail a WHERE pg_temp.leak(a);
            """,
            connection
        );
        await command.ExecuteNonQueryAsync(Token);
        Assert.NotEmpty(notices);
        Assert.DoesNotContain(notices, text => text.Contains(Canary, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Plans_and_statistics_reveal_nothing_of_another_account()
    {
        await database.ExecuteAsync("ANALYZE account.user_accounts, journal.journal_entries, journal.trade_fills");
        string[] seen =
        [
            .. await ReadAsync(Mine, "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM journal.journal_entries WHERE content LIKE 'c%'"),
            .. await ReadAsync(Mine, "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM account.user_accounts WHERE email > 'a'"),
            .. await ReadAsync(Mine, "SELECT s::text FROM pg_stats s WHERE schemaname IN ('account', 'journal', 'audit')"),
        ];
        Assert.DoesNotContain(seen, line => line.Contains(Canary, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("SET ROLE wyckoff_worker")]
    [InlineData("SET ROLE wyckoff_owner")]
    [InlineData("SET SESSION AUTHORIZATION postgres")]
    [InlineData("SET session_replication_role = replica")]
    [InlineData("SET LOCAL row_security = off; SELECT FROM journal.journal_entries")]
    [InlineData("ALTER TABLE journal.journal_entries DISABLE ROW LEVEL SECURITY")]
    [InlineData("CREATE POLICY mine ON journal.journal_entries USING (true)")]
    [InlineData("SELECT FROM account.waitlist")]
    [InlineData("INSERT INTO account.waitlist (name, email) VALUES ('a', 'a@b')")]
    [InlineData("INSERT INTO account.user_accounts (external_user_id, name, email, google_id) VALUES ('q', 'q', 'q@q', 'q')")]
    [InlineData("UPDATE account.user_accounts SET email = 'canary@example.org'")]
    [InlineData("UPDATE account.user_accounts SET is_active = true")]
    [InlineData("DELETE FROM account.user_accounts")]
    [InlineData("DELETE FROM account.api_keys")]
    [InlineData("CREATE TABLE journal.mine (id int)")]
    [InlineData("CREATE FUNCTION account.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")]
    [InlineData("CREATE VIEW audit.mine AS SELECT 1")]
    [InlineData("CREATE TABLE public.mine (id int)")]
    [InlineData("TRUNCATE journal.journal_entries")]
    [InlineData("SELECT FROM pg_statistic")]
    [InlineData("COPY journal.journal_entries TO PROGRAM 'cat'")]
    public async Task The_app_role_is_denied(string statement) =>
        Assert.Equal("42501", (await ValidRows.TryAsync(database.App, Enter(Mine), statement))?.SqlState);

    [Fact]
    public async Task COPY_returns_only_rows_of_the_current_account()
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var enter = new NpgsqlCommand(Enter(Mine), connection, transaction);
        await enter.ExecuteNonQueryAsync(Token);
        var text = ReadCopy(connection);
        Assert.Contains("501", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_accounts_may_use_the_same_external_trade_id() =>
        Assert.Null(
            await ValidRows.TryAsync(
                database.App,
                Enter(Mine),
                ValidRows.Insert("journal.trade_fills", $"id=9;account_id={Mine};broker_connection_id=NULL;external_trade_id='x-502'")
            )
        );

    [Fact]
    public async Task Nothing_is_granted_to_PUBLIC()
    {
        var grants = await database.ScalarAsync<string[]>(
            """
            SELECT coalesce(array_agg(granted), '{}') FROM (
              SELECT c.oid::regclass::text AS granted FROM pg_class c, aclexplode(c.relacl) a
               WHERE a.grantee = 0 AND c.relnamespace::regnamespace::text IN ('account', 'journal', 'audit')
              UNION ALL
              SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
               WHERE a.grantee = 0 AND p.pronamespace::regnamespace::text IN ('account', 'journal', 'audit')
              UNION ALL
              SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a
               WHERE a.grantee = 0 AND n.nspname IN ('account', 'journal', 'audit')) g
            """
        );
        Assert.Empty(grants);
    }

    [Fact]
    public async Task Every_security_definer_function_fixes_its_search_path() =>
        Assert.Empty(
            await database.ScalarAsync<string[]>(
                """
                SELECT coalesce(array_agg(oid::regprocedure::text), '{}') FROM pg_proc
                 WHERE prosecdef AND pronamespace::regnamespace::text IN ('account', 'journal', 'audit')
                   AND NOT coalesce(proconfig, '{}') @> ARRAY['search_path=pg_catalog']
                """
            )
        );

    // BeginTextExport returns a TextReader, which has no asynchronous Dispose.
    private static string ReadCopy(NpgsqlConnection connection)
    {
        using var reader = connection.BeginTextExport("COPY journal.journal_entries TO STDOUT");
        return reader.ReadToEnd();
    }

    private static string Enter(long? account) => account is null ? "SELECT 1" : $"SELECT set_config('app.account_id', '{account}', false)";

    private async Task<List<string>> ReadAsync(long? account, string sql) => await RowsAsync(database.App, sql, account);

    private static async Task<List<string>> RowsAsync(NpgsqlDataSource source, string sql, long? account = null)
    {
        await using var connection = await source.OpenConnectionAsync(Token);
        await using var enter = new NpgsqlCommand(Enter(account), connection);
        await enter.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private async Task<int> ExecuteAsync(long? account, string sql)
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var enter = new NpgsqlCommand(Enter(account), connection, transaction);
        await enter.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        var rows = await command.ExecuteNonQueryAsync(Token);
        await transaction.RollbackAsync(Token);
        return rows;
    }

    public sealed class TwoAccounts : TestDatabase, IAsyncLifetime
    {
        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await ValidRows.FillAsync(Owner, Mine, "plain");
            await ValidRows.FillAsync(Owner, Theirs, Canary);
            // Writes the canary into the audit trail as well.
            await ExecuteAsync($"UPDATE account.user_rules SET description = '{Canary}' WHERE account_id = {Theirs}");
        }
    }
}
