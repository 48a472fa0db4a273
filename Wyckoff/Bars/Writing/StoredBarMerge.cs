using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Compares a batch with the stored bars of the same time range, in the order of time, and decides which bars of the batch to insert, to
/// update and to skip. Stored bars that stay as they are take part in the derivation of those that follow.
/// </summary>
internal sealed class StoredBarMerge(WindowBatch batch, ConflictPolicy policy, BarDerivation? derivation)
{
    // The index of the next bar of the batch to compare.
    private int _next;

    // How many of the next stored bars have a changed bar in their lookback.
    private int _affected;
    private long _from = long.MaxValue;
    private long _until = long.MinValue;

    public WindowBatch Batch => batch;

    public List<FinishedBar> Inserts { get; } = [];

    public List<FinishedBar> Updates { get; } = [];

    public long Skipped { get; private set; }

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
            Keep(stored.Bar);
            return;
        }

        ref readonly var bar = ref bars[_next++];
        if (!stored.Aggregated && bar == stored.Bar)
        {
            Skip(stored.Bar);
        }
        else if (stored.Aggregated || stored.Own || policy == ConflictPolicy.Replace)
        {
            Change(Updates, bar);
        }
        else if (policy == ConflictPolicy.Fail)
        {
            throw new BarConflictException(
                $"There is a {batch.Timeframe} bar of {batch.Ticker.Symbol} at {bar.Timestamp:O} already, with different values."
            );
        }
        else
        {
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
