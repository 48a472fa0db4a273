using Npgsql;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.RollUp;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Writes bars within the caller's transaction. Batches that come after all stored bars of their window are appended, others are merged
/// with the stored bars. Coarser bars follow from both.
/// </summary>
internal sealed class BarTransaction
{
    private readonly NpgsqlConnection _connection;
    private readonly BarWriteOptions _options;
    private readonly LockedWindows _windows;
    private readonly DerivationStates _derivations;
    private readonly ChangeRecorder _changes;
    private readonly BarCorrections _corrections;
    private readonly BarAppender _appender;
    private readonly ImportTrail? _trail;
    private long _inserted;
    private long _updated;
    private long _skipped;
    private long _differing;
    private long _own;
    private long _duplicates;

    public BarTransaction(NpgsqlConnection connection, BarWriteOptions options, DerivationCache cache)
    {
        (_connection, _options) = (connection, options);
        _windows = new(connection);
        _derivations = new(connection, _windows, cache, options.Derive);
        _changes = new(connection, _windows, _derivations);
        _trail = options.ImportId is { } importId ? new(connection, importId, options.Source) : null;
        _corrections = new(connection, _windows, _trail);
        _appender = new(connection, _derivations);
    }

    public BarWriteResult Result(long duplicates) =>
        new()
        {
            Inserted = _inserted,
            Updated = _updated,
            Skipped = _skipped,
            Differing = _differing,
            Own = _own,
            Duplicates = duplicates + _duplicates,
            Changes = _changes.Changes,
        };

    /// <summary>Locks the tickers and all their windows. Returns the tickers that do not exist.</summary>
    public Task<List<int>> LockAsync(int[] tickerIds, CancellationToken cancellationToken) =>
        _windows.LockAsync(tickerIds, cancellationToken);

    /// <summary>Whether a locked ticker allows zero and negative prices.</summary>
    public bool AllowsNegative(int tickerId) => _windows.AllowsNegative(tickerId);

    /// <summary>Caches what the next transaction can use. To be called after the commit.</summary>
    public void Committed() => _derivations.SaveToCache();

    /// <summary>Writes batches of one timeframe, and the coarser bars that follow from them.</summary>
    public async Task WriteAsync(Timeframe timeframe, IReadOnlyList<WindowBatch> batches, CancellationToken cancellationToken)
    {
        await _derivations.LoadAsync([.. batches.Select(batch => (batch, timeframe, batch.First))], cancellationToken);
        var appends = batches.Where(batch => _windows.Until(batch.Ticker.Id, timeframe) <= batch.First).ToList();
        var merges = new List<StoredBarMerge>();
        foreach (var batch in batches.Except(appends))
        {
            merges.Add(await MergeAsync(batch, cancellationToken));
        }

        if (_trail is not null)
        {
            await _trail.RecordAsync(batches, merges, cancellationToken);
        }

        var folds = appends.ConvertAll(batch =>
            CoarserBars.Plan(batch, _options.RollUp, coarser => _windows.Until(batch.Ticker.Id, coarser))
        );
        await InsertAsync(timeframe, folds, merges, cancellationToken);
        await _corrections.UpdateAsync(timeframe, [.. merges.Where(merge => merge.Updates.Count > 0)], _options, cancellationToken);
        merges.RemoveAll(merge => !merge.HasChanges);
        if (_options.Derive)
        {
            await _corrections.RederiveAsync(timeframe, merges, cancellationToken);
        }

        await _changes.RecordAsync(
            timeframe,
            [.. appends.Select(batch => batch.Range), .. merges.Select(merge => merge.ChangedRange)],
            cancellationToken
        );
        if (_options.RollUp && !timeframe.IsDaily)
        {
            await RollUpAsync(folds, merges, cancellationToken);
        }
    }

    private async Task<StoredBarMerge> MergeAsync(WindowBatch batch, CancellationToken cancellationToken)
    {
        var merge = new StoredBarMerge(batch, _options.Policy, _derivations.At(batch.Ticker.Id, batch.Timeframe), _options.ImportId);
        // The merge leaves the state in the middle of the window, and the database may derive the bars after it again.
        _derivations.Remove(batch.Ticker.Id, batch.Timeframe);
        await using var scan = await BarScan.BeginAsync(
            _connection,
            batch.Ticker.Id,
            batch.Timeframe,
            batch.First,
            batch.Last,
            cancellationToken
        );
        do
        {
            while (scan.TryRead(out var stored))
            {
                merge.Add(stored);
            }
        } while (await scan.FillAsync(cancellationToken));
        merge.Complete();
        _inserted += merge.Inserts.Count;
        _updated += merge.Updates.Count - merge.OwnUpdates;
        _duplicates += merge.OwnUpdates;
        _skipped += merge.Skipped;
        _differing += merge.Differing;
        _own += merge.OwnSkipped;
        return merge;
    }

    private async Task InsertAsync(
        Timeframe timeframe,
        List<CoarserBars> folds,
        List<StoredBarMerge> merges,
        CancellationToken cancellationToken
    )
    {
        if (folds.Count == 0 && !merges.Exists(merge => merge.Inserts.Count > 0))
        {
            return;
        }

        await using var copy = await BarCopy.BeginAsync(
            _connection,
            MarketSchema.QualifiedBarsTable(timeframe),
            _options.Source,
            _options.ImportId,
            cancellationToken
        );
        foreach (var fold in folds)
        {
            await _appender.AppendAsync(copy, fold, cancellationToken);
            _inserted += fold.Batch.Bars.Length;
        }

        foreach (var merge in merges)
        {
            await copy.WriteAsync(merge.Batch.Ticker.Id, merge.Inserts.ToArray(), cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task RollUpAsync(List<CoarserBars> folds, List<StoredBarMerge> merges, CancellationToken cancellationToken)
    {
        // Bars in buckets that have stored bars as well.
        await _changes.RollUpAsync(
            [.. merges.Select(merge => merge.ChangedRange), .. folds.Select(fold => fold.SharedRange).OfType<WindowRange>()],
            cancellationToken
        );
        // Bars in buckets of their own.
        foreach (var coarser in CoarserBars.Timeframes)
        {
            var written = await _appender.AppendFoldedAsync(
                coarser,
                folds.FindAll(fold => fold.Folded(coarser) is { Count: > 0 }),
                cancellationToken
            );
            await _changes.RecordAsync(coarser, written, cancellationToken);
        }

        // The timeframes in which other coarser bars are stored already.
        await _changes.RollUpAsync([.. folds.Select(fold => fold.BlockedRange).OfType<WindowRange>()], cancellationToken);
        folds.ForEach(fold => fold.Dispose());
    }
}
