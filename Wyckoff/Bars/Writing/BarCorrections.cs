using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>Updates stored bars, and derives the fields of the stored bars after changed ones again.</summary>
internal sealed class BarCorrections(NpgsqlConnection connection, LockedWindows windows, ImportTrail? trail)
{
    private const string Table = "pg_temp.bar_corrections";

    /// <summary>Copies the new values into a temporary table and updates the stored bars from it.</summary>
    public async Task UpdateAsync(
        Timeframe timeframe,
        IReadOnlyList<StoredBarMerge> merges,
        BarWriteOptions options,
        CancellationToken cancellationToken
    )
    {
        if (merges.Count == 0)
        {
            return;
        }

        await TemporaryBars.CreateAsync(connection, Table, cancellationToken);
        await using (var copy = await BarCopy.BeginAsync(connection, Table, options.Source, options.ImportId, cancellationToken))
        {
            foreach (var merge in merges)
            {
                await copy.WriteAsync(merge.Batch.Ticker.Id, merge.Updates.ToArray(), cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new($"ANALYZE {Table}") } };
        var updates = new List<NpgsqlBatchCommand>(merges.Count);
        if (trail is null)
        {
            batch.BatchCommands.Add(ImportTrail.Forget(timeframe, Table));
        }

        foreach (var merge in merges)
        {
            foreach (var command in trail?.KeepReplaced(merge, Table) ?? [])
            {
                batch.BatchCommands.Add(command);
            }

            // The bounds $2 and $3 spare the planner most chunks.
            var update = new NpgsqlBatchCommand(
                $"""
                UPDATE {MarketSchema.QualifiedBarsTable(timeframe)} b
                   SET open = c.open, high = c.high, low = c.low, close = c.close, volume = c.volume,
                       trade_count = c.trade_count, vwap = c.vwap, spread = c.spread, spread_ratio = c.spread_ratio,
                       volume_ratio = c.volume_ratio, low_history = c.low_history, source = c.source, quality_score = c.quality_score,
                       import_id = c.import_id
                  FROM {Table} c
                 WHERE c.ticker_id = $1 AND b.ticker_id = $1 AND b.timestamp = c.timestamp
                   AND b.timestamp >= $2 AND b.timestamp <= $3
                """
            )
            {
                Parameters =
                {
                    new() { Value = merge.Batch.Ticker.Id },
                    new() { Value = SqlTime.Of(merge.Updates[0].Bar.Time) },
                    new() { Value = SqlTime.Of(merge.Updates[^1].Bar.Time) },
                },
            };
            updates.Add(update);
            batch.BatchCommands.Add(update);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        for (var i = 0; i < merges.Count; i++)
        {
            var updated = (long)updates[i].RecordsAffected;
            if (updated != merges[i].Updates.Count)
            {
                throw new InvalidOperationException(
                    $"Only {updated} of {merges[i].Updates.Count} {timeframe} bars of {merges[i].Batch.Ticker.Symbol} could be updated. "
                        + "They changed while their window was locked, so another program writes bars without the lock."
                );
            }
        }
    }

    /// <summary>Derives the stored bars again that have changed bars in their lookback.</summary>
    public async Task RederiveAsync(Timeframe timeframe, IReadOnlyList<StoredBarMerge> merges, CancellationToken cancellationToken)
    {
        var affected = merges
            .Where(merge => merge.AffectedFrom is not null || windows.Until(merge.Batch.Ticker.Id, timeframe) > merge.Batch.Last)
            .ToList();
        if (affected.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var merge in affected)
        {
            batch.BatchCommands.Add(
                new("SELECT lower(r), upper(r) FROM market.rederive($1, $2, tstzrange($3, $4, '[]')) r")
                {
                    Parameters =
                    {
                        new() { Value = merge.Batch.Ticker.Id },
                        new() { Value = timeframe.Name },
                        new() { Value = SqlTime.Of(merge.AffectedFrom ?? merge.Batch.Last) },
                        new() { Value = SqlTime.Of(merge.Batch.Last) },
                    },
                }
            );
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var merge in affected)
        {
            await reader.ReadAsync(cancellationToken);
            if (SqlTime.Read(reader, 0) is { } from)
            {
                merge.Widen(from, SqlTime.Read(reader, 1)!.Value);
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }
}
