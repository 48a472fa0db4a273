using Npgsql;

namespace Wyckoff.Bars.Writing;

/// <summary>Temporary tables that <see cref="BarCopy"/> copies bars into.</summary>
internal static class TemporaryBars
{
    /// <summary>Creates an empty table, or empties it if the session has it from an earlier transaction.</summary>
    /// <param name="connection">The session, in a transaction.</param>
    /// <param name="table">The table with its schema, <c>pg_temp</c>.</param>
    /// <param name="cancellationToken">Cancels the command.</param>
    public static async Task CreateAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var create = new NpgsqlCommand(
            $"""
            DO $$ BEGIN
              IF to_regclass('{table}') IS NULL THEN
                CREATE TEMPORARY TABLE {table["pg_temp.".Length..]} ON COMMIT DELETE ROWS AS
                  SELECT {BarCopy.Columns} FROM market.bars_1m WITH NO DATA;
              END IF;
              TRUNCATE {table};
            END $$
            """,
            connection
        );
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
