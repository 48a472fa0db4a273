using Npgsql;

namespace Wyckoff.Tests.Accounts;

/// <summary>
/// A valid row for every table of the schemas account, journal and audit. Tests change columns and check how the database reacts.
/// </summary>
internal static class ValidRows
{
    private static readonly Dictionary<string, ValidRow> Rows = new ValidRow[]
    {
        new(
            "account.user_accounts",
            "id = 100; external_user_id = 'ext-100'; name = 'Ann'; email = 'ann@example.org'; google_id = 'g-100'"
        ),
        new("account.user_profiles", "id = 100; user_account_id = 100"),
        new("account.user_rules", "id = 100; account_id = 100; rule_code = 'RS001'; evaluator = 'risk'"),
        new("account.waitlist", "id = 100; name = 'Ann'; email = 'ann@example.org'"),
        new(
            "account.api_keys",
            "id = 100; account_id = 100; name = 'script'; prefix = 'wk_abcdefgh'; key_hash = decode(repeat('ab', 32), 'hex')"
        ),
        new(
            "account.sessions",
            "id = 100; account_id = 100; token_hash = decode(repeat('ab', 32), 'hex'); user_agent = 'Ann'; "
                + "expires_at = now() + interval '1 day'"
        ),
        new(
            "journal.snaptrade_users",
            "id = 100; user_account_id = 100; snaptrade_user_id = 'st-100'; snaptrade_user_secret = 'CfDJ8' || repeat('x', 100)"
        ),
        new(
            "journal.broker_connections",
            "id = 100; account_id = 100; snaptrade_user_id = 100; brokerage_name = 'Robinhood'; "
                + "brokerage_slug = 'robinhood'; authorization_id = 'auth-100'"
        ),
        new(
            "journal.trade_fills",
            "id = 100; account_id = 100; broker_connection_id = 100; symbol = 'AAPL'; side = 'buy'; quantity = 10; "
                + "price = 100; executed_at = '2026-01-05T15:00:00Z'; source = 'broker_synced'; external_trade_id = 'x-100'"
        ),
        new("journal.decision_contexts", "id = 100; account_id = 100; fill_id = 100; context_type = 'entry'"),
        new(
            "journal.campaign_checks",
            "id = 100; account_id = 100; decision_context_id = 100; check_type = 'RS001'; severity = 'warn'; passed = false; "
                + "check_phase = 'at_entry'"
        ),
        new("journal.campaign_fills", "id = 100; account_id = 100; group_id = 100; fill_id = 100; quantity = 10"),
        new("journal.journal_entries", "id = 100; account_id = 100; date = '2026-01-05'; entry_type = 'daily'; content = 'canary'"),
        new(
            "audit.audit_trail",
            "event_type = 'a.created'; entity_type = 'a'; entity_id = '1'; timestamp = now(); actor = 'ann'; "
                + "action = 'INSERT'; correlation_id = public.uuid_v7()"
        ),
    }.ToDictionary(row => row.Table, StringComparer.Ordinal);

    /// <summary>The tables in an order in which every row is inserted after the rows that it refers to.</summary>
    public static IEnumerable<string> Tables => Rows.Keys;

    /// <summary>Returns an INSERT of the valid row with changed columns, for example "quantity=0;price=NULL".</summary>
    public static string Insert(string table, string changes = "") => Rows[table].Insert(changes);

    /// <summary>Inserts a row into every table for the given account. The canary marks its texts.</summary>
    public static async Task FillAsync(NpgsqlDataSource owner, long id, string canary)
    {
        await using var batch = owner.CreateBatch();
        foreach (var table in Tables.Where(table => table != "audit.audit_trail"))
        {
            var text = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
            batch.BatchCommands.Add(
                new(
                    Insert(table)
                        .Replace("repeat('x', 100)", $"repeat('x', 90) || '{canary}'", StringComparison.Ordinal)
                        .Replace("100", text, StringComparison.Ordinal)
                        .Replace("canary", canary, StringComparison.Ordinal)
                        .Replace("Ann", canary, StringComparison.Ordinal)
                        .Replace("ann@", canary + "@", StringComparison.Ordinal)
                        .Replace("AAPL", canary.ToUpperInvariant(), StringComparison.Ordinal)
                        .Replace("'ab'", $"'{id % 100:00}'", StringComparison.Ordinal)
                        .Replace("RS001", canary, StringComparison.Ordinal)
                )
            );
        }

        await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs the statements in a transaction, rolls it back and returns the error; null if all statements succeed.</summary>
    public static async Task<PostgresException?> TryAsync(NpgsqlDataSource source, params IEnumerable<string> statements)
    {
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        try
        {
            foreach (var statement in statements)
            {
                await using var command = new NpgsqlCommand(statement, connection, transaction);
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }

            return null;
        }
        catch (PostgresException e)
        {
            return e;
        }
        finally
        {
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }
    }
}
