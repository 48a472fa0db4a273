using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// The state of one live subscription: the gap that is still to be repaired, and the bars received during the repair. The gap outlives
/// connections; it closes only when the provider has answered for all of it.
/// </summary>
internal sealed class LiveSubscriptionState(LiveSubscription subscription)
{
    private readonly Lock _lock = new();
    private long _newestCommitted = IncomingBar.TimeOf(subscription.RepairFrom);
    private DateTimeOffset? _gapStart = subscription.RepairFrom;
    private RepairRequest? _request;
    private bool _repairRunning;
    private TaskCompletionSource _requestChanged = NewSource();
    private Dictionary<long, IncomingBar>? _receivedDuringRepair;
    private int _pendingReplays;

    public LiveSubscription Subscription { get; } = subscription;

    /// <summary>Whether the server has confirmed the subscription on the current connection.</summary>
    public bool Subscribed { get; set; }

    /// <summary>Whether there is a gap that the provider has not completely answered for.</summary>
    public bool HasGap
    {
        get
        {
            lock (_lock)
            {
                return _gapStart is not null;
            }
        }
    }

    /// <summary>Moves a daily bar to 00:00 UTC of its session date, under which it is stored. Other bars stay as they are.</summary>
    public IncomingBar Align(IncomingBar bar)
    {
        if (!Subscription.Timeframe.IsDaily || bar.Timestamp.TimeOfDay == TimeSpan.Zero)
        {
            return bar;
        }

        var local = TimeZoneInfo.ConvertTime(bar.Timestamp, Subscription.Ticker.Zone);
        return bar with { Time = IncomingBar.TimeOf(new DateTimeOffset(local.Date, TimeSpan.Zero)) };
    }

    /// <summary>
    /// Records a bar that is about to be written. A repair in progress may overwrite it with an older answer, so it is written again
    /// afterwards.
    /// </summary>
    public void Writing(in IncomingBar bar)
    {
        lock (_lock)
        {
            if (_receivedDuringRepair is not null)
            {
                _receivedDuringRepair[bar.Time] = bar;
            }
        }
    }

    public void Committed(long time)
    {
        lock (_lock)
        {
            _newestCommitted = Math.Max(_newestCommitted, time);
        }
    }

    /// <summary>
    /// Marks the live bars from now on as missed. The gap starts at the newest committed bar, which may still have been corrected, or stays
    /// at an older start.
    /// </summary>
    public void Lost()
    {
        lock (_lock)
        {
            Subscribed = false;
            _gapStart ??= IncomingBar.InstantOf(_newestCommitted);
            _request = null;
            NotifyRequestChanged();
        }
    }

    /// <summary>Lets the gap start at <paramref name="from"/>, or earlier if it already does.</summary>
    public void ExtendGap(DateTimeOffset from)
    {
        lock (_lock)
        {
            _gapStart = _gapStart < from ? _gapStart : from;
        }
    }

    /// <summary>
    /// Adds bars that the database refused to the gap, and does not write them again: the provider may return valid ones.
    /// </summary>
    public void Refused(ReadOnlySpan<IncomingBar> bars)
    {
        lock (_lock)
        {
            foreach (var bar in bars)
            {
                _receivedDuringRepair?.Remove(bar.Time);
                _gapStart = _gapStart < bar.Timestamp ? _gapStart : bar.Timestamp;
            }
        }
    }

    /// <summary>Requests a repair of the gap up to <paramref name="until"/>, the instant from which the stream delivers the bars.</summary>
    /// <returns>Whether the caller has to run the repair; false if one is running, which then continues with this request.</returns>
    public bool RequestRepair(DateTimeOffset until)
    {
        lock (_lock)
        {
            _gapStart ??= IncomingBar.InstantOf(_newestCommitted);
            _request = new(until, until, Final: false);
            _receivedDuringRepair ??= [];
            NotifyRequestChanged();
            var mustRun = !_repairRunning;
            _repairRunning = true;
            return mustRun;
        }
    }

    /// <summary>Returns the current request; null if there is none, which ends the running repair.</summary>
    public RepairRequest? NextRequest()
    {
        lock (_lock)
        {
            if (_request is null)
            {
                _repairRunning = false;
                ForgetReceivedBars();
            }

            return _request;
        }
    }

    /// <summary>Returns the range to fetch from the provider; null if it is empty.</summary>
    public TimeRange? Range(RepairRequest request)
    {
        lock (_lock)
        {
            return _gapStart is { } from && from < request.Until ? new(from, request.Until) : null;
        }
    }

    /// <summary>
    /// Handles the provider's answer. Bars that are not final yet are requested once more after <paramref name="settle"/>, together with
    /// the minute in progress when the stream started, which a stream that starts within the minute may never deliver.
    /// </summary>
    public void Answered(RepairRequest request, TimeSpan settle)
    {
        lock (_lock)
        {
            if (_request != request)
            {
                return; // The request was replaced or cancelled.
            }

            if (request.Final)
            {
                (_request, _gapStart) = (null, null);
                return;
            }

            var width = Subscription.Timeframe.Width.Ticks;
            var unsettled = (request.Until - settle).UtcTicks;
            var from = new DateTimeOffset(unsettled - (unsettled % width), TimeSpan.Zero);
            var end = request.Until.UtcTicks + width - 1;
            end -= end % width;
            var due = request.Until + settle;
            _gapStart = _gapStart > from ? _gapStart : from;
            _request = new(end < due.UtcTicks ? new(end, TimeSpan.Zero) : due, due, Final: true);
        }
    }

    /// <summary>Completes when <paramref name="request"/> is no longer the current request.</summary>
    public Task ReplacedAsync(RepairRequest request)
    {
        lock (_lock)
        {
            return _request == request ? _requestChanged.Task : Task.CompletedTask;
        }
    }

    /// <summary>Announces a <see cref="Replay"/>, so that the bars received during the repair are kept until then.</summary>
    public void AddReplay()
    {
        lock (_lock)
        {
            _pendingReplays++;
        }
    }

    /// <summary>Returns the bars received during the repair, to be written again.</summary>
    public IncomingBar[] Replay()
    {
        lock (_lock)
        {
            _pendingReplays--;
            IncomingBar[] bars = _receivedDuringRepair is null ? [] : [.. _receivedDuringRepair.Values];
            ForgetReceivedBars();
            return bars;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ForgetReceivedBars()
    {
        if (!_repairRunning && _pendingReplays == 0)
        {
            _receivedDuringRepair = null;
        }
    }

    private void NotifyRequestChanged()
    {
        _requestChanged.TrySetResult();
        _requestChanged = NewSource();
    }
}

/// <summary>A request to repair a gap.</summary>
/// <param name="Until">The end of the gap.</param>
/// <param name="Due">The instant before which the provider is not asked.</param>
/// <param name="Final">Whether the provider's answer at that time is final.</param>
internal sealed record RepairRequest(DateTimeOffset Until, DateTimeOffset Due, bool Final);
