using System.Data;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.Indicators;

/// <summary>
/// Keeps <c>market.indicators</c> up to date with the bars. Once a version of a window is recorded as computed, every row has the values
/// that <see cref="IndicatorSeries"/> gives for all bars of that version, even after late bars, corrections, deletions or a crash.
/// </summary>
/// <remarks>
/// Only one process at a time updates the indicators of a window. The lock belongs to the session, because a long update takes several
/// transactions, and no other process may update the window between them. The session that holds the lock also does the work, so the lock
/// ends when the work is interrupted.
/// </remarks>
public sealed class IndicatorUpdater(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>The number of bars that are read, computed and committed at a time. It bounds the memory of an update.</summary>
    internal const int BarsAtATime = 10_000;

    private const string Columns =
        "sma_20, sma_50, ema_12, ema_26, rsi_14, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, volume_24h";

    /// <summary>
    /// Finds windows whose indicators are behind the version of the bars. The order is random, so that several replicas start with
    /// different windows.
    /// </summary>
    public async Task<IReadOnlyList<(int TickerId, Timeframe Timeframe)>> FindBehindAsync(
        IEnumerable<Timeframe> timeframes,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            SELECT w.ticker_id, w.timeframe
              FROM market.bar_windows w
              LEFT JOIN market.indicator_windows i USING (ticker_id, timeframe)
             WHERE w.timeframe = ANY($1) AND w.version > coalesce(i.version, 0)
             ORDER BY random() LIMIT $2
            """
        );
        command.Parameters.Add(new() { Value = timeframes.Select(timeframe => timeframe.Name).ToArray() });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var behind = new List<(int, Timeframe)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            behind.Add((reader.GetInt32(0), Timeframe.Parse(reader.GetString(1))));
        }

        return behind;
    }

    /// <summary>
    /// Computes the indicators affected by changes since the last update. Returns null if the window is being updated elsewhere.
    /// </summary>
    public Task<IndicatorUpdate?> UpdateAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        LockedAsync(tickerId, timeframe, full: false, wait: false, cancellationToken);

    /// <summary>Computes the indicators of all bars. Waits for an update in progress.</summary>
    public async Task<IndicatorUpdate> RecomputeAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        (await LockedAsync(tickerId, timeframe, full: true, wait: true, cancellationToken))!;

    private static long LockKey(int tickerId, Timeframe timeframe) =>
        (0x5769L << 48) | ((long)(uint)tickerId << 16) | (long)timeframe.Width.TotalMinutes;

    private async Task<IndicatorUpdate?> LockedAsync(
        int tickerId,
        Timeframe timeframe,
        bool full,
        bool wait,
        CancellationToken cancellationToken
    )
    {
        using var activity = MarketDataTraces.UpdateIndicators();
        activity?.SetTag("wyckoff.ticker_id", tickerId);
        activity?.SetTag("wyckoff.timeframe", timeframe.Name);
        var started = Stopwatch.GetTimestamp();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var take = Command(
            connection,
            wait ? "SELECT pg_advisory_lock($1) IS NOT NULL" : "SELECT pg_try_advisory_lock($1)",
            LockKey(tickerId, timeframe)
        );
        // No timeout: an update in another process may take long.
        take.CommandTimeout = 0;
        try
        {
            if (await take.ExecuteScalarAsync(cancellationToken) is false)
            {
                return null;
            }

            var update = await UpdateAsync(connection, tickerId, timeframe, full, cancellationToken);
            IndicatorTelemetry.Updated(timeframe, update.Written + update.Deleted, Stopwatch.GetElapsedTime(started));
            return update;
        }
        finally
        {
            // The session returns to the pool with its locks, so they are released here. The server releases the
            // locks of a broken session itself. All locks are released, because after a cancelled statement it is unknown whether the lock
            // was taken.
            if (connection.State == ConnectionState.Open)
            {
                await using var release = Command(connection, "SELECT pg_advisory_unlock_all()");
                await release.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private async Task<IndicatorUpdate> UpdateAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        bool full,
        CancellationToken cancellationToken
    )
    {
        // The version is read before the bars: bars written in between are then processed twice, not never.
        var (version, computed, since) = await VersionsAsync(connection, tickerId, timeframe, cancellationToken);
        var changes = full ? null : await ChangesAsync(connection, tickerId, timeframe, computed, version, cancellationToken);
        var window = new WindowUpdate(connection, tickerId, timeframe, time.GetUtcNow());
        if (changes is null)
        {
            await window.ComputeAsync(
                since ?? DateTimeOffset.MinValue,
                DateTimeOffset.MinValue,
                DateTimeOffset.MaxValue,
                version,
                cancellationToken
            );
        }
        else
        {
            for (var i = 0; i < changes.Count; )
            {
                var from = changes[i].From;
                var until = await window.ReachAsync(changes[i].Until, cancellationToken);
                for (i++; i < changes.Count && changes[i].From <= until; i++)
                {
                    until = await window.ReachAsync(changes[i].Until, cancellationToken);
                }

                await window.ComputeAsync(
                    await window.NeededAsync(from, cancellationToken),
                    from,
                    until,
                    i == changes.Count ? version : null,
                    cancellationToken
                );
            }
        }

        return new(version, changes is null, window.Computed, window.Written, window.Deleted);
    }

    private static async Task<(long Version, long Computed, DateTimeOffset? Since)> VersionsAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(
            connection,
            """
            SELECT coalesce(w.version, 0), coalesce(i.version, 0), w.since
              FROM (VALUES ($1::int, $2::varchar)) AS wanted (ticker_id, timeframe)
              LEFT JOIN market.bar_windows w USING (ticker_id, timeframe)
              LEFT JOIN market.indicator_windows i USING (ticker_id, timeframe)
            """,
            tickerId,
            timeframe.Name
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Row(reader);

        static (long, long, DateTimeOffset?) Row(NpgsqlDataReader reader) =>
            (reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : Instant(reader, 2));
    }

    // Returns null if some of the changes are no longer stored, so all bars must be treated as changed.
    private static async Task<List<(DateTimeOffset From, DateTimeOffset Until)>?> ChangesAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        long computed,
        long version,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(
            connection,
            """
            WITH changes AS (
              SELECT range FROM market.bar_changes WHERE ticker_id = $1 AND timeframe = $2 AND version > $3 AND version <= $4)
            SELECT (SELECT count(*) FROM changes), coalesce(lower(r), '-infinity'), coalesce(upper(r), 'infinity')
              FROM unnest((SELECT range_agg(range) FROM changes)) r
             ORDER BY 2
            """,
            tickerId,
            timeframe.Name,
            computed,
            version
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var changes = new List<(DateTimeOffset, DateTimeOffset)>();
        long kept = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            kept = reader.GetInt64(0);
            changes.Add((Instant(reader, 1), Instant(reader, 2)));
        }

        return kept == version - computed ? changes : null;
    }

    private static DateTimeOffset Instant(NpgsqlDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(
                parameter is DateTimeOffset
                    ? new NpgsqlParameter { Value = parameter, NpgsqlDbType = NpgsqlDbType.TimestampTz }
                    : new NpgsqlParameter { Value = parameter }
            );
        }

        return command;
    }

    /// <summary>Computes and writes the indicators of one window while its lock is held.</summary>
    private sealed class WindowUpdate(NpgsqlConnection connection, int tickerId, Timeframe timeframe, DateTimeOffset now)
    {
        private readonly List<DateTimeOffset> _times = [];
        private readonly List<decimal?>[] _values = [.. Enumerable.Range(0, 12).Select(_ => new List<decimal?>())];

        public long Computed { get; private set; }

        public long Written { get; private set; }

        public long Deleted { get; private set; }

        /// <summary>The time from which bars are needed to compute the indicators of a bar at <paramref name="from"/>.</summary>
        public async Task<DateTimeOffset> NeededAsync(DateTimeOffset from, CancellationToken cancellationToken)
        {
            if (from == DateTimeOffset.MinValue)
            {
                return from;
            }

            await using var command = Command(
                connection,
                "SELECT market.nth_bar_before($1, $2, $3, $4)",
                tickerId,
                timeframe.Name,
                from,
                IndicatorSeries.Window - 1
            );
            var first = await InstantAsync(command, cancellationToken);
            var day = from - (IndicatorSeries.Day - timeframe.Width);
            return first < day ? first : day;
        }

        /// <summary>The end of the bars whose indicators are affected when bars before <paramref name="until"/> change.</summary>
        public async Task<DateTimeOffset> ReachAsync(DateTimeOffset until, CancellationToken cancellationToken)
        {
            if (until == DateTimeOffset.MaxValue)
            {
                return until;
            }

            // The last bar that is computed from bars before it, or all bars of the 24 hours after it.
            await using var command = Command(
                connection,
                "SELECT market.nth_bar_from($1, $2, $3, $4)",
                tickerId,
                timeframe.Name,
                until,
                IndicatorSeries.Window - 1
            );
            var last = await InstantAsync(command, cancellationToken);
            var day = until + IndicatorSeries.Day;
            return last == DateTimeOffset.MaxValue ? last
                : last < day ? day
                : last + TimeSpan.FromMicroseconds(1);
        }

        /// <summary>
        /// Computes the indicators of the bars in [<paramref name="from"/>, <paramref name="until"/>), starting the series at
        /// <paramref name="needed"/>, and updates the table.
        /// </summary>
        public async Task ComputeAsync(
            DateTimeOffset needed,
            DateTimeOffset from,
            DateTimeOffset until,
            long? version,
            CancellationToken cancellationToken
        )
        {
            var series = new IndicatorSeries(timeframe);
            var written = from;
            foreach (var span in BarSpans.Cut(timeframe, needed, until, BarsAtATime, now))
            {
                await ReadAsync(series, span, from, cancellationToken);
                if (span.End == until || _times.Count > 0)
                {
                    await WriteAsync(written, span.End, span.End == until ? version : null, cancellationToken);
                    written = span.End;
                }
            }
        }

        private async Task ReadAsync(IndicatorSeries series, TimeRange span, DateTimeOffset from, CancellationToken cancellationToken)
        {
            _times.Clear();
            Array.ForEach(_values, column => column.Clear());
            await using var bars = await BarReader.OpenOnAsync(
                connection,
                tickerId,
                timeframe,
                BarFields.Close | BarFields.Volume,
                span,
                cancellationToken
            );
            await foreach (var bar in bars.ReadAllAsync(cancellationToken))
            {
                var timestamp = IncomingBar.InstantOf(bar.Time);
                var values = series.Next(bar.Time, bar.Close, bar.Volume);
                if (timestamp >= from)
                {
                    _times.Add(timestamp);
                    Add(
                        values.Sma20,
                        values.Sma50,
                        values.Ema12,
                        values.Ema26,
                        values.Rsi14,
                        values.Macd,
                        values.MacdSignal,
                        values.MacdHistogram,
                        values.BbUpper,
                        values.BbMiddle,
                        values.BbLower,
                        values.Volume24h
                    );
                }
            }

            Computed += _times.Count;

            void Add(params ReadOnlySpan<decimal?> row)
            {
                for (var i = 0; i < row.Length; i++)
                {
                    _values[i].Add(row[i]);
                }
            }
        }

        // One transaction. The version is recorded with the last one, so an interrupted update is repeated.
        private async Task WriteAsync(DateTimeOffset from, DateTimeOffset until, long? version, CancellationToken cancellationToken)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var lockTicker = Command(connection, "SELECT true FROM market.tickers WHERE id = $1 FOR KEY SHARE", tickerId))
            {
                if (await lockTicker.ExecuteScalarAsync(cancellationToken) is null)
                {
                    // The ticker and its rows were deleted meanwhile, so no new rows may be written.
                    return;
                }
            }

            await CompressedChunks.LiftLimitAsync(connection, cancellationToken);
            await using var select = Command(
                connection,
                """
                SELECT array_agg(timestamp)
                  FROM market.indicators
                 WHERE ticker_id = $1 AND timeframe = $2 AND timestamp >= $3 AND timestamp < $4
                """,
                tickerId,
                timeframe.Name,
                from,
                until
            );
            var stored = await select.ExecuteScalarAsync(cancellationToken) as DateTime[] ?? [];
            if (stored.Length == 0)
            {
                await CopyAsync(cancellationToken);
            }
            else
            {
                await DeleteAsync(stored, cancellationToken);
                await UpsertAsync(cancellationToken);
            }

            if (version is { } computed)
            {
                await using var record = Command(
                    connection,
                    """
                    INSERT INTO market.indicator_windows (ticker_id, timeframe, version) VALUES ($1, $2, $3)
                    ON CONFLICT (ticker_id, timeframe) DO UPDATE SET version = EXCLUDED.version, computed_at = now()
                    """,
                    tickerId,
                    timeframe.Name,
                    computed
                );
                await record.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        private async Task CopyAsync(CancellationToken cancellationToken)
        {
            if (_times.Count == 0)
            {
                return;
            }

            await using var copy = await connection.BeginBinaryImportAsync(
                $"COPY market.indicators (ticker_id, timeframe, timestamp, {Columns}) FROM STDIN (FORMAT binary)",
                cancellationToken
            );
            for (var row = 0; row < _times.Count; row++)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(tickerId, cancellationToken);
                await copy.WriteAsync(timeframe.Name, cancellationToken);
                await copy.WriteAsync(_times[row], NpgsqlDbType.TimestampTz, cancellationToken);
                foreach (var column in _values)
                {
                    if (column[row] is { } value)
                    {
                        await copy.WriteAsync(value, NpgsqlDbType.Numeric, cancellationToken);
                    }
                    else
                    {
                        await copy.WriteNullAsync(cancellationToken);
                    }
                }
            }

            Written += (long)await copy.CompleteAsync(cancellationToken);
        }

        private async Task DeleteAsync(DateTime[] stored, CancellationToken cancellationToken)
        {
            var bars = _times.Select(timestamp => timestamp.UtcDateTime).ToHashSet();
            var gone = stored.Where(timestamp => !bars.Contains(timestamp)).Order().ToArray();
            if (gone.Length == 0)
            {
                return;
            }

            // By timestamps: a deletion by range would decompress the whole range of a compressed chunk.
            await using var delete = Command(
                connection,
                """
                DELETE FROM market.indicators
                 WHERE ticker_id = $1 AND timeframe = $2 AND timestamp = ANY($3) AND timestamp >= $4 AND timestamp <= $5
                """,
                tickerId,
                timeframe.Name,
                gone,
                new DateTimeOffset(gone[0]),
                new DateTimeOffset(gone[^1])
            );
            Deleted += await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        // Writes only rows that differ, to avoid dead rows and needless decompression.
        private async Task UpsertAsync(CancellationToken cancellationToken)
        {
            if (_times.Count == 0)
            {
                return;
            }

            await using var upsert = Command(
                connection,
                $"""
                INSERT INTO market.indicators (ticker_id, timeframe, timestamp, {Columns})
                SELECT $1, $2, c.*
                  FROM unnest($5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[],
                              $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[])
                         AS c (timestamp, {Columns})
                  LEFT JOIN market.indicators i
                    ON i.ticker_id = $1 AND i.timeframe = $2 AND i.timestamp = c.timestamp AND i.timestamp >= $3 AND i.timestamp <= $4
                 WHERE i.timestamp IS NULL OR {Row("c")} IS DISTINCT FROM {Row("i")}
                 ORDER BY c.timestamp
                ON CONFLICT (ticker_id, timeframe, timestamp) DO UPDATE SET ({Columns}) = {Row("EXCLUDED")}
                """,
                tickerId,
                timeframe.Name,
                _times[0],
                _times[^1],
                _times.Select(timestamp => timestamp.UtcDateTime).ToArray()
            );
            foreach (var column in _values)
            {
                upsert.Parameters.Add(new() { Value = column.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric });
            }

            upsert.CommandTimeout = 300;
            Written += await upsert.ExecuteNonQueryAsync(cancellationToken);

            static string Row(string table) => "(" + string.Join(", ", Columns.Split(", ").Select(column => $"{table}.{column}")) + ")";
        }

        private static async Task<DateTimeOffset> InstantAsync(NpgsqlCommand command, CancellationToken cancellationToken)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return Instant(reader, 0);
        }
    }
}
