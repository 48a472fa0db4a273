using Wyckoff.Postgres;

namespace Wyckoff.Bars.Streaming;

/// <summary>
/// A window that somebody reads. One round at a time reads it, for all of its readers: those that have everything up to the last round, and those that came since.
/// What is said of it meanwhile waits for the next round, so the faster it changes, the more changes one round brings.
/// </summary>
internal sealed class WatchedWindow(StreamedWindow window, BarHub feed)
{
    // Enough for a reader that is a little behind; one that is further behind is told all at once.
    private const int MaxKept = 64;
    private const int MaxKeptBytes = 256 * 1024;

    // Those that come back with one and the same version are one.
    private const int JoinsAtOnce = 16;

    private readonly Lock _lock = new();
    private readonly HashSet<SubscribedWindow> _seats = [];
    private readonly Queue<(StreamLink Link, long Since)> _kept = new();
    private Dictionary<StreamJoin, List<SubscribedWindow>> _joins = [];
    private Dictionary<int, BarFrame> _snapshots = [];
    private StreamLink? _tip;
    private long _heard;
    private long _keptBytes;
    private bool _doubted;
    private bool _running;
    private volatile bool _gone;

    public StreamedWindow Window => window;

    /// <summary>There is no such ticker any more.</summary>
    public bool IsGone => _gone;

    public void Add(SubscribedWindow seat)
    {
        lock (_lock)
        {
            _seats.Add(seat);
        }
    }

    /// <returns>Whether that was the last one.</returns>
    public bool Remove(SubscribedWindow seat)
    {
        lock (_lock)
        {
            _seats.Remove(seat);
            return _seats.Count == 0;
        }
    }

    public void Join(SubscribedWindow seat, StreamJoin join)
    {
        lock (_lock)
        {
            if (!_joins.TryGetValue(join, out var seats))
            {
                _joins[join] = seats = [];
            }

            seats.Add(seat);
        }

        Run();
    }

    /// <summary>Somebody says that there is this version.</summary>
    public void Hear(long version)
    {
        lock (_lock)
        {
            if (version <= Math.Max(_heard, _tip?.Version ?? -1))
            {
                return;
            }

            _heard = version;
        }

        Run();
    }

    /// <summary>The database had this version a moment ago; null when it had no such ticker.</summary>
    /// <returns>Whether that was news.</returns>
    public bool See(long? version)
    {
        lock (_lock)
        {
            if (_tip is null || version == _tip.Version)
            {
                return false;
            }

            var news = version > Math.Max(_heard, _tip.Version);
            // Lower than what was read, after a restore; or read a moment before. A look will tell.
            _doubted = true;
            Run();
            return news;
        }
    }

    /// <summary>Something was done to the ticker: look.</summary>
    public void Doubt()
    {
        lock (_lock)
        {
            _doubted = true;
        }

        Run();
    }

    /// <summary>Forgets what nobody will need any more, but for readers that are slower than that.</summary>
    public void Trim(long now, long age)
    {
        lock (_lock)
        {
            while (_kept.TryPeek(out var oldest) && now - oldest.Since > age)
            {
                Forget();
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
                feed.Start(RunAsync);
            }
        }
    }

    // Without a tip there is nobody yet who has anything.
    private bool HasWork() => !_gone && (_joins.Count > 0 || (_tip is not null && _seats.Count > 0 && (_doubted || _heard > _tip.Version)));

    private async Task RunAsync(CancellationToken stopping)
    {
        var pause = BarHub.FirstPause;
        while (true)
        {
            Dictionary<StreamJoin, List<SubscribedWindow>> joins;
            long heard;
            lock (_lock)
            {
                if (!HasWork())
                {
                    _running = false;
                    return;
                }
            }

            await feed.EnterAsync(stopping);
            try
            {
                lock (_lock)
                {
                    (joins, heard) = (TakeJoins(), _heard);
                    _doubted = false;
                }

                try
                {
                    var round = await feed.Changes.ReadAsync(window, _tip?.Version, joins.Keys, _snapshots, stopping);
                    Publish(round, joins, heard);
                    pause = BarHub.FirstPause;
                    continue;
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    // Whatever it was, its readers wait for it, and the next attempt may go well.
                    if (feed.MayTell())
                    {
                        feed.Logger.ChangesNotRead(
                            DatabaseFaults.IsAway(e) ? null : e,
                            window.Symbol.Value,
                            window.Timeframe.Name,
                            e.Message,
                            pause
                        );
                    }

                    GiveBack(joins);
                }
            }
            finally
            {
                feed.Leave();
            }

            await Task.Delay(pause, feed.Time, stopping);
            pause = pause * 2 < BarHub.LongestPause ? pause * 2 : BarHub.LongestPause;
        }
    }

    private Dictionary<StreamJoin, List<SubscribedWindow>> TakeJoins()
    {
        var taken = _joins;
        _joins = [];
        if (taken.Count > JoinsAtOnce)
        {
            foreach (var (join, seats) in taken.Skip(JoinsAtOnce))
            {
                _joins[join] = seats;
            }

            foreach (var join in _joins.Keys)
            {
                taken.Remove(join);
            }
        }

        return taken;
    }

    private void GiveBack(Dictionary<StreamJoin, List<SubscribedWindow>> joins)
    {
        lock (_lock)
        {
            _doubted = true;
            foreach (var (join, seats) in joins)
            {
                if (_joins.TryGetValue(join, out var others))
                {
                    others.AddRange(seats);
                }
                else
                {
                    _joins[join] = seats;
                }
            }
        }
    }

    private void Publish(StreamRound round, Dictionary<StreamJoin, List<SubscribedWindow>> joins, long heard)
    {
        lock (_lock)
        {
            var changed = round.Gone;
            if (round.Gone)
            {
                _gone = true;
                feed.Lose(window);
            }
            else
            {
                if (_heard == heard && round.Version < heard)
                {
                    // Whoever said so was wrong.
                    _heard = round.Version;
                }

                if (_tip?.Version != round.Version)
                {
                    changed = true;
                    var link = new StreamLink(round.Version, round.Step);
                    _tip?.LeadTo(link);
                    _tip = link;
                    Keep(link);
                }

                _snapshots =
                    round.Snapshots.Count > 0 || _snapshots.Values.Any(snapshot => snapshot.Version != round.Version)
                        ? round.Snapshots
                        : _snapshots;
                foreach (var (join, seats) in joins)
                {
                    var frame = round.Joined[join];
                    seats.ForEach(seat => seat.Enter(_tip, frame));
                }
            }

            if (changed)
            {
                foreach (var seat in _seats)
                {
                    seat.Call();
                }
            }
        }
    }

    private void Keep(StreamLink link)
    {
        _kept.Enqueue((link, feed.Time.GetTimestamp()));
        _keptBytes += Size(link);
        while (_kept.Count > 1 && (_kept.Count > MaxKept || _keptBytes > MaxKeptBytes))
        {
            Forget();
        }
    }

    private void Forget()
    {
        var (link, _) = _kept.Dequeue();
        _keptBytes -= Size(link);
        link.Forget();
    }

    private static int Size(StreamLink link) => link.Frame?.Text.Length ?? 0;
}
