using System.Globalization;
using Npgsql;
using Wyckoff.Tests.Trading;

namespace Wyckoff.Tests.Accounts;

/// <summary>
/// Attacks the rows of an account as the role of the services, which acts for another account. Relations, chunks and functions are read
/// from the catalog, so that new ones are attacked too.
/// </summary>
public sealed class TenancyAttackTests(TenancyAttackTests.Accounts database) : IClassFixture<TenancyAttackTests.Accounts>
{
    private const long Mine = 501;
    private const long Theirs = 502;
    private const long Missing = 7_777_777;
    private const string Canary = "canary";
    private const string Schemas = "('account', 'audit', 'trading', 'journal')";

    private const string TheirStrategy = "00000000-0000-7000-8000-000000000502";
    private const string TheirOrder = "00000000-0000-7000-8000-000000005502";
    private const string MissingId = "00000000-0000-7000-8000-000000009999";

    /// <summary>The argument of these is the secret itself, or an identity that a provider has verified.</summary>
    private static readonly string[] TakeSecrets = ["authenticate", "record_use", "sign_in"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_relation_that_the_app_role_may_read_shows_rows_of_another_account()
    {
        var relations = await database.ScalarAsync<string[]>(
            $"""
            SELECT array_agg(format('%I.%I', c.relnamespace::regnamespace, c.relname)) FROM pg_class c
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace::regnamespace::text IN {Schemas}
               AND has_any_column_privilege('wyckoff_app', c.oid, 'SELECT')
            """
        );
        Assert.Superset(
            new HashSet<string>(["trading.my_orders", "trading.my_trades", "account.sessions"]),
            new HashSet<string>(relations)
        );
        foreach (var relation in relations)
        {
            var mine = await ReadAsync(Mine, $"SELECT r::text FROM {relation} r");
            Hidden(relation, mine);
            // For a failing cast the error would name the value.
            var error = await TryAsync(Missing, $"SELECT FROM {relation} r WHERE r::text::uuid IS NULL");
            Hidden(relation, [error?.MessageText ?? ""]);
            Hidden(
                relation,
                await ReadAsync(Mine, $"EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM {relation} r WHERE r::text LIKE '%{Canary[..3]}%'")
            );
            if (relation.StartsWith("trading.my_", StringComparison.Ordinal))
            {
                Assert.NotEmpty(mine);
                Assert.Empty(await ReadAsync(null, $"SELECT r::text FROM {relation} r"));
            }
        }

        Hidden(
            "pg_stats",
            await ReadAsync(Mine, $"SELECT s::text FROM pg_stats s WHERE schemaname IN {Schemas} OR schemaname LIKE '\\_%'")
        );
        Assert.Equal("42501", (await TryAsync(Mine, "SELECT FROM pg_statistic_ext_data"))?.SqlState);
    }

    [Fact]
    public async Task Chunks_of_hypertables_do_not_show_rows_of_any_account()
    {
        Assert.SkipUnless(database.Edition.HasHypertables, "This edition has no chunks.");
        if (database.Edition.HasPolicies)
        {
            await database.ScalarAsync<long>("SELECT count(compress_chunk(c, true)) FROM show_chunks('trading.trades') c");
        }

        var chunks = await database.ScalarAsync<string[]>(
            """
            SELECT array_agg(c.oid::regclass::text) FROM pg_class c
             WHERE c.relkind IN ('r', 'v', 'm') AND c.relnamespace::regnamespace::text LIKE '\_timescaledb\_%'
            """
        );
        var trading = await database.ScalarAsync<string[]>(
            """
            SELECT array_agg(format('%I.%I', chunk_schema, chunk_name)) FROM timescaledb_information.chunks
             WHERE hypertable_schema = 'trading'
            """
        );
        Assert.True(trading.Length >= 4);
        foreach (var chunk in trading)
        {
            Assert.Equal("42501", (await TryAsync(Mine, $"SELECT FROM {chunk}"))?.SqlState);
            Assert.Equal("42501", (await TryAsync(Mine, $"DELETE FROM {chunk}"))?.SqlState);
        }

        foreach (var chunk in chunks)
        {
            if (await TryAsync(Mine, $"SELECT FROM {chunk} LIMIT 1") is null)
            {
                Hidden(chunk, await ReadAsync(Mine, $"SELECT r::text FROM {chunk} r WHERE r::text ~* '{Canary}'"));
            }
        }
    }

    [Fact]
    public async Task No_function_that_the_app_role_may_call_reveals_or_changes_rows_of_another_account()
    {
        var functions = await FunctionsAsync("true");
        Assert.Superset(
            new HashSet<string>(["authenticate", "join_waitlist", "local_account", "place_order", "record_trade", "sign_in"]),
            functions.Select(function => function.Name).ToHashSet(StringComparer.Ordinal)
        );
        foreach (var function in functions)
        {
            foreach (var id in new[] { TheirOrder, TheirStrategy })
            {
                foreach (var scope in new[] { "read", "admin" })
                {
                    var theirs = await CallAsync(function, Mine, scope, function.Call(Theirs, id, Canary, "02"));
                    var missing = await CallAsync(function, Mine, scope, function.Call(Missing, MissingId, "nobody", "7f"));
                    Hidden(function.Name, [theirs.Text]);
                    if (!TakeSecrets.Contains(function.Name))
                    {
                        Assert.False(theirs.HasChanged, $"{function.Name} changes rows of another account.");
                        Assert.True(
                            theirs.Outcome == missing.Outcome,
                            $"{function.Name} tells rows of another account from none: {theirs.Outcome}, {missing.Outcome}"
                        );
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(Mine, "admin", "an account that is no administrator's")]
    [InlineData(Theirs, "write", "an administrator without the scope")]
    [InlineData(Theirs, "", "an administrator without a scope")]
    [InlineData(503L, "admin", "a deactivated administrator")]
    [InlineData(Missing, "admin", "no account")]
    [InlineData(null, "admin", "no account is named")]
    public async Task Functions_for_administrators_refuse_all_others(long? account, string scope, string who)
    {
        // As the superuser, because the services may not call the check itself.
        Assert.Equal("42501", (await TryAsync(database.Admin, account, "SELECT account.require_admin()", scope))?.SqlState);
        foreach (var function in await FunctionsAsync("p.prosrc LIKE '%require_admin%'"))
        {
            var error = await TryAsync(database.App, account, function.Call(Theirs, TheirOrder, Canary, "02"), scope);
            Assert.True(error?.SqlState == "42501", $"{function.Name} for {who}: {error?.MessageText ?? "allowed"}");
        }
    }

    [Fact]
    public async Task The_check_of_administrators_admits_an_active_administrator_with_the_scope()
    {
        Assert.Null(await TryAsync(database.Admin, Theirs, "SELECT account.require_admin()", "admin"));
        Assert.Equal("42501", (await TryAsync(database.App, Theirs, "SELECT account.require_admin()", "admin"))?.SqlState);
    }

    [Theory]
    [InlineData("UPDATE account.api_keys SET scope = 'admin'")]
    [InlineData("UPDATE account.api_keys SET key_hash = decode(repeat('cd', 32), 'hex')")]
    [InlineData("UPDATE account.api_keys SET account_id = 502")]
    [InlineData("UPDATE account.sessions SET account_id = 502")]
    [InlineData("UPDATE account.sessions SET token_hash = decode(repeat('cd', 32), 'hex')")]
    [InlineData("UPDATE account.sessions SET expires_at = now() + interval '9 years'")]
    [InlineData("UPDATE account.user_accounts SET is_admin = true")]
    [InlineData("UPDATE account.user_accounts SET external_user_id = 'local'")]
    [InlineData("UPDATE account.user_accounts SET id = 9")]
    [InlineData("INSERT INTO audit.audit_trail DEFAULT VALUES")]
    [InlineData("UPDATE audit.audit_trail SET actor = 'x'")]
    [InlineData("DELETE FROM audit.audit_trail")]
    [InlineData("UPDATE account.waitlist SET email = 'a@b'")]
    [InlineData("SELECT set_config('role', 'wyckoff_owner', true)")]
    [InlineData("SELECT FROM trading.orders")]
    [InlineData("SELECT FROM trading.order_keys")]
    [InlineData("INSERT INTO trading.trades DEFAULT VALUES")]
    public async Task The_app_role_cannot_widen_a_key_or_become_an_administrator(string statement) =>
        Assert.Equal("42501", (await TryAsync(Mine, statement))?.SqlState);

    [Theory]
    [InlineData("account.sessions", "id=9;token_hash=decode(repeat('ef', 32), 'hex')")]
    [InlineData("account.api_keys", "id=9;key_hash=decode(repeat('ef', 32), 'hex');scope='admin'")]
    [InlineData("account.user_rules", "id=9;rule_code='Z'")]
    public async Task The_app_role_cannot_make_keys_or_sessions_of_another_account(string table, string changes)
    {
        Assert.Equal("42501", (await TryAsync(Mine, ValidRows.Insert(table, $"{changes};account_id={Theirs}")))?.SqlState);
        Assert.Equal("42501", (await TryAsync(null, ValidRows.Insert(table, $"{changes};account_id={Theirs}")))?.SqlState);
    }

    [Fact]
    public async Task A_key_that_claims_the_scope_admin_is_worth_no_more_than_its_account()
    {
        var insert = ValidRows.Insert("account.api_keys", $"id=9;key_hash=decode(repeat('ef', 32), 'hex');scope='admin';account_id={Mine}");
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, Enter(Mine, "write") + "; " + insert);
        await using var ask = new NpgsqlCommand("SELECT scope FROM account.authenticate(decode(repeat('ef', 32), 'hex'))", connection);
        Assert.Equal("write", await ask.ExecuteScalarAsync(Token));
    }

    [Theory]
    // Whether a unique value of another account exists: the row of the attacker must not collide with it.
    [InlineData("account.user_rules", "id=9;account_id=501;rule_code='canary'")]
    [InlineData("journal.trade_fills", "id=9;account_id=501;broker_connection_id=NULL;external_trade_id='x-502'")]
    [InlineData("journal.journal_entries", "id=9;account_id=501")]
    public async Task Unique_values_of_another_account_do_not_collide(string table, string changes) =>
        Assert.Null(await TryAsync(Mine, ValidRows.Insert(table, changes)));

    private static void Hidden(string where, IEnumerable<string> lines) =>
        Assert.DoesNotContain(
            lines.Select(line => $"{where}: {line}"),
            line =>
                line.Contains(Canary, StringComparison.OrdinalIgnoreCase) && !line.Contains($"%{Canary[..3]}%", StringComparison.Ordinal)
        );

    private static string Enter(long? account, string scope) =>
        $"SELECT set_config('app.account_id', '{account}', true), set_config('app.scope', '{scope}', true)";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private Task<PostgresException?> TryAsync(long? account, string statement) => TryAsync(database.App, account, statement, "write");

    private static Task<PostgresException?> TryAsync(NpgsqlDataSource source, long? account, string statement, string scope) =>
        ValidRows.TryAsync(source, Enter(account, scope), statement);

    private async Task<List<string>> ReadAsync(long? account, string sql)
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, Enter(account, "write"));
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    /// <summary>The functions of the schemas that the app role may call.</summary>
    private async Task<List<Function>> FunctionsAsync(string condition)
    {
        await using var command = database.Admin.CreateCommand(
            $"""
            SELECT p.proname::text, p.pronamespace::regnamespace || '.' || p.proname,
                   ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n),
                   coalesce(
                     ARRAY(
                       SELECT name FROM unnest(p.proargnames, p.proargmodes) AS a (name, mode)
                        WHERE mode IS NULL OR mode IN ('i', 'b', 'v')),
                     ARRAY[]::text[])
              FROM pg_proc p
             WHERE p.pronamespace::regnamespace::text IN {Schemas}
               AND p.prorettype <> 'trigger'::regtype
               AND has_function_privilege('wyckoff_app', p.oid, 'EXECUTE')
               AND ({condition})
             ORDER BY 2
            """
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        var functions = new List<Function>();
        while (await reader.ReadAsync(Token))
        {
            functions.Add(
                new(
                    reader.GetString(0),
                    reader.GetString(1),
                    await reader.GetFieldValueAsync<string[]>(2, Token),
                    await reader.GetFieldValueAsync<string[]>(3, Token)
                )
            );
        }

        return functions;
    }

    /// <summary>Calls a function as the app role, and compares the rows of the other account before and after.</summary>
    private async Task<(string Outcome, string Text, bool HasChanged)> CallAsync(Function function, long account, string scope, string sql)
    {
        await using var connection = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var before = await TheirRowsAsync(connection);
        await ExecuteAsync(connection, $"SET LOCAL ROLE wyckoff_app; {Enter(account, scope)}");
        try
        {
            var rows = new List<string>();
            await using (var command = new NpgsqlCommand(sql, connection))
            {
                await using var reader = await command.ExecuteReaderAsync(Token);
                while (await reader.ReadAsync(Token))
                {
                    rows.Add(await reader.IsDBNullAsync(0, Token) ? "NULL" : reader.GetString(0));
                }
            }

            await ExecuteAsync(connection, "RESET ROLE");
            // What a function makes has another id and time in each call.
            return ($"{rows.Count} rows", string.Join("\n", rows), before != await TheirRowsAsync(connection));
        }
        catch (PostgresException e)
        {
            var text = $"{e.SqlState} {e.MessageText} {e.Detail} {e.Hint} {e.Where}";
            return (Neutral($"{e.SqlState} {e.MessageText} {e.Detail} {e.Hint}"), function.Name == "sign_in" ? "" : Neutral(text), false);
        }

        // The values that the caller has sent may be in the message.
        static string Neutral(string text) =>
            new[]
            {
                TheirOrder,
                TheirStrategy,
                MissingId,
                Invariant(Theirs),
                Invariant(Missing),
                $"{Canary}@",
                "nobody@",
                Canary,
                "nobody",
            }.Aggregate(text, (one, value) => one.Replace(value, "#", StringComparison.OrdinalIgnoreCase));

        static string Invariant(long id) => id.ToString(CultureInfo.InvariantCulture);
    }

    private async Task<string> TheirRowsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(database.Snapshot, connection);
        return (string)(await command.ExecuteScalarAsync(Token))!;
    }

    private sealed record Function(string Name, string Path, string[] Types, string[] Names)
    {
        /// <summary>Values of parameters that only some texts are valid for, so that the calls come as far as possible.</summary>
        private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
        {
            ["provider"] = "google",
            ["side"] = "buy",
            ["type"] = "market",
            ["symbol"] = "AAPL",
            ["exchange"] = "NYSE",
            ["service"] = "Api",
            ["level"] = "info",
            ["time_in_force"] = "day",
        };

        public string Call(long id, string uuid, string text, string hash)
        {
            Assert.Equal(Types.Length, Names.Length);
            Assert.DoesNotContain("", Names);
            var arguments = Names.Zip(Types, (name, type) => $"{name} => {Value(name, type, id, uuid, text, hash)}");
            return $"SELECT r::text FROM {Path}({string.Join(", ", arguments)}) r";
        }

        private static string Value(string name, string type, long id, string uuid, string text, string hash) =>
            type switch
            {
                "bigint" or "integer" or "smallint" or "numeric" => name.EndsWith("id", StringComparison.Ordinal)
                    ? $"{id}::{type}"
                    : $"1::{type}",
                "bigint[]" => $"ARRAY[{id}]::{type}",
                "uuid" => $"'{uuid}'",
                "text" or "character varying" => name.Contains("email", StringComparison.Ordinal) ? $"'{text}@example.org'"
                : Texts.TryGetValue(name, out var known) ? $"'{known}'"
                : $"'{text}'",
                "bytea" => $"decode(repeat('{hash}', 32), 'hex')",
                "bytea[]" => $"ARRAY[decode(repeat('{hash}', 32), 'hex')]",
                "timestamp with time zone" => "'2026-01-05T00:00:00Z'",
                "date" => "'2026-01-05'",
                "boolean" => "true",
                "jsonb" or "json" => "'{}'",
                _ => $"NULL::{type}",
            };
    }

    /// <summary>Two accounts with rows in every table; the other one is an administrator's. A third one is deactivated.</summary>
    public sealed class Accounts : TestDatabase, IAsyncLifetime
    {
        /// <summary>A query for a checksum of all rows of the other account.</summary>
        public string Snapshot { get; private set; } = "";

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await ValidRows.FillAsync(Owner, Mine, "plain");
            await ValidRows.FillAsync(Owner, Theirs, Canary);
            await FillTradingAsync(Mine, "plain");
            await FillTradingAsync(Theirs, Canary);
            await ExecuteAsync($"UPDATE account.user_rules SET description = '{Canary}' WHERE account_id = {Theirs}");
            await ExecuteAsync($"UPDATE account.user_accounts SET is_admin = true WHERE id = {Theirs}");
            await ExecuteAsync(
                "INSERT INTO account.user_accounts (id, external_user_id, name, email, google_id, is_admin, is_active) "
                    + "VALUES (503, 'g:503', 'Off', 'off@example.org', '503', true, false)"
            );
            await ExecuteAsync("SELECT trading.refresh_views()");
            await ExecuteAsync("ANALYZE");
            var tables = await ScalarAsync<string[]>(
                $"""
                SELECT array_agg(c.oid::regclass::text ORDER BY 1) FROM pg_class c
                 WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text IN {Schemas}
                """
            );
            // The zeros are of the order's id: 5502 alone is in some timestamps too.
            Snapshot =
                "SELECT concat_ws('|', "
                + string.Join(
                    ", ",
                    tables.Select(table =>
                        $"(SELECT md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {table} r "
                        + $"WHERE r::text ~* '{Canary}|[(,]502[,)]|00005502')"
                    )
                )
                + ")";
        }

        private async Task FillTradingAsync(long account, string text)
        {
            var strategy = $"00000000-0000-7000-8000-000000000{account}";
            var order = $"00000000-0000-7000-8000-00000000{account + 5000}";
            var symbol = text.ToUpperInvariant();
            foreach (
                var insert in new[]
                {
                    TradingRows.Insert("strategies", $"id='{strategy}';account_id={account};name='{text}';status='active'"),
                    TradingRows.Insert("orders", $"id='{order}';account_id={account};symbol='{symbol}';strategy_id='{strategy}'"),
                    TradingRows.Insert("trades", $"account_id={account};symbol='{symbol}';strategy_id='{strategy}';time=now()"),
                    TradingRows.Insert("portfolio_snapshots", $"account_id={account};strategy_id='{strategy}';time=now()"),
                    TradingRows.Insert("system_logs", $"account_id={account};message='{text}';time=now()"),
                }
            )
            {
                await ExecuteAsync(insert);
            }
        }
    }
}
