using System.Data;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.Indicators;

/// <summary>
/// Keeps <c>market.indicators</c> what <see cref="IndicatorSeries"/> gives for the bars. Whatever happens (late bars, corrections, deletions, a crash), once a version of
/// the bars is said to be computed, every row is the one that a pass over all bars of that version would give.
/// </summary>
/// <remarks>
/// One at a time is at a ticker and timeframe, in whichever process: under a lock of the session, since a long update takes several transactions, and a lock that ended
/// with each would let another in between who has seen newer bars. The session that works is the one that holds the lock, so neither survives the other.
/// </remarks>
public sealed class IndicatorUpdater(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>How many bars are read, computed and committed at a time: what an update needs of memory.</summary>
    internal const int BarsAtATime = 10_000;

    private const string Columns =
        "sma_20, sma_50, ema_12, ema_26, rsi_14, macd, macd_signal, macd_histogram, bb_upper, bb_middle, bb_lower, volume_24h";

    /// <summary>Tickers and timeframes whose bars have a version that their indicators do not know, in no particular order, so that several who ask begin at different ends.</summary>
    public async Task<IReadOnlyList<(int TickerId, Timeframe Timeframe)>> FindBehindAsync(
        IEnumerable<Timeframe> timeframes,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            SELECT w.ticker_id, w.timeframe FROM market.bar_windows w LEFT JOIN market.indicator_windows i USING (ticker_id, timeframe)
             WHERE w.timeframe = ANY($1) AND w.version > coalesce(i.version, 0) ORDER BY random() LIMIT $2
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

    /// <summary>Computes what the changes since the last update reach, or all where they are no longer known. Null when another is at it.</summary>
    public Task<IndicatorUpdate?> UpdateAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        LockedAsync(tickerId, timeframe, full: false, wait: false, cancellationToken);

    /// <summary>Computes all, after whoever is at it.</summary>
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
        // Another's update may take as long as it likes.
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
            // Not left to the end of the session: that goes back to the pool, with its locks. A session that broke has none any more. All of them, because a
            // cancelled statement does not say whether it had got the lock.
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
        // The version before the bars: what is written between the two is computed now, and once more then.
        var (version, computed, since) = await VersionsAsync(connection, tickerId, timeframe, cancellationToken);
        var changes = full ? null : await ChangesAsync(connection, tickerId, timeframe, computed, version, cancellationToken);
        var work = new Work(connection, tickerId, timeframe, time.GetUtcNow());
        if (changes is null)
        {
            await work.ComputeAsync(
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
                var until = await work.ReachAsync(changes[i].Until, cancellationToken);
                for (i++; i < changes.Count && changes[i].From <= until; i++)
                {
                    until = await work.ReachAsync(changes[i].Until, cancellationToken);
                }

                await work.ComputeAsync(
                    await work.NeededAsync(from, cancellationToken),
                    from,
                    until,
                    i == changes.Count ? version : null,
                    cancellationToken
                );
            }
        }

        return new(version, changes is null, work.Computed, work.Written, work.Deleted);
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
              LEFT JOIN market.bar_windows w USING (ticker_id, timeframe) LEFT JOIN market.indicator_windows i USING (ticker_id, timeframe)
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

    // Null when they are not all kept any more: then everything is as good as changed.
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
            WITH changes AS (SELECT range FROM market.bar_changes WHERE ticker_id = $1 AND timeframe = $2 AND version > $3 AND version <= $4)
            SELECT (SELECT count(*) FROM changes), coalesce(lower(r), '-infinity'), coalesce(upper(r), 'infinity') FROM unnest((SELECT range_agg(range) FROM changes)) r ORDER BY 2
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

    /// <summary>One update, while the lock is held.</summary>
    private sealed class Work(NpgsqlConnection connection, int tickerId, Timeframe timeframe, DateTimeOffset now)
    {
        private readonly string _bars = $"{MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)}";
        private readonly List<DateTimeOffset> _times = [];
        private readonly List<decimal?>[] _values = [.. Enumerable.Range(0, 12).Select(_ => new List<decimal?>())];

        public long Computed { get; private set; }

        public long Written { get; private set; }

        public long Deleted { get; private set; }

        /// <summary>From when on bars are needed for the indicators of the first at <paramref name="from"/>.</summary>
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

        /// <summary>Up to where bars have other indicators when those before <paramref name="until"/> have changed.</summary>
        public async Task<DateTimeOffset> ReachAsync(DateTimeOffset until, CancellationToken cancellationToken)
        {
            if (until == DateTimeOffset.MaxValue)
            {
                return until;
            }

            // The last bar that still looks back beyond it, and all of the day after.
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

        /// <summary>Computes the indicators of the bars of [<paramref name="from"/>, <paramref name="until"/>), of those from <paramref name="needed"/> on, and makes the table say so.</summary>
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
            await using var command = Command(
                connection,
                $"SELECT timestamp, close, volume FROM {_bars} WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp",
                tickerId,
                span.Start,
                span.End
            );
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var timestamp = Instant(reader, 0);
                var values = series.Next(
                    IncomingBar.TimeOf(timestamp),
                    (long)(reader.GetDecimal(1) * IncomingBar.One),
                    Units(reader.GetDecimal(2))
                );
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

        // One transaction. The version goes with the last, so an update that dies is done again.
        private async Task WriteAsync(DateTimeOffset from, DateTimeOffset until, long? version, CancellationToken cancellationToken)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var hold = Command(connection, "SELECT true FROM market.tickers WHERE id = $1 FOR KEY SHARE", tickerId))
            {
                if (await hold.ExecuteScalarAsync(cancellationToken) is null)
                {
                    // Deleted, and its rows with it: none may come after.
                    return;
                }
            }

            await CompressedChunks.LiftLimitAsync(connection, cancellationToken);
            await using var there = Command(
                connection,
                "SELECT array_agg(timestamp) FROM market.indicators WHERE ticker_id = $1 AND timeframe = $2 AND timestamp >= $3 AND timestamp < $4",
                tickerId,
                timeframe.Name,
                from,
                until
            );
            var stored = await there.ExecuteScalarAsync(cancellationToken) as DateTime[] ?? [];
            if (stored.Length == 0)
            {
                await CopyAsync(cancellationToken);
            }
            else
            {
                await DeleteAsync(stored, cancellationToken);
                await UpsertAsync(cancellationToken);
            }

            if (version is { } reached)
            {
                await using var say = Command(
                    connection,
                    """
                    INSERT INTO market.indicator_windows (ticker_id, timeframe, version) VALUES ($1, $2, $3)
                    ON CONFLICT (ticker_id, timeframe) DO UPDATE SET version = EXCLUDED.version, computed_at = now()
                    """,
                    tickerId,
                    timeframe.Name,
                    reached
                );
                await say.ExecuteNonQueryAsync(cancellationToken);
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

            // Named one by one: a deletion by range has a compressed chunk unpack all of it.
            await using var delete = Command(
                connection,
                "DELETE FROM market.indicators WHERE ticker_id = $1 AND timeframe = $2 AND timestamp = ANY($3) AND timestamp >= $4 AND timestamp <= $5",
                tickerId,
                timeframe.Name,
                gone,
                new DateTimeOffset(gone[0]),
                new DateTimeOffset(gone[^1])
            );
            Deleted += await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        // Only what differs: a row that is written for nothing is garbage, and in a compressed chunk unpacked for nothing.
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
                SELECT $1, $2, c.* FROM unnest($5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[],
                       $16::numeric[], $17::numeric[]) AS c (timestamp, {Columns})
                  LEFT JOIN market.indicators i ON i.ticker_id = $1 AND i.timeframe = $2 AND i.timestamp = c.timestamp AND i.timestamp >= $3 AND i.timestamp <= $4
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

        private static Int128 Units(decimal volume)
        {
            var whole = decimal.Truncate(volume);
            return (Int128)whole * IncomingBar.One + (long)((volume - whole) * IncomingBar.One);
        }
    }
}
