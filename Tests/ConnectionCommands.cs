using Npgsql;

namespace Wyckoff.Tests;

/// <summary>Runs SQL on a connection of a test. For <c>using static</c>.</summary>
internal static class ConnectionCommands
{
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the text in the first column of the first row, or an empty string if there is none.</summary>
    public static async Task<string> TextAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as string ?? "";
    }
}
