using Npgsql;

namespace Wyckoff.Tests;

/// <summary>A valid row of a table. Each column has an SQL expression, which tests override to make the rows they need.</summary>
internal sealed record ValidRow(string Table, string Columns)
{
    /// <summary>Returns an INSERT of the row, with overrides such as "a = 1; b = 'x'".</summary>
    public string Insert(string overrides = "")
    {
        var values = Parse(Columns);
        foreach (var (column, value) in Parse(overrides))
        {
            values[column] = value;
        }

        return $"INSERT INTO {Table} ({string.Join(", ", values.Keys)}) VALUES ({string.Join(", ", values.Values)})";
    }

    private static Dictionary<string, string> Parse(string text) =>
        text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>
    /// Runs a statement and rolls it back. Returns the violated constraint, another error's SQLSTATE, or null on success.
    /// </summary>
    public static async Task<string?> BrokenByAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (PostgresException e)
        {
            return e.ConstraintName ?? e.SqlState;
        }
    }
}
