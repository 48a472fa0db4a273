using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.RollUp;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>One attempt of a <see cref="BarWriter"/>, within the caller's transaction.</summary>
internal sealed class BarTransaction(NpgsqlConnection connection, BarWriteOptions options, BarTails tails)
{
    // Small enough not to be a large object, of which each transaction would leave one behind.
    private const int Chunk = 512;
    private static readonly Timeframe[] Coarser = [.. Timeframe.Stored.Where(timeframe => !timeframe.IsDaily).Skip(1)];

    private readonly Dictionary<(int Ticker, Timeframe), Window> _windows = [];
    private readonly Dictionary<(int Ticker, Timeframe), BarDerivation> _ends = [];
    private readonly Dictionary<(int Ticker, Timeframe), WrittenRange> _changes = [];
    private readonly FinishedBar[] _chunk = new FinishedBar[Chunk];
    private long _inserted;
    private long _updated;
    private long _skipped;

    /// <summary>Stored bars lie in [Since, Until).</summary>
    private readonly record struct Window(long Version, long Since, long Until);

    public BarWriteResult Result(long duplicates) =>
        new()
        {
            Inserted = _inserted,
            Updated = _updated,
            Skipped = _skipped,
            Duplicates = duplicates,
            Changes = [.. _changes.Values],
        };

    /// <summary>Keeps what this transaction knows of the ends of its bars, now that it is committed.</summary>
    public void Remember()
    {
        foreach (var ((ticker, timeframe), end) in _ends)
        {
            tails.Remember(ticker, timeframe, _windows[(ticker, timeframe)].Version, end);
        }
    }

    /// <summary>Locks tickers and all their windows in the one order, and learns how far their bars reach. Gives the tickers that do not exist.</summary>
    public async Task<List<int>> LockAsync(int[] ids, CancellationToken cancellationToken)
    {
        Array.Sort(ids);
        // All timeframes, as the coarser ones follow and days look at the finer ones.
        var keys = ids.SelectMany(id => Timeframe.Stored.Select(timeframe => BarWindow.LockKey(id, timeframe))).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT id FROM market.tickers WHERE id = ANY($1) ORDER BY id FOR KEY SHARE")
                {
                    Parameters = { new() { Value = ids } },
                },
                new("SELECT count(pg_advisory_xact_lock(key)) FROM unnest($1) key") { Parameters = { new() { Value = keys } } },
                // A correction may reach into compressed chunks, and be larger than the extension thinks wise.
                new(
                    "SELECT set_config(name, '0', true) FROM (VALUES ('timescaledb.max_tuples_decompressed_per_dml_transaction')) s (name) WHERE current_setting(name, true) IS NOT NULL"
                ),
                new("SELECT ticker_id, timeframe, version, since, until FROM market.bar_windows WHERE ticker_id = ANY($1)")
                {
                    Parameters = { new() { Value = ids } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var missing = ids.ToList();
        while (await reader.ReadAsync(cancellationToken))
        {
            missing.Remove(reader.GetInt32(0));
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _windows[(reader.GetInt32(0), Timeframe.Parse(reader.GetString(1)))] = new(
                reader.GetInt64(2),
                // Nobody has kept count: they may reach anywhere.
                TimeAt(reader, 3) ?? long.MinValue,
                TimeAt(reader, 4) ?? long.MaxValue
            );
        }

        return missing;
    }

    /// <summary>Writes bars of one timeframe, and what follows from them.</summary>
    public async Task WriteAsync(Timeframe timeframe, IReadOnlyList<BarWork> works, CancellationToken cancellationToken)
    {
        var appends = works.Where(work => Until(work.Ticker.Id, timeframe) <= work.First).ToList();
        var merges = new List<Merge>();
        await LoadEndsAsync([.. works.Select(work => (work, timeframe, work.First))], cancellationToken);
        foreach (var work in works.Except(appends))
        {
            merges.Add(await MergeAsync(work, cancellationToken));
        }

        var folds = appends.ConvertAll(work => Fold.Plan(work, options.RollUp, Until));
        if (appends.Count > 0 || merges.Exists(merge => merge.Inserts.Count > 0))
        {
            await using var copy = await BarCopy.BeginAsync(connection, Table(timeframe), options.Source, cancellationToken);
            foreach (var fold in folds)
            {
                await AppendAsync(copy, fold, cancellationToken);
            }

            foreach (var merge in merges)
            {
                await copy.WriteAsync(merge.Work.Ticker.Id, merge.Inserts.ToArray(), cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await CorrectAsync(timeframe, [.. merges.Where(merge => merge.Updates.Count > 0)], cancellationToken);
        merges.RemoveAll(merge => !merge.Changed);
        await RederiveAsync(timeframe, merges, cancellationToken);
        await RecordAsync(
            timeframe,
            [
                .. appends.Select(work => (work.Ticker.Id, work.First, work.Last + timeframe.Microseconds)),
                .. merges.Select(merge => (merge.Work.Ticker.Id, merge.From, merge.Until)),
            ],
            cancellationToken
        );
        if (!options.RollUp || timeframe.IsDaily)
        {
            return;
        }

        await RollUpInDatabaseAsync(
            [
                .. merges.Select(merge => (merge.Work.Ticker.Id, timeframe, merge.From, merge.Until)),
                .. folds
                    .Where(fold => fold.Before > fold.Work.First)
                    .Select(fold => (fold.Work.Ticker.Id, timeframe, fold.Work.First, fold.Before)),
            ],
            cancellationToken
        );
        foreach (var coarser in Coarser.Append(Timeframe.Day1))
        {
            await AppendFoldedAsync(coarser, [.. folds.Where(fold => fold.Rows(coarser) is { Count: > 0 })], cancellationToken);
        }

        // Where coarser bars of others are in the way, the database sorts it out.
        await RollUpInDatabaseAsync(
            [
                .. folds
                    .Where(fold => fold.Rest is not null && fold.Seam <= fold.Work.Last)
                    .Select(fold => (fold.Work.Ticker.Id, fold.Rest!.Value, fold.Seam, fold.Work.Last + timeframe.Microseconds)),
            ],
            cancellationToken
        );
        folds.ForEach(fold => fold.Dispose());
    }

    private static string Table(Timeframe timeframe) => $"{MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)}";

    private static DateTime Instant(long time) => IncomingBar.InstantOf(time).UtcDateTime;

    private static long? TimeAt(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : IncomingBar.TimeOf(reader.GetFieldValue<DateTimeOffset>(ordinal));

    private long Until(int tickerId, Timeframe timeframe) =>
        _windows.TryGetValue((tickerId, timeframe), out var window) ? window.Until : long.MinValue;

    private async Task AppendAsync(BarCopy copy, Fold fold, CancellationToken cancellationToken)
    {
        var work = fold.Work;
        var end = options.Derive ? _ends[(work.Ticker.Id, work.Timeframe)] : null;
        for (var from = 0; from < work.Bars.Length; from += Chunk)
        {
            var count = Math.Min(Chunk, work.Bars.Length - from);
            Finish(work.Bars.Span.Slice(from, count), end, fold);
            await copy.WriteAsync(work.Ticker.Id, _chunk.AsMemory(0, count), cancellationToken);
        }

        fold.Close();
        _inserted += work.Bars.Length;
    }

    private void Finish(ReadOnlySpan<IncomingBar> bars, BarDerivation? end, Fold fold)
    {
        for (var i = 0; i < bars.Length; i++)
        {
            ref readonly var bar = ref bars[i];
            var derived = end?.Next(bar) ?? new(0, 0, false, BarDerivation.Unrated);
            _chunk[i] = new(bar, derived);
            fold.Add(bar, derived.Quality);
        }
    }

    private async Task AppendFoldedAsync(Timeframe timeframe, List<Fold> folds, CancellationToken cancellationToken)
    {
        if (folds.Count == 0)
        {
            return;
        }

        await LoadEndsAsync([.. folds.Select(fold => (fold.Work, timeframe, fold.Rows(timeframe)![0].Bar.Time))], cancellationToken);
        await using (var copy = await BarCopy.BeginAsync(connection, Table(timeframe), BarWriter.Aggregated, cancellationToken))
        {
            foreach (var fold in folds)
            {
                var rows = fold.Rows(timeframe)!;
                var end = options.Derive ? _ends[(fold.Work.Ticker.Id, timeframe)] : null;
                for (var from = 0; from < rows.Count; from += Chunk)
                {
                    var count = Math.Min(Chunk, rows.Count - from);
                    for (var i = 0; i < count; i++)
                    {
                        var row = rows[from + i];
                        _chunk[i] = new(row.Bar, (end?.Next(row.Bar) ?? default) with { Quality = row.Quality });
                        fold.Pass(timeframe, row);
                    }

                    await copy.WriteAsync(fold.Work.Ticker.Id, _chunk.AsMemory(0, count), cancellationToken);
                }

                fold.Close(timeframe);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await RecordAsync(
            timeframe,
            [
                .. folds.Select(fold =>
                    (
                        fold.Work.Ticker.Id,
                        fold.Rows(timeframe)![0].Bar.Time,
                        fold.Rows(timeframe)![fold.Rows(timeframe)!.Count - 1].Bar.Time + timeframe.Microseconds
                    )
                ),
            ],
            cancellationToken
        );
    }

    /// <summary>Compares with what is stored, bar by bar in the order of time. What stays as it is takes part in the derivation of what does not.</summary>
    private async Task<Merge> MergeAsync(BarWork work, CancellationToken cancellationToken)
    {
        var merge = new Merge(work);
        var end = options.Derive ? _ends[(work.Ticker.Id, work.Timeframe)] : null;
        // Once the database has changed bars of this window, its end is not ours to remember.
        _ends.Remove((work.Ticker.Id, work.Timeframe));
        await using var scan = await BarScan.BeginAsync(
            connection,
            work.Ticker.Id,
            work.Timeframe,
            work.First,
            work.Last,
            options.Source,
            options.OwnSince,
            cancellationToken
        );
        var next = 0;
        do
        {
            next = Compare(scan, merge, end, next);
        } while (await scan.FillAsync(cancellationToken));
        for (; next < work.Bars.Length; next++)
        {
            merge.Insert(work.Bars.Span[next], end);
        }

        _inserted += merge.Inserts.Count;
        _updated += merge.Updates.Count;
        _skipped += merge.Skipped;
        return merge;
    }

    private int Compare(BarScan scan, Merge merge, BarDerivation? end, int next)
    {
        var bars = merge.Work.Bars.Span;
        while (scan.TryRead(out var stored))
        {
            while (next < bars.Length && bars[next].Time < stored.Bar.Time)
            {
                merge.Insert(bars[next++], end);
            }

            if (next == bars.Length || bars[next].Time > stored.Bar.Time)
            {
                merge.Keep(stored.Bar, end);
                continue;
            }

            ref readonly var bar = ref bars[next++];
            if (!stored.Aggregated && bar == stored.Bar)
            {
                merge.Skip(stored.Bar, end);
            }
            else if (stored.Aggregated || stored.Own || options.Policy == ConflictPolicy.Replace)
            {
                merge.Update(bar, end);
            }
            else if (options.Policy == ConflictPolicy.Fail)
            {
                throw new BarConflictException(
                    $"There is a {merge.Work.Timeframe} bar of {merge.Work.Ticker.Symbol} at {bar.Timestamp:O} already, and it is another."
                );
            }
            else
            {
                merge.Skip(stored.Bar, end);
            }
        }

        return next;
    }

    private async Task CorrectAsync(Timeframe timeframe, IReadOnlyList<Merge> merges, CancellationToken cancellationToken)
    {
        if (merges.Count == 0)
        {
            return;
        }

        await using (
            var create = new NpgsqlCommand(
                $"""
                DO $$ BEGIN
                  IF to_regclass('pg_temp.bar_corrections') IS NULL THEN
                    CREATE TEMPORARY TABLE bar_corrections ON COMMIT DELETE ROWS AS SELECT {BarCopy.Columns} FROM market.bars_1m WITH NO DATA;
                  END IF;
                  TRUNCATE pg_temp.bar_corrections;
                END $$
                """,
                connection
            )
        )
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var copy = await BarCopy.BeginAsync(connection, "pg_temp.bar_corrections", options.Source, cancellationToken))
        {
            foreach (var merge in merges)
            {
                await copy.WriteAsync(merge.Work.Ticker.Id, merge.Updates.ToArray(), cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("ANALYZE pg_temp.bar_corrections") } };
        foreach (var merge in merges)
        {
            // The bounds are there for the planner, which would otherwise look at every chunk.
            batch.BatchCommands.Add(
                new(
                    $"""
                    UPDATE {Table(timeframe)} b
                       SET open = c.open, high = c.high, low = c.low, close = c.close, volume = c.volume, trade_count = c.trade_count, vwap = c.vwap, spread = c.spread, spread_ratio = c.spread_ratio,
                           volume_ratio = c.volume_ratio, low_history = c.low_history, source = c.source, quality_score = c.quality_score
                      FROM pg_temp.bar_corrections c
                     WHERE c.ticker_id = $1 AND b.ticker_id = $1 AND b.timestamp = c.timestamp AND b.timestamp >= $2 AND b.timestamp <= $3
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = merge.Work.Ticker.Id },
                        new() { Value = Instant(merge.Updates[0].Bar.Time) },
                        new() { Value = Instant(merge.Updates[^1].Bar.Time) },
                    },
                }
            );
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        for (var i = 0; i < merges.Count; i++)
        {
            if ((long)batch.BatchCommands[i + 1].RecordsAffected != merges[i].Updates.Count)
            {
                throw new InvalidOperationException(
                    $"Of {merges[i].Updates.Count} {timeframe} bars of {merges[i].Work.Ticker.Symbol} {batch.BatchCommands[i + 1].RecordsAffected} were found again, under a lock: somebody writes them without it."
                );
            }
        }
    }

    private async Task RederiveAsync(Timeframe timeframe, List<Merge> merges, CancellationToken cancellationToken)
    {
        var affected = merges
            .Where(merge => options.Derive && (merge.AffectedFrom is not null || Until(merge.Work.Ticker.Id, timeframe) > merge.Work.Last))
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
                        new() { Value = merge.Work.Ticker.Id },
                        new() { Value = timeframe.Name },
                        new() { Value = Instant(merge.AffectedFrom ?? merge.Work.Last) },
                        new() { Value = Instant(merge.Work.Last) },
                    },
                }
            );
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var merge in affected)
        {
            await reader.ReadAsync(cancellationToken);
            if (TimeAt(reader, 0) is { } from)
            {
                merge.Widen(from, TimeAt(reader, 1)!.Value);
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }

    private async Task RecordAsync(
        Timeframe timeframe,
        List<(int Ticker, long From, long Until)> changes,
        CancellationToken cancellationToken
    )
    {
        if (changes.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            "SELECT market.record_change(ticker, $2, tstzrange(since, until)) FROM unnest($1, $3, $4) WITH ORDINALITY c (ticker, since, until, n) ORDER BY n",
            connection
        )
        {
            Parameters =
            {
                new() { Value = changes.Select(change => change.Ticker).ToArray() },
                new() { Value = timeframe.Name },
                new()
                {
                    Value = changes.Select(change => Instant(change.From)).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                },
                new()
                {
                    Value = changes.Select(change => Instant(change.Until)).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        foreach (var (ticker, from, until) in changes)
        {
            await reader.ReadAsync(cancellationToken);
            Changed(ticker, timeframe, reader.GetInt64(0), from, until);
        }
    }

    private async Task RollUpInDatabaseAsync(
        List<(int Ticker, Timeframe Timeframe, long From, long Until)> ranges,
        CancellationToken cancellationToken
    )
    {
        if (ranges.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var (ticker, timeframe, from, until) in ranges)
        {
            batch.BatchCommands.Add(
                new("SELECT rolled, version, lower(changed), upper(changed) FROM market.roll_up($1, $2, tstzrange($3, $4))")
                {
                    Parameters =
                    {
                        new() { Value = ticker },
                        new() { Value = timeframe.Name },
                        new() { Value = Instant(from) },
                        new() { Value = Instant(until) },
                    },
                }
            );
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var (ticker, _, _, _) in ranges)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var timeframe = Timeframe.Parse(reader.GetString(0));
                _ends.Remove((ticker, timeframe));
                Changed(ticker, timeframe, reader.GetInt64(1), TimeAt(reader, 2)!.Value, TimeAt(reader, 3)!.Value);
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }

    private void Changed(int ticker, Timeframe timeframe, long version, long from, long until)
    {
        var key = (ticker, timeframe);
        _windows[key] = _windows.TryGetValue(key, out var window)
            ? new(version, Math.Min(window.Since, from), Math.Max(window.Until, until))
            : new(version, from, until);
        var range = new TimeRange(IncomingBar.InstantOf(from), IncomingBar.InstantOf(until));
        _changes[key] = _changes.TryGetValue(key, out var change)
            ? change with
            {
                Version = version,
                Range = new(
                    range.Start < change.Range.Start ? range.Start : change.Range.Start,
                    range.End > change.Range.End ? range.End : change.Range.End
                ),
            }
            : new(ticker, timeframe, version, range);
    }

    /// <summary>Sees to it that <see cref="_ends"/> has what was before an instant, for each of several windows.</summary>
    private async Task LoadEndsAsync(
        IReadOnlyList<(BarWork Work, Timeframe Timeframe, long Before)> wanted,
        CancellationToken cancellationToken
    )
    {
        if (!options.Derive)
        {
            return;
        }

        var unknown = new List<(BarWork Work, Timeframe Timeframe, long Before, long Since, long Span)>();
        foreach (var (work, timeframe, before) in wanted)
        {
            var key = (work.Ticker.Id, timeframe);
            if (!_windows.TryGetValue(key, out var window) || window.Since >= before)
            {
                _ends[key] = new(timeframe, work.Clock);
            }
            else if (!_ends.ContainsKey(key) || window.Until > before)
            {
                if (window.Until <= before && tails.At(work.Ticker.Id, timeframe, window.Version) is { } tail)
                {
                    _ends[key] = tail;
                }
                else
                {
                    // Twenty bars of a market that is open six hours on five days; widened where that does not do.
                    unknown.Add(
                        (work, timeframe, before, window.Since, Math.Max(4 * Timeframe.Day1.Microseconds, 120 * timeframe.Microseconds))
                    );
                }
            }
        }

        while (unknown.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            foreach (var (work, timeframe, before, since, span) in unknown)
            {
                batch.BatchCommands.Add(
                    new(
                        $"SELECT timestamp, high, low, close, volume FROM {Table(timeframe)} WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp DESC LIMIT {BarDerivation.Lookback}"
                    )
                    {
                        Parameters =
                        {
                            new() { Value = work.Ticker.Id },
                            new() { Value = Instant(Start(before, since, span)) },
                            new() { Value = Instant(before) },
                        },
                    }
                );
            }

            var tooFew = new List<(BarWork, Timeframe, long, long, long)>();
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            foreach (var (work, timeframe, before, since, span) in unknown)
            {
                var bars = new List<IncomingBar>(BarDerivation.Lookback);
                while (await reader.ReadAsync(cancellationToken))
                {
                    bars.Add(
                        new(
                            TimeAt(reader, 0)!.Value,
                            0,
                            Amount(reader.GetDecimal(1)),
                            Amount(reader.GetDecimal(2)),
                            Amount(reader.GetDecimal(3)),
                            (Int128)(reader.GetDecimal(4) * IncomingBar.One)
                        )
                    );
                }

                await reader.NextResultAsync(cancellationToken);
                if (bars.Count < BarDerivation.Lookback && Start(before, since, span) > Math.Max(since, IncomingBar.Earliest))
                {
                    tooFew.Add((work, timeframe, before, since, span * 8));
                    continue;
                }

                var end = new BarDerivation(timeframe, work.Clock);
                for (var i = bars.Count - 1; i >= 0; i--)
                {
                    end.Next(bars[i]);
                }

                _ends[(work.Ticker.Id, timeframe)] = end;
            }

            unknown = tooFew;
        }

        static long Start(long before, long since, long span) => Math.Max(Math.Max(since, IncomingBar.Earliest), before - span);

        static long Amount(decimal value) => (long)(value * IncomingBar.One);
    }

    /// <summary>What is to be done about bars where some are stored already.</summary>
    private sealed class Merge(BarWork work)
    {
        private int _after;

        public BarWork Work { get; } = work;

        public List<FinishedBar> Inserts { get; } = [];

        public List<FinishedBar> Updates { get; } = [];

        public long Skipped { get; private set; }

        public bool Changed => From < Until;

        public long From { get; private set; } = long.MaxValue;

        public long Until { get; private set; } = long.MinValue;

        /// <summary>The first bar that stays but is derived from one that does not.</summary>
        public long? AffectedFrom { get; private set; }

        public void Insert(in IncomingBar bar, BarDerivation? end) => Change(Inserts, bar, end);

        public void Update(in IncomingBar bar, BarDerivation? end) => Change(Updates, bar, end);

        public void Skip(in IncomingBar stored, BarDerivation? end)
        {
            Skipped++;
            Keep(stored, end);
        }

        public void Keep(in IncomingBar stored, BarDerivation? end)
        {
            end?.Next(stored);
            if (_after > 0)
            {
                _after--;
                AffectedFrom ??= stored.Time;
            }
        }

        public void Widen(long from, long until) => (From, Until) = (Math.Min(From, from), Math.Max(Until, until));

        private void Change(List<FinishedBar> to, in IncomingBar bar, BarDerivation? end)
        {
            to.Add(new(bar, end?.Next(bar) ?? new(0, 0, false, BarDerivation.Unrated)));
            Widen(bar.Time, bar.Time + Work.Timeframe.Microseconds);
            _after = BarDerivation.Lookback;
        }
    }

    /// <summary>The coarser bars that appended ones make, as far as they can be made without looking into the database.</summary>
    private sealed class Fold : IDisposable
    {
        private readonly Dictionary<Timeframe, FoldedBars> _rows = [];
        private readonly Dictionary<Timeframe, BarRollUp> _open = [];
        private BarRollUp? _day;

        private Fold(BarWork work) => Work = work;

        public void Dispose()
        {
            foreach (var rows in _rows.Values)
            {
                rows.Dispose();
            }
        }

        public BarWork Work { get; }

        /// <summary>Before this, buckets were begun by bars that are stored: the database makes them anew. From here on they are ours alone.</summary>
        public long Seam { get; private set; } = long.MaxValue;

        /// <summary>The close of the last bar before the seam. What lies between the two belongs to buckets after it.</summary>
        public long Before { get; private set; } = long.MinValue;

        /// <summary>From bars of this timeframe on, the database has to roll up after the seam too.</summary>
        public Timeframe? Rest { get; private set; }

        public FoldedBars? Rows(Timeframe timeframe) => _rows.GetValueOrDefault(timeframe);

        public static Fold Plan(BarWork work, bool rollUp, Func<int, Timeframe, long> until)
        {
            var fold = new Fold(work);
            if (!rollUp || work.Timeframe.IsDaily)
            {
                return fold;
            }

            Timeframe[] chain = [.. Coarser.Where(coarser => coarser.Width > work.Timeframe.Width)];
            var days = work.Timeframe != Timeframe.Hour4;
            var fresh = FirstFresh(work, chain, days, until(work.Ticker.Id, work.Timeframe));
            fold.Before = fresh > 0 ? work.Bars.Span[fresh - 1].Time + work.Timeframe.Microseconds : long.MinValue;
            if (fresh == work.Bars.Length)
            {
                return fold;
            }

            var seam = work.Bars.Span[fresh].Time;
            fold.Seam = seam;
            var source = work.Timeframe;
            foreach (var coarser in chain)
            {
                if (until(work.Ticker.Id, coarser) > work.Clock.Bucket(coarser, seam))
                {
                    fold.Rest = source;
                    return fold;
                }

                fold._rows[coarser] = new();
                fold._open[source] = new(coarser, work.Clock);
                source = coarser;
            }

            if (!days)
            {
                return fold;
            }

            var date = work.Clock.Bucket(Timeframe.Day1, seam);
            if (
                until(work.Ticker.Id, Timeframe.Day1) > date
                || Timeframe.Stored.Any(finer =>
                    finer.Width < work.Timeframe.Width && until(work.Ticker.Id, finer) > work.Clock.SessionStart(seam)
                )
            )
            {
                fold.Rest = Timeframe.Hour1;
                return fold;
            }

            fold._rows[Timeframe.Day1] = new();
            fold._day = new(Timeframe.Day1, work.Clock);
            return fold;
        }

        public void Add(in IncomingBar bar, int quality)
        {
            if (bar.Time < Seam)
            {
                return;
            }

            Pass(Work.Timeframe, (bar, quality));
            if (_day is not null && _day.Add(bar, quality, out var complete, out var worst))
            {
                _rows[Timeframe.Day1].Add(complete, worst);
            }
        }

        /// <summary>Takes a bar of a timeframe into the next coarser one.</summary>
        public void Pass(Timeframe timeframe, (IncomingBar Bar, int Quality) row)
        {
            if (_open.TryGetValue(timeframe, out var open) && open.Add(row.Bar, row.Quality, out var complete, out var worst))
            {
                _rows[open.Timeframe].Add(complete, worst);
            }
        }

        /// <summary>There are no more bars of the work itself.</summary>
        public void Close()
        {
            Close(Work.Timeframe);
            if (_day is not null && _day.TryTake(out var day, out var worst))
            {
                _rows[Timeframe.Day1].Add(day, worst);
            }
        }

        /// <summary>There are no more bars of a timeframe.</summary>
        public void Close(Timeframe timeframe)
        {
            if (_open.TryGetValue(timeframe, out var open) && open.TryTake(out var complete, out var worst))
            {
                _rows[open.Timeframe].Add(complete, worst);
            }
        }

        // The first bar whose buckets, of every coarser timeframe, no earlier bar is in.
        private static int FirstFresh(BarWork work, Timeframe[] chain, bool days, long storedUntil)
        {
            var bars = work.Bars.Span;
            var last = storedUntil;
            for (var i = 0; i < bars.Length; i++)
            {
                var (time, before) = (bars[i].Time, last);
                if (
                    (!days || work.Clock.SessionStart(time) >= before)
                    && Array.TrueForAll(chain, coarser => work.Clock.Bucket(coarser, time) >= before)
                )
                {
                    return i;
                }

                last = time + 1;
            }

            return bars.Length;
        }
    }
}
