using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData.Sync;

/// <summary>What has been asked and answered, in <c>market.sync_coverage</c>. Ranges are added where they are kept, under the lock of their row: two who add at once both have their say.</summary>
public static class SyncCoverageStore
{
    /// <summary>The source of ranges that were filled from files: they count for any provider, unless told otherwise.</summary>
    public const string Import = "import";

    /// <summary>Within the transaction that writes the bars.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, int tickerId, Timeframe timeframe, string source, IReadOnlyCollection<TimeRange> ranges, CancellationToken cancellationToken)
    {
        if (ranges.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            INSERT INTO market.sync_coverage AS known (ticker_id, timeframe, source, covered) VALUES ($1, $2, $3, (SELECT range_agg(r) FROM unnest($4) AS r))
            ON CONFLICT (ticker_id, timeframe, source) DO UPDATE SET covered = known.covered + excluded.covered
            """,
            connection);
        command.Parameters.Add(new() { Value = tickerId });
        command.Parameters.Add(new() { Value = timeframe.Name });
        command.Parameters.Add(new() { Value = source });
        command.Parameters.Add(new() { Value = ranges.Select(Range).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTzRange });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What of <paramref name="requested"/> no source in <paramref name="sources"/> covers, oldest first.</summary>
    public static async Task<IReadOnlyList<TimeRange>> MissingAsync(NpgsqlConnection connection, int tickerId, Timeframe timeframe, string[] sources, TimeRange requested, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT lower(r), upper(r)
              FROM unnest(tstzmultirange($4) - (SELECT coalesce(range_agg(covered), '{}') FROM market.sync_coverage WHERE ticker_id = $1 AND timeframe = $2 AND source = ANY ($3))) AS r
             ORDER BY r
            """,
            connection);
        command.Parameters.Add(new() { Value = tickerId });
        command.Parameters.Add(new() { Value = timeframe.Name });
        command.Parameters.Add(new() { Value = sources });
        command.Parameters.Add(new() { Value = Range(requested), NpgsqlDbType = NpgsqlDbType.TimestampTzRange });
        var missing = new List<TimeRange>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            missing.Add(Range(reader));
        }

        return missing;
    }

    private static TimeRange Range(NpgsqlDataReader reader) => new(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1));

    private static NpgsqlRange<DateTimeOffset> Range(TimeRange range) => new(range.Start, true, range.End, false);
}
