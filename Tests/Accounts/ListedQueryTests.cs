using Npgsql;

namespace Wyckoff.Tests.Accounts;

/// <summary>Every index the documents list serves the query they list with it: to the owner, and to the app, which has a policy in its way.</summary>
public sealed class ListedQueryTests(ListedQueryTests.Filled database) : IClassFixture<ListedQueryTests.Filled>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Listed()
    {
        var data = new TheoryData<string, string>();
        foreach (var document in new[] { "accounts", "auditing", "journal" })
        {
            var lines = File.ReadAllLines(Path.Combine(Run.Root, "docs", "schema", document + ".md"));
            for (var line = 0; line < lines.Length; line++)
            {
                if (lines[line].StartsWith("Index: ", StringComparison.Ordinal))
                {
                    data.Add(lines[line]["Index: ".Length..], string.Join('\n', lines.Skip(line + 2).TakeWhile(text => text != "```")));
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Listed))]
    public async Task A_listed_query_uses_its_index(string index, string query)
    {
        Assert.Contains(index + " ", await PlanAsync(database.Owner, query), StringComparison.Ordinal);
        if (query.Contains("account_id = 1 ", StringComparison.Ordinal))
        {
            Assert.Contains(index + " ", await PlanAsync(database.App, query), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_index_there_is_is_listed()
    {
        var there = await database.ScalarAsync<string[]>(
            """
            SELECT array_agg(c.relname::text) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE c.relnamespace::regnamespace::text IN ('account', 'journal', 'audit')
               AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) -- what foreign keys refer to
            """);
        Assert.Equal(there.Order(StringComparer.Ordinal), Listed().Select(row => row.Data.Item1).Order(StringComparer.Ordinal));
    }

    private static async Task<string> PlanAsync(NpgsqlDataSource source, string query)
    {
        await using var connection = await source.OpenConnectionAsync(Token);
        await using var enter = new NpgsqlCommand("SELECT set_config('app.account_id', '1', false)", connection);
        await enter.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand("EXPLAIN " + query, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var plan = "";
        while (await reader.ReadAsync(Token))
        {
            plan += reader.GetString(0) + " \n";
        }

        return plan;
    }

    public sealed class Filled : TestDatabase, IAsyncLifetime
    {
        private const string Sql = """
            INSERT INTO account.user_accounts (external_user_id, name, email, google_id) SELECT 'e' || i, 'n', 'u' || i || '@x', 'g' || i FROM generate_series(1, 1000) i;
            INSERT INTO account.user_profiles (user_account_id) SELECT id FROM account.user_accounts;
            INSERT INTO account.user_rules (account_id, rule_code, evaluator) SELECT id, 'R' || r, 'e' || r % 3 FROM account.user_accounts, generate_series(1, 6) r;
            INSERT INTO account.api_keys (account_id, name, prefix, key_hash) SELECT id, 'k', 'wk_abcdefgh', sha256((id || ' ' || k)::bytea) FROM account.user_accounts, generate_series(1, 2) k;
            INSERT INTO account.waitlist (name, email, status, created_at) SELECT 'n', 'w' || i || '@x', CASE WHEN i % 10 = 0 THEN 'waiting' ELSE 'approved' END, now() - i * interval '1 hour' FROM generate_series(1, 2000) i;
            INSERT INTO journal.snaptrade_users (user_account_id, snaptrade_user_id, snaptrade_user_secret) SELECT id, 'st-' || id, 'CfDJ8' || repeat('x', 100) FROM account.user_accounts;
            INSERT INTO journal.broker_connections (account_id, snaptrade_user_id, brokerage_name, brokerage_slug, authorization_id)
              SELECT user_account_id, id, 'b', 'b', 'auth-' || id || '-' || c FROM journal.snaptrade_users, generate_series(1, 2) c;
            -- One busy trader among many: what an index is worth shows where an account has much.
            INSERT INTO journal.trade_fills (account_id, broker_connection_id, symbol, side, quantity, price, executed_at, source, external_trade_id)
              SELECT 1, CASE WHEN i % 20 = 0 THEN 1 END, 'S' || i % 40, 'buy', 1, 1, now() - i * interval '1 hour', 'broker_synced', 'x-' || i FROM generate_series(1, 6000) i;
            INSERT INTO journal.trade_fills (account_id, symbol, side, quantity, price, executed_at, source, external_trade_id)
              SELECT id, 'S' || i, 'buy', 1, 1, now() - i * interval '1 hour', 'broker_synced', 'x-' || i FROM account.user_accounts, generate_series(1, 3) i WHERE id > 1;
            INSERT INTO journal.decision_contexts (account_id, fill_id, context_type, strategy_id)
              SELECT account_id, id, 'entry', CASE WHEN to_regclass('trading.strategies') IS NULL AND id % 10 = 0 THEN public.uuid_v7() END FROM journal.trade_fills;
            INSERT INTO journal.campaign_checks (account_id, decision_context_id, check_type, severity, passed, check_phase, checked_at)
              SELECT account_id, id, 'RS001', 'info', id % 10 > 0, 'at_entry', now() - id * interval '1 minute' FROM journal.decision_contexts;
            INSERT INTO journal.campaign_fills (account_id, group_id, fill_id, quantity)
              SELECT account_id, min(id) OVER (PARTITION BY account_id, id / 5), id, 1 FROM journal.trade_fills;
            INSERT INTO journal.journal_entries (account_id, date, entry_type, content, trade_id)
              SELECT 1, '2026-01-01'::date - i, 'daily', repeat('words ', 50), CASE WHEN i % 5 = 0 THEN 'T-' || i END FROM generate_series(-200, 3000) i;
            INSERT INTO journal.journal_entries (account_id, date, entry_type, content)
              SELECT id, '2026-01-01'::date - i, 'daily', repeat('words ', 50) FROM account.user_accounts, generate_series(1, 3) i WHERE id > 1;
            ANALYZE;
            """;

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            await InitializeAsync();
            await ExecuteAsync(Sql);
        }
    }
}
