using Npgsql;

namespace Wyckoff.Tests;

/// <summary>A valid row of a table, as SQL, from which tests make the ones they need: every column is an expression, and an override takes its place.</summary>
internal sealed record ValidRow(string Table, string Columns)
{
    public string Insert(string overrides = "")
    {
        var values = Parse(Columns);
        foreach (var (column, value) in Parse(overrides))
        {
            values[column] = value;
        }

        return $"INSERT INTO {Table} ({string.Join(", ", values.Keys)}) VALUES ({string.Join(", ", values.Values)})";
    }

    // "a = 1; b = 'x'"
    private static Dictionary<string, string> Parse(string text) =>
        text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>The constraint that a statement breaks; null when it breaks none. Nothing stays.</summary>
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
