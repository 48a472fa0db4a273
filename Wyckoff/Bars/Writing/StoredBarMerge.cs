using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Compares a batch with the stored bars of the same time range, in the order of time, and decides which bars of the batch to insert, to
/// update and to skip. Stored bars that stay as they are take part in the derivation of those that follow.
/// </summary>
internal sealed class StoredBarMerge(WindowBatch batch, ConflictPolicy policy, BarDerivation? derivation, long? importId = null)
{
    /// <summary>Stored bars of another import, one after the other, that the batch has with the same values.</summary>
    public readonly record struct Claim(long Holder, long From, long Until);

    // The index of the next bar of the batch to compare.
    private int _next;

    // The import that the last claim goes on for; null if the stored bar before was not claimed.
    private long? _claimed;

    // How many of the next stored bars have a changed bar in their lookback.
    private int _affected;
    private long _from = long.MaxValue;
    private long _until = long.MinValue;

    public WindowBatch Batch => batch;

    public List<FinishedBar> Inserts { get; } = [];

    public List<FinishedBar> Updates { get; } = [];

    public long Skipped { get; private set; }

    /// <summary>Of the skipped bars those with other values than the stored bar.</summary>
    public List<FinishedBar> Differing { get; } = [];

    /// <summary>How many of the updates replace a bar that the same import wrote in an earlier batch.</summary>
    public long OwnUpdates { get; private set; }

    /// <summary>
    /// The bars of other imports that the batch has with the same values, if it belongs to an import itself. No stored bar of another
    /// origin or with another value lies within one.
    /// </summary>
    public List<Claim> Claims { get; } = [];

    public bool HasChanges => _from < _until;

    /// <summary>From the first changed bar to the close of the last.</summary>
    public WindowRange ChangedRange => new(batch.Ticker.Id, batch.Timeframe, _from, _until);

    /// <summary>The first stored bar that is kept but has a changed bar in its lookback.</summary>
    public long? AffectedFrom { get; private set; }

    /// <summary>Compares the next stored bar.</summary>
    public void Add(in StoredBar stored)
    {
        var bars = batch.Bars.Span;
        while (_next < bars.Length && bars[_next].Time < stored.Bar.Time)
        {
            Change(Inserts, bars[_next++]);
        }

        if (_next == bars.Length || bars[_next].Time > stored.Bar.Time)
        {
            _claimed = null;
            Keep(stored.Bar);
            return;
        }

        ref readonly var bar = ref bars[_next++];
        var own = importId is not null && stored.ImportId == importId;
        if (!stored.Aggregated && bar == stored.Bar)
        {
            ClaimBar(stored, own);
            Skip(stored.Bar);
            return;
        }

        _claimed = null;
        if (stored.Aggregated || own || policy == ConflictPolicy.Replace)
        {
            OwnUpdates += own ? 1 : 0;
            Change(Updates, bar);
        }
        else if (policy == ConflictPolicy.Fail)
        {
            throw new BarConflictException(batch.Ticker.Symbol, batch.Timeframe, bar.Timestamp);
        }
        else
        {
            Differing.Add(new(bar, BarDerivation.Fields.None));
            Skip(stored.Bar);
        }
    }

    /// <summary>Inserts the bars of the batch that come after the last stored bar.</summary>
    public void Complete()
    {
        for (var bars = batch.Bars.Span; _next < bars.Length; _next++)
        {
            Change(Inserts, bars[_next]);
        }
    }

    /// <summary>Adds a range that was derived again to the changed range.</summary>
    public void Widen(long from, long until) => (_from, _until) = (Math.Min(_from, from), Math.Max(_until, until));

    private void ClaimBar(in StoredBar stored, bool own)
    {
        if (importId is null || own || stored.ImportId is not { } holder)
        {
            _claimed = null;
            return;
        }

        var until = stored.Bar.Time + batch.Timeframe.Microseconds;
        if (_claimed == holder)
        {
            Claims[^1] = Claims[^1] with { Until = until };
        }
        else
        {
            Claims.Add(new(holder, stored.Bar.Time, until));
            _claimed = holder;
        }
    }

    private void Skip(in IncomingBar stored)
    {
        Skipped++;
        Keep(stored);
    }

    private void Keep(in IncomingBar stored)
    {
        derivation?.Next(stored);
        if (_affected > 0)
        {
            _affected--;
            AffectedFrom ??= stored.Time;
        }
    }

    private void Change(List<FinishedBar> to, in IncomingBar bar)
    {
        to.Add(new(bar, derivation?.Next(bar) ?? BarDerivation.Fields.None));
        Widen(bar.Time, bar.Time + batch.Timeframe.Microseconds);
        _affected = BarDerivation.Lookback;
    }
}
