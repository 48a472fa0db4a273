using Wyckoff.Primitives;

namespace Wyckoff.Quality;

/// <summary>
/// Learns from the bars of a ticker when it usually has bars, and finds the missing ones. Add all bars in ascending order of time,
/// then call Compare.
/// Bars are expected as follows:
/// <list type="bullet">
/// <item>On a day of the week if more than half of its dates have a bar.</item>
/// <item>At a local time of such a day if more than half of its dates with bars have a bar then. Only dates that can have a bar then are
/// counted, because bars are aligned in UTC, so the local times of 4-hour bars change with daylight saving time. For a day of the week with
/// fewer than four dates, the dates of all days are counted.</item>
/// <item>Not on holidays: see <see cref="DaysWithoutBars"/>.</item>
/// </list>
/// </summary>
public sealed class ExpectedBars
{
    /// <summary>The maximum number of expected dates in a row without bars that count as holidays. Longer runs count as missing.</summary>
    public const int LongestHoliday = 7;

    private const int MinDates = 4;
    private const int Minutes = 24 * 60;

    private readonly Timeframe _timeframe;
    private readonly TimeZoneInfo _zone;
    private readonly DateTimeOffset _start;
    private readonly SortedDictionary<DateOnly, SessionDay> _days = [];
    private SessionDay? _today;
    private DateTimeOffset _end;
    private bool[][]? _expected;

    /// <param name="timeframe">The timeframe of the bars.</param>
    /// <param name="zone">The time zone of the ticker.</param>
    /// <param name="start">The time from which bars are expected; not earlier than the first bar of the ticker.</param>
    public ExpectedBars(Timeframe timeframe, TimeZoneInfo zone, DateTimeOffset start) =>
        (_timeframe, _zone, _start, _end) = (timeframe, zone, start, start);

    /// <summary>The number of dates with bars.</summary>
    public int Sessions => _days.Count;

    /// <summary>The dates on which bars are stored or expected, and holidays, in ascending order; known after Compare.</summary>
    public IReadOnlyList<DayCoverage> Days { get; private set; } = [];

    public void Add(DateTimeOffset timestamp)
    {
        if (_today is null || timestamp >= _today.End)
        {
            var date = SessionDay.DateOf(_timeframe, _zone, timestamp);
            _days[date] = _today = new SessionDay(_timeframe, _zone, date);
        }

        _today.Add(timestamp);
        _end = timestamp + _timeframe.Width;
        _expected = null;
    }

    /// <summary>Extends the range in which bars are expected beyond the last bar added.</summary>
    public void End(DateTimeOffset end) => (_end, _expected) = (end, null);

    /// <summary>
    /// The dates on which bars are expected but none is stored. The bars of such a date are missing if there was trading (the caller may
    /// know of a daily bar, or of bars of other tickers of the same market) or if more than <see cref="LongestHoliday"/> such dates follow
    /// each other. Otherwise the date was a holiday.
    /// </summary>
    public IReadOnlyList<DateOnly> DaysWithoutBars()
    {
        var expected = _expected ??= Learn();
        return [.. Dates().Where(date => !_days.ContainsKey(date) && expected[(int)date.DayOfWeek].Contains(true))];
    }

    /// <summary>
    /// Compares the expected bars with the stored ones. <paramref name="traded"/> are dates without bars on which there was trading.
    /// </summary>
    public (long Expected, long Missing, IReadOnlyList<BarGap> Gaps, IReadOnlyList<DateOnly> Closed) Compare(IReadOnlySet<DateOnly> traded)
    {
        var expected = _expected ??= Learn();
        var closed = Holidays(traded);
        var (total, missing) = (0L, 0L);
        var gaps = new List<BarGap>();
        var days = new List<DayCoverage>();
        BarGap? gap = null;
        foreach (var date in Dates())
        {
            if (closed.Contains(date))
            {
                days.Add(new(date, 0, 0, 0, IsClosed: true));
                continue;
            }

            var hasBars = _days.TryGetValue(date, out var day);
            if (!hasBars && !expected[(int)date.DayOfWeek].Contains(true))
            {
                continue;
            }

            day ??= new SessionDay(_timeframe, _zone, date);
            var (before, missingBefore, present) = (total, missing, 0L);
            var counted = false;
            for (var slot = 0; slot < day.Slots; slot++)
            {
                var time = day.TimeOf(slot);
                if (!Contains(time))
                {
                    continue;
                }

                var isExpected = expected[(int)date.DayOfWeek][day.MinuteOf(slot)];
                total += isExpected ? 1 : 0;
                if (day.IsPresent(slot))
                {
                    present++;
                    Close();
                }
                else if (isExpected)
                {
                    missing++;
                    gap = new(
                        gap?.From ?? time,
                        time + _timeframe.Width,
                        (gap?.Bars ?? 0) + 1,
                        (gap?.WholeDays ?? 0) + (hasBars || counted ? 0 : 1)
                    );
                    counted = true;
                }
            }

            days.Add(new(date, present, total - before, missing - missingBefore, IsClosed: false));
        }

        Close();
        Days = days;
        return (total, missing, gaps, [.. closed.Order()]);

        void Close()
        {
            if (gap is not null)
            {
                gaps.Add(gap);
                gap = null;
            }
        }
    }

    private HashSet<DateOnly> Holidays(IReadOnlySet<DateOnly> traded)
    {
        var closed = new HashSet<DateOnly>();
        var run = new List<DateOnly>();
        var without = DaysWithoutBars().ToHashSet();
        foreach (var date in Dates())
        {
            if (without.Contains(date))
            {
                run.Add(date);
            }
            else if (_days.ContainsKey(date))
            {
                End();
            }
        }

        End();
        return closed;

        void End()
        {
            if (run.Count <= LongestHoliday)
            {
                closed.UnionWith(run.Where(date => !traded.Contains(date)));
            }

            run.Clear();
        }
    }

    // Whether a bar is expected, by day of the week and minute of the local day.
    private bool[][] Learn()
    {
        var dates = new int[7];
        foreach (var date in Dates())
        {
            dates[(int)date.DayOfWeek]++;
        }

        var sessions = new int[7];
        var (possible, present) = (Counters(), Counters());
        foreach (var day in _days.Values)
        {
            var weekday = (int)day.Date.DayOfWeek;
            sessions[weekday]++;
            for (var slot = 0; slot < day.Slots; slot++)
            {
                if (!Contains(day.TimeOf(slot)))
                {
                    continue;
                }

                var minute = day.MinuteOf(slot);
                possible[weekday][minute]++;
                present[weekday][minute] += day.IsPresent(slot) ? 1 : 0;
            }
        }

        var all = Enumerable
            .Range(0, Minutes)
            .Select(minute => possible.Sum(counts => counts[minute]) < 2 * present.Sum(counts => counts[minute]))
            .ToArray();
        return
        [
            .. Enumerable
                .Range(0, 7)
                .Select(weekday =>
                    2 * sessions[weekday] <= dates[weekday] ? new bool[Minutes]
                    : sessions[weekday] < MinDates ? all
                    : [.. Enumerable.Range(0, Minutes).Select(minute => possible[weekday][minute] < 2 * present[weekday][minute])]
                ),
        ];

        static int[][] Counters() => [.. Enumerable.Range(0, 7).Select(_ => new int[Minutes])];
    }

    private bool Contains(DateTimeOffset time) => time >= _start && time < _end;

    private IEnumerable<DateOnly> Dates()
    {
        var last = SessionDay.DateOf(_timeframe, _zone, _end.AddTicks(-1));
        for (var date = SessionDay.DateOf(_timeframe, _zone, _start); date <= last; date = date.AddDays(1))
        {
            yield return date;
        }
    }
}
