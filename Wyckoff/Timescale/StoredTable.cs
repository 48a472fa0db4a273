using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>The chunks, rows and sizes of a stored table.</summary>
/// <param name="Name">The name with its schema.</param>
/// <param name="Chunk">The width of the chunks; null when the table is not a hypertable.</param>
/// <param name="Chunks">The number of chunks.</param>
/// <param name="CompressedChunks">The number of compressed chunks.</param>
/// <param name="Rows">The number of rows as estimated by the statistics.</param>
/// <param name="Bytes">The total size, including indexes and compressed data.</param>
/// <param name="BytesBefore">The size of the compressed chunks before compression; null when none is compressed.</param>
/// <param name="BytesAfter">The size of the compressed chunks now.</param>
public sealed record StoredTable(
    string Name,
    string? Chunk,
    long Chunks,
    long CompressedChunks,
    long Rows,
    long Bytes,
    long? BytesBefore,
    long? BytesAfter
)
{
    /// <summary>Reads all hypertables or, without TimescaleDB, all tables.</summary>
    public static async Task<IReadOnlyList<StoredTable>> ReadAsync(
        NpgsqlConnection connection,
        TimescaleEdition edition,
        CancellationToken cancellationToken
    )
    {
        // Figures on compression exist only on the Community edition.
        var savings = edition.HasPolicies
            ? """
                CROSS JOIN LATERAL (
                  SELECT sum(before_compression_total_bytes), sum(after_compression_total_bytes)
                    FROM hypertable_compression_stats(t.oid)) AS c (before, after)
                """
            : "CROSS JOIN (VALUES (NULL::numeric, NULL::numeric)) AS c (before, after)";
        var sql = edition.HasHypertables
            ? $"""
                SELECT t.name, d.time_interval::text, h.num_chunks,
                       (SELECT count(*)
                          FROM timescaledb_information.chunks x
                         WHERE (x.hypertable_schema, x.hypertable_name) = (h.hypertable_schema, h.hypertable_name)
                           AND x.is_compressed),
                       approximate_row_count(t.oid), coalesce(hypertable_size(t.oid), 0), c.before::bigint, c.after::bigint
                  FROM timescaledb_information.hypertables h
                  JOIN timescaledb_information.dimensions d
                    ON (d.hypertable_schema, d.hypertable_name, d.dimension_number) = (h.hypertable_schema, h.hypertable_name, 1)
                 CROSS JOIN LATERAL (
                   SELECT h.hypertable_schema || '.' || h.hypertable_name,
                          format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass) AS t (name, oid)
                 {savings}
                 ORDER BY t.name
                """
            : """
                SELECT n.nspname || '.' || c.relname, NULL, 0::bigint, 0::bigint, greatest(c.reltuples, 0)::bigint,
                       pg_total_relation_size(c.oid), NULL::bigint, NULL::bigint
                  FROM pg_class c
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
                 ORDER BY 1
                """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tables = new List<StoredTable>();
        while (await reader.ReadAsync(cancellationToken))
        {
            tables.Add(Of(reader));
        }

        return tables;
    }

    private static StoredTable Of(NpgsqlDataReader reader) =>
        new(
            reader.GetString(0),
            reader.IsDBNull(1) ? null : reader.GetString(1),
            reader.GetInt64(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5),
            reader.GetFieldValue<long?>(6),
            reader.GetFieldValue<long?>(7)
        );
}
