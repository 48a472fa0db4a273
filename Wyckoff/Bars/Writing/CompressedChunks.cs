using Npgsql;

namespace Wyckoff.Bars.Writing;

/// <summary>Settings for writing to compressed chunks.</summary>
internal static class CompressedChunks
{
    /// <summary>
    /// Lets the current transaction decompress as many rows as it needs. TimescaleDB's limit guards against accidents, but a correction may
    /// legitimately be large. Does nothing where TimescaleDB has no such setting.
    /// </summary>
    public const string LiftLimitSql = """
        SELECT set_config(name, '0', true)
          FROM (VALUES ('timescaledb.max_tuples_decompressed_per_dml_transaction')) s (name)
         WHERE current_setting(name, true) IS NOT NULL
        """;

    /// <inheritdoc cref="LiftLimitSql"/>
    public static async Task LiftLimitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var lift = new NpgsqlCommand(LiftLimitSql, connection);
        await lift.ExecuteNonQueryAsync(cancellationToken);
    }
}
