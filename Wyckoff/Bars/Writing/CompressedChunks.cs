using Npgsql;

namespace Wyckoff.Bars.Writing;

/// <summary>Writing to compressed chunks.</summary>
internal static class CompressedChunks
{
    /// <summary>Lets the current transaction unpack as much as it needs. The limit guards against accidents; here the rows are named.</summary>
    public static async Task LiftLimitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Where there is no such setting, there is nothing to lift.
        await using var lift = new NpgsqlCommand(
            "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'",
            connection
        );
        await lift.ExecuteNonQueryAsync(cancellationToken);
    }
}
