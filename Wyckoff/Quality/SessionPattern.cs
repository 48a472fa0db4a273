using Wyckoff.Primitives;

namespace Wyckoff.Quality;

/// <summary>
/// When a ticker has bars, learnt from its bars, and which are therefore missing. Feed the bars in the order of their time, then ask. What is expected:
/// <list type="bullet">
/// <item>A day of the week, when more than half of its dates have a bar.</item>
/// <item>A local time of such a day, when more than half of its dates with bars have one then, of those that can (bars are on a grid of UTC, so 4-hour bars change their local
/// time with daylight saving). A day of the week with fewer than four dates goes by those of all days.</item>
/// <item>Nothing on a date without any bar that was a holiday: see <see cref="DaysWithoutBars"/>.</item>
/// </list>
/// </summary>
public sealed class SessionPattern
{
    /// <summary>So many expected dates in a row may be without any bar and pass for holidays; more are missing.</summary>
    public const int LongestHoliday = 7;

    private const int Enough = 4;
    private const int Minutes = 24 * 60;

    private readonly Timeframe _timeframe;
    private readonly TimeZoneInfo _zone;
    private readonly DateTimeOffset _start;
    private readonly SortedDictionary<DateOnly, SessionDay> _days = [];
    private SessionDay? _today;
    private DateTimeOffset _end;
    private bool[][]? _expected;

    /// <param name="timeframe">Of the bars.</param>
    /// <param name="zone">The ticker's.</param>
    /// <param name="start">From when on bars are expected: not before the first there is.</param>
    public SessionPattern(Timeframe timeframe, TimeZoneInfo zone, DateTimeOffset start) =>
        (_timeframe, _zone, _start, _end) = (timeframe, zone, start, start);

    /// <summary>On how many dates there are bars.</summary>
    public int Sessions => _days.Count;

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

    /// <summary>Bars are expected up to here, and not only to the last that was fed.</summary>
    public void End(DateTimeOffset end) => (_end, _expected) = (end, null);

    /// <summary>
    /// Dates without any bar on which some are expected. Such a date is missing when it is known that there was trading (the caller may know of a daily bar, or of bars of
    /// other tickers of the same market), or when it is one of more than <see cref="LongestHoliday"/> in a row; otherwise it was a holiday.
    /// </summary>
    public IReadOnlyList<DateOnly> DaysWithoutBars()
    {
        var expected = _expected ??= Learn();
        return [.. Dates().Where(date => !_days.ContainsKey(date) && expected[(int)date.DayOfWeek].Contains(true))];
    }

    /// <summary>What is expected and what of it is missing, given the dates without any bar on which there was trading.</summary>
    public (long Expected, long Missing, IReadOnlyList<BarGap> Gaps, IReadOnlyList<DateOnly> Closed) Compare(IReadOnlySet<DateOnly> traded)
    {
        var expected = _expected ??= Learn();
        var closed = Holidays(traded);
        var (total, missing) = (0L, 0L);
        var gaps = new List<BarGap>();
        BarGap? gap = null;
        foreach (var date in Dates())
        {
            var there = _days.TryGetValue(date, out var day);
            if (closed.Contains(date) || (!there && !expected[(int)date.DayOfWeek].Contains(true)))
            {
                continue;
            }

            day ??= new SessionDay(_timeframe, _zone, date);
            var counted = false;
            for (var place = 0; place < day.Places; place++)
            {
                var time = day.TimeOf(place);
                if (!Contains(time))
                {
                    continue;
                }

                var isExpected = expected[(int)date.DayOfWeek][day.MinuteOf(place)];
                total += isExpected ? 1 : 0;
                if (day.IsPresent(place))
                {
                    Close();
                }
                else if (isExpected)
                {
                    missing++;
                    gap = new(
                        gap?.From ?? time,
                        time + _timeframe.Width,
                        (gap?.Bars ?? 0) + 1,
                        (gap?.WholeDays ?? 0) + (there || counted ? 0 : 1)
                    );
                    counted = true;
                }
            }
        }

        Close();
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

    // Day of the week → local minute → is a bar expected?
    private bool[][] Learn()
    {
        var dates = new int[7];
        foreach (var date in Dates())
        {
            dates[(int)date.DayOfWeek]++;
        }

        var sessions = new int[7];
        var (can, has) = (Counters(), Counters());
        foreach (var day in _days.Values)
        {
            var weekday = (int)day.Date.DayOfWeek;
            sessions[weekday]++;
            for (var place = 0; place < day.Places; place++)
            {
                if (!Contains(day.TimeOf(place)))
                {
                    continue;
                }

                var minute = day.MinuteOf(place);
                can[weekday][minute]++;
                has[weekday][minute] += day.IsPresent(place) ? 1 : 0;
            }
        }

        var all = Enumerable
            .Range(0, Minutes)
            .Select(minute => can.Sum(counts => counts[minute]) < 2 * has.Sum(counts => counts[minute]))
            .ToArray();
        return
        [
            .. Enumerable
                .Range(0, 7)
                .Select(weekday =>
                    2 * sessions[weekday] <= dates[weekday] ? new bool[Minutes]
                    : sessions[weekday] < Enough ? all
                    : [.. Enumerable.Range(0, Minutes).Select(minute => can[weekday][minute] < 2 * has[weekday][minute])]
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
