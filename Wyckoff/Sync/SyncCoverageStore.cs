using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>
/// Stores in <c>market.sync_coverage</c> which ranges were requested and answered. Ranges are merged by the database under the lock of
/// their row, so concurrent additions do not overwrite each other.
/// </summary>
public static class SyncCoverageStore
{
    /// <summary>The source of ranges filled from files. They count for every provider unless a request ignores imports.</summary>
    public const string Import = "import";

    // In microseconds: longer than any holiday closes an exchange.
    private const long Holiday = 5 * TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    /// <summary>Adds covered ranges, in the transaction that writes their bars.</summary>
    public static async Task AddAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        string source,
        IReadOnlyCollection<TimeRange> ranges,
        CancellationToken cancellationToken
    )
    {
        if (ranges.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            INSERT INTO market.sync_coverage AS known (ticker_id, timeframe, source, covered)
            VALUES ($1, $2, $3, (SELECT range_agg(r) FROM unnest($4) AS r))
            ON CONFLICT (ticker_id, timeframe, source) DO UPDATE SET covered = known.covered + excluded.covered
            """,
            connection
        );
        command.Parameters.Add(new() { Value = tickerId });
        command.Parameters.Add(new() { Value = timeframe.Name });
        command.Parameters.Add(new() { Value = source });
        command.Parameters.Add(
            new() { Value = ranges.Select(Range).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTzRange }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Adds the ranges filled from files, in the transaction that writes their bars. A file covers the time between two bars unless they
    /// are further apart than any holiday; bars that a provider may have are then missing between them. The import keeps its own ranges,
    /// which an undo takes away again.
    /// </summary>
    public static async Task AddImportedAsync(
        NpgsqlConnection connection,
        TickerDirectory tickers,
        long importId,
        IReadOnlyList<BarSet> sets,
        CancellationToken cancellationToken
    )
    {
        var (ids, frames, ranges) = (new List<int>(), new List<string>(), new List<NpgsqlRange<DateTimeOffset>>());
        foreach (var set in sets)
        {
            var zone =
                set.Timeframe.IsDaily && await tickers.FindAsync(set.TickerId, cancellationToken) is { } ticker
                    ? ticker.Zone
                    : TimeZoneInfo.Utc;
            foreach (var range in Filled(set, zone))
            {
                ids.Add(set.TickerId);
                frames.Add(set.Timeframe.Name);
                ranges.Add(Range(range));
            }
        }

        if (ids.Count == 0)
        {
            return;
        }

        // One statement for all sets. The writer has already locked their windows, so the order of the rows cannot cause a deadlock.
        await using var command = new NpgsqlCommand(
            """
            WITH filled AS (
              SELECT ticker_id, timeframe, range_agg(r) AS ranges
                FROM unnest($2, $3, $4) AS f (ticker_id, timeframe, r) GROUP BY ticker_id, timeframe
            ), of_import AS (
              UPDATE market.import_windows w
                 SET covered = w.covered + f.ranges
                FROM filled f
               WHERE w.import_id = $5 AND w.ticker_id = f.ticker_id AND w.timeframe = f.timeframe
            )
            INSERT INTO market.sync_coverage AS known (ticker_id, timeframe, source, covered)
            SELECT ticker_id, timeframe, $1, ranges FROM filled
            ON CONFLICT (ticker_id, timeframe, source) DO UPDATE SET covered = known.covered + excluded.covered
             WHERE NOT known.covered @> excluded.covered
            """,
            connection
        );
        command.Parameters.Add(new() { Value = Import });
        command.Parameters.Add(new() { Value = ids.ToArray() });
        command.Parameters.Add(new() { Value = frames.ToArray() });
        command.Parameters.Add(new() { Value = ranges.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTzRange });
        command.Parameters.Add(new() { Value = importId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the parts of <paramref name="requested"/> that none of the sources covers, oldest first.</summary>
    public static async Task<IReadOnlyList<TimeRange>> MissingAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        string[] sources,
        TimeRange requested,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT lower(r), upper(r)
              FROM unnest(tstzmultirange($4) - (SELECT coalesce(range_agg(covered), '{}') FROM market.sync_coverage
                                                 WHERE ticker_id = $1 AND timeframe = $2 AND source = ANY ($3))) AS r
             ORDER BY r
            """,
            connection
        );
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

    private static List<TimeRange> Filled(BarSet set, TimeZoneInfo zone)
    {
        var sessions = new SessionClock(zone);
        var times = new long[set.Bars.Length];
        var sorted = true;
        for (var i = 0; i < times.Length; i++)
        {
            var time = set.Bars.Span[i].Time;
            times[i] = set.Timeframe.IsDaily ? sessions.DailyTimestamp(time) : time;
            sorted &= i == 0 || times[i - 1] <= times[i];
        }

        if (!sorted)
        {
            Array.Sort(times);
        }

        var filled = new List<TimeRange>();
        for (var (first, i) = (0, 0); i < times.Length; i++)
        {
            if (i == times.Length - 1 || times[i + 1] - times[i] > Holiday)
            {
                filled.Add(new(IncomingBar.InstantOf(times[first]), IncomingBar.InstantOf(times[i]) + set.Timeframe.Width));
                first = i + 1;
            }
        }

        return filled;
    }

    private static TimeRange Range(NpgsqlDataReader reader) =>
        new(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1));

    private static NpgsqlRange<DateTimeOffset> Range(TimeRange range) => new(range.Start, true, range.End, false);
}
