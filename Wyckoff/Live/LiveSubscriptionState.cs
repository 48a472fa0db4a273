using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// What the engine knows of one feed: up to where its bars are stored without a hole, which hole is being repaired, and which bars came meanwhile. The hole outlives
/// connections: it closes only when the provider has answered for all of it.
/// </summary>
internal sealed class LiveSubscriptionState(LiveSubscription feed)
{
    private readonly Lock _lock = new();
    private long _known = IncomingBar.TimeOf(feed.Known);
    private DateTimeOffset? _hole = feed.Known;
    private RepairAsk? _asked;
    private bool _busy;
    private TaskCompletionSource _newer = New();
    private Dictionary<long, IncomingBar>? _recent;
    private int _replays;

    public LiveSubscription Feed { get; } = feed;

    public (int TickerId, Timeframe Timeframe) Key => (Feed.Ticker.Id, Feed.Timeframe);

    /// <summary>The server has confirmed the subscription on this connection.</summary>
    public bool Subscribed { get; set; }

    /// <summary>Something is still to be asked of the provider.</summary>
    public bool HasHole
    {
        get
        {
            lock (_lock)
            {
                return _hole is not null;
            }
        }
    }

    /// <summary>When a bar opens; a day at 00:00 UTC of its date, as it is stored.</summary>
    public IncomingBar OnGrid(IncomingBar bar)
    {
        if (!Feed.Timeframe.IsDaily || bar.Timestamp.TimeOfDay == TimeSpan.Zero)
        {
            return bar;
        }

        var local = TimeZoneInfo.ConvertTime(bar.Timestamp, Feed.Ticker.Zone);
        return bar with { Time = IncomingBar.TimeOf(new DateTimeOffset(local.Date, TimeSpan.Zero)) };
    }

    /// <summary>The bar is about to be written: while a repair is under way it may come to lie under an older answer.</summary>
    public void Taken(in IncomingBar bar)
    {
        lock (_lock)
        {
            if (_recent is not null)
            {
                _recent[bar.Time] = bar;
            }
        }
    }

    public void Committed(long time)
    {
        lock (_lock)
        {
            _known = Math.Max(_known, time);
        }
    }

    /// <summary>What comes from now on is lost: it has to be repaired from the last bar that is stored, or from an older hole. That bar again, since it may yet have been corrected.</summary>
    public void Lost()
    {
        lock (_lock)
        {
            Subscribed = false;
            _hole ??= IncomingBar.InstantOf(_known);
            _asked = null;
            Wake();
        }
    }

    /// <summary>There is a hole since <paramref name="from"/>.</summary>
    public void Hole(DateTimeOffset from)
    {
        lock (_lock)
        {
            _hole = _hole < from ? _hole : from;
        }
    }

    /// <summary>The database does not take these bars, and must not be given them again: perhaps the provider has better ones.</summary>
    public void Refused(ReadOnlySpan<IncomingBar> bars)
    {
        lock (_lock)
        {
            foreach (var bar in bars)
            {
                _recent?.Remove(bar.Time);
                _hole = _hole < bar.Timestamp ? _hole : bar.Timestamp;
            }
        }
    }

    /// <summary>The hole ends here: the stream is there. True when somebody has to see to it, false when somebody does.</summary>
    public bool Ask(DateTimeOffset until)
    {
        lock (_lock)
        {
            _hole ??= IncomingBar.InstantOf(_known);
            _asked = new(until, until, Settled: false);
            _recent ??= [];
            Wake();
            var idle = !_busy;
            _busy = true;
            return idle;
        }
    }

    /// <summary>The next thing to ask; null when there is nothing, and the one who saw to it may go.</summary>
    public RepairAsk? Next()
    {
        lock (_lock)
        {
            if (_asked is null)
            {
                _busy = false;
                Forget();
            }

            return _asked;
        }
    }

    /// <summary>What to ask the provider for; null when there is no time in it.</summary>
    public TimeRange? Range(RepairAsk ask)
    {
        lock (_lock)
        {
            return _hole is { } from && from < ask.Until ? new(from, ask.Until) : null;
        }
    }

    /// <summary>
    /// The provider has answered. What was not settled yet has to be asked once more, with the minute that was under way when the stream began: from a stream that
    /// begins in its midst it may never come.
    /// </summary>
    public void Answered(RepairAsk ask, TimeSpan settle)
    {
        lock (_lock)
        {
            if (_asked != ask)
            {
                return; // a newer connection, and a newer end of the hole
            }

            if (ask.Settled)
            {
                (_asked, _hole) = (null, null);
                return;
            }

            var width = Feed.Timeframe.Width.Ticks;
            var since = (ask.Until - settle).UtcTicks;
            var from = new DateTimeOffset(since - (since % width), TimeSpan.Zero);
            var end = ask.Until.UtcTicks + width - 1;
            end -= end % width;
            var due = ask.Until + settle;
            _hole = _hole > from ? _hole : from;
            _asked = new(end < due.UtcTicks ? new(end, TimeSpan.Zero) : due, due, Settled: true);
        }
    }

    /// <summary>Completes when there is something newer to ask.</summary>
    public Task NewerAsync(RepairAsk ask)
    {
        lock (_lock)
        {
            return _asked == ask ? _newer.Task : Task.CompletedTask;
        }
    }

    /// <summary>The bars that came during the repair will be written once more.</summary>
    public void Replays()
    {
        lock (_lock)
        {
            _replays++;
        }
    }

    public IncomingBar[] Replay()
    {
        lock (_lock)
        {
            _replays--;
            IncomingBar[] bars = _recent is null ? [] : [.. _recent.Values];
            Forget();
            return bars;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Forget()
    {
        if (!_busy && _replays == 0)
        {
            _recent = null;
        }
    }

    private void Wake()
    {
        _newer.TrySetResult();
        _newer = New();
    }
}

/// <summary>A hole is to be repaired up to <paramref name="Until"/>, not before <paramref name="Due"/>. <paramref name="Settled"/>: by then the provider's answer is its last word.</summary>
internal sealed record RepairAsk(DateTimeOffset Until, DateTimeOffset Due, bool Settled);
