using Npgsql;

namespace Wyckoff.Tests.Accounts;

/// <summary>A valid row of every table of account, journal and audit, as SQL; tests change a column of one and see what the database says.</summary>
internal static class ValidRows
{
    public const string Secret = "'CfDJ8' || repeat('x', 100)";

    private static readonly Dictionary<string, Dictionary<string, string>> Rows = new(StringComparer.Ordinal)
    {
        ["account.user_accounts"] = Row(
            "id 100",
            "external_user_id 'ext-100'",
            "name 'Ann'",
            "email 'ann@example.org'",
            "google_id 'g-100'"
        ),
        ["account.user_profiles"] = Row("id 100", "user_account_id 100"),
        ["account.user_rules"] = Row("id 100", "account_id 100", "rule_code 'RS001'", "evaluator 'risk'"),
        ["account.waitlist"] = Row("id 100", "name 'Ann'", "email 'ann@example.org'"),
        ["account.api_keys"] = Row(
            "id 100",
            "account_id 100",
            "name 'script'",
            "prefix 'wk_abcdefgh'",
            "key_hash decode(repeat('ab', 32), 'hex')"
        ),
        ["journal.snaptrade_users"] = Row("id 100", "user_account_id 100", "snaptrade_user_id 'st-100'", $"snaptrade_user_secret {Secret}"),
        ["journal.broker_connections"] = Row(
            "id 100",
            "account_id 100",
            "snaptrade_user_id 100",
            "brokerage_name 'Robinhood'",
            "brokerage_slug 'robinhood'",
            "authorization_id 'auth-100'"
        ),
        ["journal.trade_fills"] = Row(
            "id 100",
            "account_id 100",
            "broker_connection_id 100",
            "symbol 'AAPL'",
            "side 'buy'",
            "quantity 10",
            "price 100",
            "executed_at '2026-01-05T15:00:00Z'",
            "source 'broker_synced'",
            "external_trade_id 'x-100'"
        ),
        ["journal.decision_contexts"] = Row("id 100", "account_id 100", "fill_id 100", "context_type 'entry'"),
        ["journal.campaign_checks"] = Row(
            "id 100",
            "account_id 100",
            "decision_context_id 100",
            "check_type 'RS001'",
            "severity 'warn'",
            "passed false",
            "check_phase 'at_entry'"
        ),
        ["journal.campaign_fills"] = Row("id 100", "account_id 100", "group_id 100", "fill_id 100", "quantity 10"),
        ["journal.journal_entries"] = Row("id 100", "account_id 100", "date '2026-01-05'", "entry_type 'daily'", "content 'canary'"),
        ["audit.audit_trail"] = Row(
            "event_type 'a.created'",
            "entity_type 'a'",
            "entity_id '1'",
            "\"timestamp\" now()",
            "actor 'ann'",
            "action 'INSERT'",
            "correlation_id public.uuid_v7()"
        ),
    };

    /// <summary>In an order in which each finds what it refers to.</summary>
    public static IEnumerable<string> Tables => Rows.Keys;

    /// <summary>An INSERT of the valid row, with the columns changed as "column=sql;column=sql".</summary>
    public static string Insert(string table, string changes = "")
    {
        var row = new Dictionary<string, string>(Rows[table], StringComparer.Ordinal);
        foreach (var change in changes.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = change.IndexOf('=', StringComparison.Ordinal);
            row[change[..at]] = change[(at + 1)..];
        }

        return $"INSERT INTO {table} ({string.Join(", ", row.Keys)}) VALUES ({string.Join(", ", row.Values)})";
    }

    /// <summary>Everything an account can have: all the rows, with 100 replaced by its id.</summary>
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

    /// <summary>The error with which the database refuses; null when it does not.</summary>
    public static async Task<PostgresException?> TryAsync(NpgsqlDataSource source, params string[] statements)
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

    private static Dictionary<string, string> Row(params string[] columns) =>
        columns.Select(column => column.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}
