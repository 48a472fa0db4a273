using Wyckoff.Postgres;

namespace Wyckoff.Bars.Streaming;

/// <summary>
/// Reads the changes of one window and publishes them to all its subscriptions. One round reads at a time; changes announced during a round
/// are read together by the next one, so a window that changes faster gets more changes per round instead of more rounds.
/// </summary>
internal sealed class WindowPublisher(WindowRef window, BarHub hub)
{
    // Enough for a cursor that is slightly behind; a cursor further behind joins again and gets the changes in one event.
    private const int MaxKeptFrames = 64;
    private const int MaxKeptBytes = 256 * 1024;

    // Cursors with the same position and snapshot size share one join.
    private const int MaxJoinsPerRound = 16;

    private readonly Lock _lock = new();
    private readonly HashSet<WindowCursor> _cursors = [];
    private readonly Queue<(StreamLink Link, long Since)> _kept = new();
    private Dictionary<StreamJoin, List<WindowCursor>> _joins = [];
    private Dictionary<int, BarFrame> _snapshots = [];
    private StreamLink? _tip;
    private long _announced;
    private long _keptBytes;
    private bool _checkRequested;
    private bool _running;
    private volatile bool _gone;

    public WindowRef Window => window;

    /// <summary>Whether the ticker was deleted.</summary>
    public bool IsGone => _gone;

    public void Add(WindowCursor cursor)
    {
        lock (_lock)
        {
            _cursors.Add(cursor);
        }
    }

    /// <returns>Whether the window has no cursors left.</returns>
    public bool Remove(WindowCursor cursor)
    {
        lock (_lock)
        {
            _cursors.Remove(cursor);
            return _cursors.Count == 0;
        }
    }

    /// <summary>
    /// Requests the events that lead the cursor from its position to the newest version; the next round places the cursor.
    /// </summary>
    public void Join(WindowCursor cursor, StreamJoin join)
    {
        lock (_lock)
        {
            if (!_joins.TryGetValue(join, out var cursors))
            {
                _joins[join] = cursors = [];
            }

            cursors.Add(cursor);
        }

        Run();
    }

    /// <summary>Handles a version that Redis announced.</summary>
    public void Announce(long version)
    {
        lock (_lock)
        {
            if (version <= Math.Max(_announced, _tip?.Version ?? -1))
            {
                return;
            }

            _announced = version;
        }

        Run();
    }

    /// <summary>Handles the version that polling found in the database; null if the ticker does not exist.</summary>
    /// <returns>Whether the version is newer than any that was read or announced.</returns>
    public bool Polled(long? version)
    {
        lock (_lock)
        {
            if (_tip is null || version == _tip.Version)
            {
                return false;
            }

            var isNews = version > Math.Max(_announced, _tip.Version);
            // A lower version comes from a restored database, or was polled just before the last round. The next round finds out.
            _checkRequested = true;
            Run();
            return isNews;
        }
    }

    /// <summary>Requests a round, because the ticker itself was changed.</summary>
    public void Check()
    {
        lock (_lock)
        {
            _checkRequested = true;
        }

        Run();
    }

    /// <summary>
    /// Drops the frames that were kept for longer than <paramref name="maxAge"/>. A cursor that still needs one joins again.
    /// </summary>
    public void Trim(long now, long maxAge)
    {
        lock (_lock)
        {
            while (_kept.TryPeek(out var oldest) && now - oldest.Since > maxAge)
            {
                DropOldestFrame();
            }

            if (_kept.Count == 0)
            {
                _snapshots = [];
            }
        }
    }

    private void Run()
    {
        lock (_lock)
        {
            if (!_running && HasWork())
            {
                _running = true;
                hub.Start(RunAsync);
            }
        }
    }

    // Without a tip no cursor has been placed yet, so no subscription needs the changes.
    private bool HasWork() =>
        !_gone && (_joins.Count > 0 || (_tip is not null && _cursors.Count > 0 && (_checkRequested || _announced > _tip.Version)));

    private async Task RunAsync(CancellationToken stopping)
    {
        var pause = BarHub.FirstPause;
        while (true)
        {
            Dictionary<StreamJoin, List<WindowCursor>> joins;
            long announced;
            lock (_lock)
            {
                if (!HasWork())
                {
                    _running = false;
                    return;
                }
            }

            await hub.AcquireReadAsync(stopping);
            try
            {
                lock (_lock)
                {
                    (joins, announced) = (TakeJoins(), _announced);
                    _checkRequested = false;
                }

                try
                {
                    var round = await hub.Changes.ReadAsync(window, _tip?.Version, joins.Keys, _snapshots, stopping);
                    Publish(round, joins, announced);
                    pause = BarHub.FirstPause;
                    continue;
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    // Retry after any exception: the subscriptions wait, and the next attempt may succeed.
                    if (hub.MayLogFault())
                    {
                        hub.Logger.ChangesNotRead(
                            DatabaseFaults.IsAway(e) ? null : e,
                            window.Symbol.Value,
                            window.Timeframe.Name,
                            e.Message,
                            pause
                        );
                    }

                    ReturnJoins(joins);
                }
            }
            finally
            {
                hub.ReleaseRead();
            }

            await Task.Delay(pause, hub.Time, stopping);
            pause = pause * 2 < BarHub.LongestPause ? pause * 2 : BarHub.LongestPause;
        }
    }

    private Dictionary<StreamJoin, List<WindowCursor>> TakeJoins()
    {
        var taken = _joins;
        _joins = [];
        if (taken.Count > MaxJoinsPerRound)
        {
            foreach (var (join, cursors) in taken.Skip(MaxJoinsPerRound))
            {
                _joins[join] = cursors;
            }

            foreach (var join in _joins.Keys)
            {
                taken.Remove(join);
            }
        }

        return taken;
    }

    private void ReturnJoins(Dictionary<StreamJoin, List<WindowCursor>> joins)
    {
        lock (_lock)
        {
            _checkRequested = true;
            foreach (var (join, cursors) in joins)
            {
                if (_joins.TryGetValue(join, out var others))
                {
                    others.AddRange(cursors);
                }
                else
                {
                    _joins[join] = cursors;
                }
            }
        }
    }

    private void Publish(StreamRound round, Dictionary<StreamJoin, List<WindowCursor>> joins, long announced)
    {
        lock (_lock)
        {
            var changed = round.Gone;
            if (round.Gone)
            {
                _gone = true;
                hub.ForgetTicker(window);
            }
            else
            {
                if (_announced == announced && round.Version < announced)
                {
                    // The announced version does not exist; waiting for it would cause endless rounds.
                    _announced = round.Version;
                }

                if (_tip?.Version != round.Version)
                {
                    changed = true;
                    var link = new StreamLink(round.Version, round.Step);
                    _tip?.LinkTo(link);
                    _tip = link;
                    Keep(link);
                }

                _snapshots =
                    round.Snapshots.Count > 0 || _snapshots.Values.Any(snapshot => snapshot.Version != round.Version)
                        ? round.Snapshots
                        : _snapshots;
                foreach (var (join, cursors) in joins)
                {
                    var frame = round.Joined[join];
                    cursors.ForEach(cursor => cursor.Place(_tip, frame));
                }
            }

            if (changed)
            {
                foreach (var cursor in _cursors)
                {
                    cursor.Signal();
                }
            }
        }
    }

    private void Keep(StreamLink link)
    {
        _kept.Enqueue((link, hub.Time.GetTimestamp()));
        _keptBytes += Size(link);
        while (_kept.Count > 1 && (_kept.Count > MaxKeptFrames || _keptBytes > MaxKeptBytes))
        {
            DropOldestFrame();
        }
    }

    private void DropOldestFrame()
    {
        var (link, _) = _kept.Dequeue();
        _keptBytes -= Size(link);
        link.DropFrame();
    }

    private static int Size(StreamLink link) => link.Frame?.Text.Length ?? 0;
}
