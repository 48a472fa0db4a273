using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.RollUp;

/// <summary>
/// Folds a batch that is appended to its window into coarser bars, as far as that is possible without the bars in the database. The rest is
/// left to <c>market.roll_up</c>: see <see cref="SharedRange"/> and <see cref="BlockedRange"/>.
/// </summary>
internal sealed class CoarserBars : IDisposable
{
    private static readonly Timeframe[] Intraday = [.. Timeframe.Stored.Where(timeframe => !timeframe.IsDaily).Skip(1)];

    private readonly Dictionary<Timeframe, FoldedBars> _folded = [];

    // By the timeframe of the bars that go in.
    private readonly Dictionary<Timeframe, BarRollUp> _rollUps = [];

    // Days are folded from the bars of the batch, not from the bars of the next finer timeframe.
    private BarRollUp? _days;

    // Bars from this time on are folded: no bar before it falls into their buckets.
    private long _foldedFrom = long.MaxValue;

    private CoarserBars(WindowBatch batch) => Batch = batch;

    public WindowBatch Batch { get; }

    /// <summary>The timeframes that bars are folded into, finest first.</summary>
    public static IReadOnlyList<Timeframe> Timeframes { get; } = [.. Intraday, Timeframe.Day1];

    /// <summary>
    /// The bars at the start of the batch that share a bucket with stored bars; null when there are none. The database has to roll them up.
    /// </summary>
    public WindowRange? SharedRange { get; private set; }

    /// <summary>
    /// The range in which coarser bars are stored already, so folded ones cannot be appended; null when there is none. The database has to
    /// roll it up, from bars of the timeframe of the range.
    /// </summary>
    public WindowRange? BlockedRange { get; private set; }

    /// <summary>Decides which bars of a batch can be folded into which timeframes.</summary>
    /// <param name="batch">Bars that come after all stored bars of their window.</param>
    /// <param name="rollUp">Whether to fold at all.</param>
    /// <param name="storedUntil">The end of the stored bars of the ticker in a timeframe.</param>
    public static CoarserBars Plan(WindowBatch batch, bool rollUp, Func<Timeframe, long> storedUntil)
    {
        var plan = new CoarserBars(batch);
        if (rollUp && !batch.Timeframe.IsDaily)
        {
            plan.Plan(storedUntil);
        }

        return plan;
    }

    /// <summary>The bars folded so far into a timeframe; null when nothing is folded into it.</summary>
    public FoldedBars? Folded(Timeframe timeframe) => _folded.GetValueOrDefault(timeframe);

    /// <summary>From the first folded bar of a timeframe to the close of the last.</summary>
    public WindowRange FoldedRange(Timeframe timeframe)
    {
        var bars = _folded[timeframe];
        return new(Batch.Ticker.Id, timeframe, bars[0].Bar.Time, bars[bars.Count - 1].Bar.Time + timeframe.Microseconds);
    }

    /// <summary>Folds the next bar of the batch.</summary>
    public void Add(in IncomingBar bar, int quality)
    {
        if (bar.Time < _foldedFrom)
        {
            return;
        }

        AddTo(Batch.Timeframe, bar, quality);
        if (_days is not null && _days.Add(bar, quality, out var complete, out var lowest))
        {
            _folded[Timeframe.Day1].Add(complete, lowest);
        }
    }

    /// <summary>Folds the next bar of a timeframe into the next coarser timeframe.</summary>
    public void AddTo(Timeframe timeframe, in IncomingBar bar, int quality)
    {
        if (_rollUps.TryGetValue(timeframe, out var rollUp) && rollUp.Add(bar, quality, out var complete, out var lowest))
        {
            _folded[rollUp.Timeframe].Add(complete, lowest);
        }
    }

    /// <summary>Completes the coarser bar and the day that the last bars of the batch belong to.</summary>
    public void CompleteBatch()
    {
        Complete(Batch.Timeframe);
        CompleteLast(_days);
    }

    /// <summary>Completes the coarser bar that the last bars of a timeframe belong to.</summary>
    public void Complete(Timeframe timeframe) => CompleteLast(_rollUps.GetValueOrDefault(timeframe));

    public void Dispose()
    {
        foreach (var bars in _folded.Values)
        {
            bars.Dispose();
        }
    }

    private void CompleteLast(BarRollUp? rollUp)
    {
        if (rollUp is not null && rollUp.TryTake(out var complete, out var lowest))
        {
            _folded[rollUp.Timeframe].Add(complete, lowest);
        }
    }

    private void Plan(Func<Timeframe, long> storedUntil)
    {
        var (source, clock) = (Batch.Timeframe, Batch.Clock);
        Timeframe[] coarser = [.. Intraday.Where(timeframe => timeframe.Width > source.Width)];
        // Days are made of bars of at most one hour.
        var days = source != Timeframe.Hour4;
        var first = FirstOfOwnBuckets(coarser, days, storedUntil(source));
        if (first > 0)
        {
            SharedRange = Batch.Range with { Until = Batch.Bars.Span[first - 1].Time + source.Microseconds };
        }

        if (first == Batch.Bars.Length)
        {
            return;
        }

        _foldedFrom = Batch.Bars.Span[first].Time;
        foreach (var timeframe in coarser)
        {
            if (storedUntil(timeframe) > clock.Bucket(timeframe, _foldedFrom))
            {
                BlockedRange = Batch.Range with { Timeframe = source, From = _foldedFrom };
                return;
            }

            _folded[timeframe] = new();
            _rollUps[source] = new(timeframe, clock);
            source = timeframe;
        }

        if (!days)
        {
            return;
        }

        // Finer bars may make a better day than the batch, see market.roll_up.
        var finerBarsOfDay = Timeframe.Stored.Any(timeframe =>
            timeframe.Width < Batch.Timeframe.Width && storedUntil(timeframe) > clock.SessionStart(_foldedFrom)
        );
        if (storedUntil(Timeframe.Day1) > clock.Bucket(Timeframe.Day1, _foldedFrom) || finerBarsOfDay)
        {
            BlockedRange = Batch.Range with { Timeframe = Timeframe.Hour1, From = _foldedFrom };
            return;
        }

        _folded[Timeframe.Day1] = new();
        _days = new(Timeframe.Day1, clock);
    }

    // The index of the first bar that shares no bucket, of any coarser timeframe, with a bar before it.
    private int FirstOfOwnBuckets(Timeframe[] coarser, bool days, long storedUntil)
    {
        var bars = Batch.Bars.Span;
        var clock = Batch.Clock;
        var previousEnd = storedUntil;
        for (var i = 0; i < bars.Length; i++)
        {
            var (time, end) = (bars[i].Time, previousEnd);
            if ((!days || clock.SessionStart(time) >= end) && Array.TrueForAll(coarser, timeframe => clock.Bucket(timeframe, time) >= end))
            {
                return i;
            }

            previousEnd = time + 1;
        }

        return bars.Length;
    }
}
