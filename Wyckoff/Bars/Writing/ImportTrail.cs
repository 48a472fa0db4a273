using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Keeps what undoing an import needs, in the transaction that writes its bars: which windows it wrote, the values that it replaced, its
/// own values of bars that it skipped, and which stored bars of other imports it has with the same values. Bars after the end of their
/// window leave nothing but the row of the window. <c>market.undo_import_bars</c> reads it all.
/// </summary>
internal sealed class ImportTrail(NpgsqlConnection connection, long importId, string source)
{
    private const string Table = "pg_temp.skipped_bars";
    private const string Values = "open, high, low, close, volume, trade_count, vwap, source";

    /// <summary>Records the batches of one timeframe, before their bars are written.</summary>
    public async Task RecordAsync(
        IReadOnlyList<WindowBatch> batches,
        IReadOnlyList<StoredBarMerge> merges,
        CancellationToken cancellationToken
    )
    {
        var skipped = merges.Where(merge => merge.Alternatives.Count > 0).ToList();
        await CopyAsync(skipped, cancellationToken);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Windows(batches) } };
        foreach (var merge in merges.Where(merge => merge.Alternatives.Count + merge.Updates.Count > 0))
        {
            batch.BatchCommands.Add(WithdrawClaims(merge));
        }

        foreach (var merge in merges.Where(merge => merge.Claims.Count > 0))
        {
            batch.BatchCommands.Add(ForgetClaimed(merge));
            batch.BatchCommands.Add(AddClaims(merge));
        }

        foreach (var merge in skipped)
        {
            batch.BatchCommands.Add(ForgetOwn(merge, merge.Alternatives, Table));
            batch.BatchCommands.Add(KeepSkipped(merge));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The commands that keep the values which an import is about to replace with those in a temporary table.</summary>
    public IEnumerable<NpgsqlBatchCommand> KeepReplaced(StoredBarMerge merge, string updates)
    {
        yield return ForgetOwn(merge, merge.Updates, updates);
        // Aggregated bars are not kept: an undo rolls them up again.
        yield return new(
            $"""
            INSERT INTO market.alternative_bars (ticker_id, timeframe, timestamp, import_id, replaced_by, {Values})
            SELECT ticker_id, $2, timestamp, import_id, $5, {Values}
              FROM {MarketSchema.QualifiedBarsTable(merge.Batch.Timeframe)} b
             WHERE ticker_id = $1 AND timestamp >= $3 AND timestamp <= $4 AND source <> 'aggregated' AND import_id IS DISTINCT FROM $5
               AND EXISTS (SELECT FROM {updates} u WHERE u.ticker_id = $1 AND u.timestamp = b.timestamp)
            ON CONFLICT DO NOTHING
            """
        )
        {
            Parameters = { Ticker(merge), Frame(merge), First(merge.Updates), Last(merge.Updates), Import },
        };
    }

    /// <summary>
    /// The command that forgets the alternatives of bars which a temporary table is about to replace with values that are not of an
    /// import: nothing can bring the alternatives back.
    /// </summary>
    public static NpgsqlBatchCommand Forget(Timeframe timeframe, string updates) =>
        new(
            $"""
            DELETE FROM market.alternative_bars a
             USING {updates} u
             WHERE a.ticker_id = u.ticker_id AND a.timeframe = $1 AND a.timestamp = u.timestamp
            """
        )
        {
            Parameters = { new() { Value = timeframe.Name } },
        };

    private NpgsqlParameter Import => new() { Value = importId };

    private async Task CopyAsync(List<StoredBarMerge> skipped, CancellationToken cancellationToken)
    {
        if (skipped.Count == 0)
        {
            return;
        }

        await TemporaryBars.CreateAsync(connection, Table, cancellationToken);
        await using var copy = await BarCopy.BeginAsync(connection, Table, source, importId, cancellationToken);
        foreach (var merge in skipped)
        {
            await copy.WriteAsync(merge.Batch.Ticker.Id, merge.Alternatives.ToArray(), cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private NpgsqlBatchCommand Windows(IReadOnlyList<WindowBatch> batches) =>
        new(
            """
            INSERT INTO market.import_windows AS w (import_id, ticker_id, timeframe, range)
            SELECT $1, ticker, $2, tstzrange(since, until) FROM unnest($3, $4, $5) b (ticker, since, until)
            ON CONFLICT (import_id, ticker_id, timeframe) DO UPDATE SET range = range_merge(w.range, excluded.range)
             WHERE NOT w.range @> excluded.range
            """
        )
        {
            Parameters =
            {
                Import,
                new() { Value = batches[0].Timeframe.Name },
                new() { Value = batches.Select(batch => batch.Ticker.Id).ToArray() },
                Times(batches.Select(batch => batch.First)),
                Times(batches.Select(batch => batch.Range.Until)),
            },
        };

    // A later row of the file has other values than an earlier one, which the claim is about.
    private NpgsqlBatchCommand WithdrawClaims(StoredBarMerge merge) =>
        new(
            """
            UPDATE market.import_claims c
               SET ranges = c.ranges - (SELECT range_agg(tstzrange(since, until)) FROM unnest($6, $7) k (since, until))
             WHERE c.import_id = $1 AND c.ticker_id = $2 AND c.timeframe = $3 AND c.ranges && tstzrange($4, $5)
            """
        )
        {
            Parameters =
            {
                Import,
                Ticker(merge),
                Frame(merge),
                new() { Value = SqlTime.Of(merge.Batch.First) },
                new() { Value = SqlTime.Of(merge.Batch.Range.Until) },
                Times(merge.Updates.Concat(merge.Alternatives).Select(bar => bar.Bar.Time)),
                Times(merge.Updates.Concat(merge.Alternatives).Select(bar => bar.Bar.Time + merge.Batch.Timeframe.Microseconds)),
            },
        };

    private NpgsqlBatchCommand AddClaims(StoredBarMerge merge) =>
        new(
            """
            INSERT INTO market.import_claims AS c (import_id, ticker_id, timeframe, holder_id, ranges)
            SELECT $1, $2, $3, holder, range_agg(tstzrange(since, until))
              FROM unnest($4, $5, $6) k (holder, since, until)
             WHERE EXISTS (SELECT FROM market.import_batches WHERE id = holder)
             GROUP BY holder
            ON CONFLICT (import_id, ticker_id, timeframe, holder_id) DO UPDATE SET ranges = c.ranges + excluded.ranges
            """
        )
        {
            Parameters =
            {
                Import,
                Ticker(merge),
                Frame(merge),
                new() { Value = merge.Claims.Select(claim => claim.Holder).ToArray() },
                Times(merge.Claims.Select(claim => claim.From)),
                Times(merge.Claims.Select(claim => claim.Until)),
            },
        };

    // A later row of the file has the stored values; an earlier one had others.
    private NpgsqlBatchCommand ForgetClaimed(StoredBarMerge merge) =>
        new(
            """
            DELETE FROM market.alternative_bars a
             WHERE a.ticker_id = $1 AND a.timeframe = $2 AND a.import_id = $3 AND a.timestamp >= $6 AND a.timestamp < $7
               AND (SELECT range_agg(tstzrange(since, until)) FROM unnest($4, $5) k (since, until)) @> a.timestamp
            """
        )
        {
            Parameters =
            {
                Ticker(merge),
                Frame(merge),
                Import,
                Times(merge.Claims.Select(claim => claim.From)),
                Times(merge.Claims.Select(claim => claim.Until)),
                new() { Value = SqlTime.Of(merge.Claims[0].From) },
                new() { Value = SqlTime.Of(merge.Claims[^1].Until) },
            },
        };

    private NpgsqlBatchCommand ForgetOwn(StoredBarMerge merge, List<FinishedBar> bars, string table) =>
        new(
            $"""
            DELETE FROM market.alternative_bars a
             USING {table} u
             WHERE a.ticker_id = $1 AND a.timeframe = $2 AND a.timestamp >= $3 AND a.timestamp <= $4 AND a.import_id = $5
               AND u.ticker_id = $1 AND u.timestamp = a.timestamp
            """
        )
        {
            Parameters = { Ticker(merge), Frame(merge), First(bars), Last(bars), Import },
        };

    private static NpgsqlBatchCommand KeepSkipped(StoredBarMerge merge) =>
        new(
            $"""
            INSERT INTO market.alternative_bars (ticker_id, timeframe, timestamp, import_id, {Values})
            SELECT ticker_id, $2, timestamp, import_id, {Values} FROM {Table} WHERE ticker_id = $1
            """
        )
        {
            Parameters = { Ticker(merge), Frame(merge) },
        };

    private static NpgsqlParameter Ticker(StoredBarMerge merge) => new() { Value = merge.Batch.Ticker.Id };

    private static NpgsqlParameter Frame(StoredBarMerge merge) => new() { Value = merge.Batch.Timeframe.Name };

    private static NpgsqlParameter First(List<FinishedBar> bars) => new() { Value = SqlTime.Of(bars[0].Bar.Time) };

    private static NpgsqlParameter Last(List<FinishedBar> bars) => new() { Value = SqlTime.Of(bars[^1].Bar.Time) };

    private static NpgsqlParameter Times(IEnumerable<long> times) =>
        new() { Value = times.Select(SqlTime.Of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
}
