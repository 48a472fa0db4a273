using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Compares a batch with the stored bars of the same time range, in the order of time, and decides which bars of the batch to insert, to
/// update and to skip. Stored bars that stay as they are take part in the derivation of those that follow.
/// </summary>
internal sealed class StoredBarMerge(WindowBatch batch, ConflictPolicy policy, BarDerivation? derivation, long? importId = null)
{
    /// <summary>
    /// With more claims than this, the stored bars and those of the batch agree only here and there, and rows are cheaper than ranges.
    /// </summary>
    private const int MostClaims = 1_000;

    /// <summary>Stored bars of another import, without a gap in time, that the batch has with the same values.</summary>
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
    public long Differing { get; private set; }

    /// <summary>Of the skipped bars those that the same import had stored before.</summary>
    public long OwnSkipped { get; private set; }

    /// <summary>Skipped bars whose values are kept, in the order of time, because another import's bar is stored.</summary>
    public List<FinishedBar> Alternatives { get; } = [];

    /// <summary>How many of the updates replace a bar that the same import wrote in an earlier batch.</summary>
    public long OwnUpdates { get; private set; }

    /// <summary>
    /// The bars of other imports that the batch has with the same values, if it belongs to an import itself. Each bar within a claim is
    /// stored, is the holder's and has the values of the batch.
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
            if (importId is null && stored.ImportId is not null && policy == ConflictPolicy.Replace)
            {
                // Confirmed by a source that cannot be undone: the bar is no longer that of the import.
                Change(Updates, bar);
                return;
            }

            OwnSkipped += own ? 1 : 0;
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
            Differing++;
            if (importId is not null)
            {
                Alternatives.Add(new(bar, BarDerivation.Fields.None));
            }

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

        if (Claims.Count > MostClaims)
        {
            KeepClaimed();
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
        if (_claimed == holder && Claims[^1].Until == stored.Bar.Time)
        {
            Claims[^1] = Claims[^1] with { Until = until };
        }
        else
        {
            Claims.Add(new(holder, stored.Bar.Time, until));
            _claimed = holder;
        }
    }

    private void KeepClaimed()
    {
        var next = 0;
        foreach (ref readonly var bar in batch.Bars.Span)
        {
            while (next < Claims.Count && Claims[next].Until <= bar.Time)
            {
                next++;
            }

            if (next < Claims.Count && bar.Time >= Claims[next].From)
            {
                Alternatives.Add(new(bar, BarDerivation.Fields.None));
            }
        }

        Alternatives.Sort((a, b) => a.Bar.Time.CompareTo(b.Bar.Time));
        Claims.Clear();
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
