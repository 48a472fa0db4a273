using Npgsql;

namespace Wyckoff.Accounts.Own;

/// <summary>A table with rows of accounts, and how the app role reads those of its own account.</summary>
/// <param name="Name">Schema and table.</param>
/// <param name="Source">The table, or the view of it that has only the account's rows.</param>
/// <param name="Owner">The column with the account.</param>
/// <param name="Columns">The columns without secrets.</param>
/// <param name="Hidden">The columns with secrets.</param>
/// <param name="IsNested">Whether a column holds JSON or an array.</param>
/// <param name="Order">The primary key.</param>
public sealed record AccountTable(
    string Name,
    string Source,
    string Owner,
    string[] Columns,
    string[] Hidden,
    bool IsNested,
    string[] Order
)
{
    /// <summary>Selects the rows of the account in <c>app.account_id</c>.</summary>
    public string Sql =>
        $"SELECT {string.Join(", ", Columns)} FROM {Source} WHERE {Owner} = account.current_id() ORDER BY {string.Join(", ", Order)}";

    /// <summary>
    /// Reads from the catalog which tables have rows of accounts, so that a table that is added later is not forgotten: those with a column
    /// account_id or user_account_id, the accounts themselves, and the request for access that an account was made for.
    /// </summary>
    public static async Task<IReadOnlyList<AccountTable>> AllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH owned AS (
              SELECT c.oid, n.nspname AS schema, c.relname AS name,
                     CASE WHEN c.oid = 'account.waitlist'::regclass THEN 'account_id' ELSE (SELECT a.attname FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND NOT a.attisdropped
                         AND (a.attname IN ('account_id', 'user_account_id')
                              OR (a.attname = 'id' AND c.oid = 'account.user_accounts'::regclass))
                       ORDER BY a.attnum LIMIT 1) END AS owner
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(_|pg_|timescaledb|information_schema)'
            ), sources AS (
              -- Tables that the app role may not read have a view with the account's rows.
              SELECT *, CASE WHEN has_table_privilege(oid, 'SELECT') THEN format('%I.%I', schema, name)
                             ELSE to_regclass(format('%I.%I', schema, 'my_' || name))::text END AS source
                FROM owned WHERE owner IS NOT NULL
            )
            SELECT schema || '.' || name, source, quote_ident(owner),
                   array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE NOT secret),
                   coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE secret), '{}'),
                   bool_or(NOT secret AND (t.typcategory = 'A' OR t.typname IN ('json', 'jsonb'))),
                   coalesce((SELECT array_agg(quote_ident(k.attname) ORDER BY array_position(i.indkey::int2[], k.attnum))
                               FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
                              WHERE i.indrelid = s.oid AND i.indisprimary), ARRAY['1'])
              FROM sources s
              JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
              JOIN pg_type t ON t.oid = a.atttypid
             CROSS JOIN LATERAL (
               SELECT a.attname ~ '(hash|secret|token|password|authorization_id)'
                      -- What administrators note about a request is theirs.
                      OR s.oid = 'account.waitlist'::regclass AND a.attname = 'notes' AS secret) AS named
             WHERE source IS NOT NULL
             GROUP BY s.oid, schema, name, source, owner
             ORDER BY schema, name
            """,
            connection
        );
        var tables = new List<AccountTable>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tables.Add(
                new(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    await reader.GetFieldValueAsync<string[]>(3, cancellationToken),
                    await reader.GetFieldValueAsync<string[]>(4, cancellationToken),
                    reader.GetBoolean(5),
                    await reader.GetFieldValueAsync<string[]>(6, cancellationToken)
                )
            );
        }

        return tables;
    }
}
