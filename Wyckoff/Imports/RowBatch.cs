using System.Buffers;
using Wyckoff.Bars;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Imports;

/// <summary>A row that is not imported: its line, its text and the reason.</summary>
internal readonly record struct RejectedRow(long Line, string Text, string Reason);

/// <summary>The bars of one symbol and timeframe in a file.</summary>
internal sealed class Series(int index, Symbol symbol, Timeframe timeframe, int lane, NegativePrices? negative = null)
{
    private readonly bool _allowsNegative = negative?.Allows(symbol) ?? false;

    /// <summary>The lane of <see cref="ImportPipeline"/> that writes this symbol.</summary>
    public int Lane { get; } = lane;

    /// <summary>The number of this series within the file.</summary>
    public int Index { get; } = index;

    public Symbol Symbol { get; } = symbol;

    public Timeframe Timeframe { get; } = timeframe;

    /// <summary>The width of a bar in microseconds.</summary>
    public long Width { get; } = timeframe.Width.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Resolves times that a clock shows twice.</summary>
    public ClockState Clock { get; } = new();

    /// <summary>Returns the rule that a bar breaks, or null.</summary>
    public string? BrokenRule(in IncomingBar bar) =>
        bar.BrokenRule(_allowsNegative) is not { } rule ? null
        : negative is null || _allowsNegative || bar.BrokenRule(allowsNegative: true) is not null ? rule
        : $"{rule}; {negative.HowToAllow(Symbol)}";

    /// <summary>
    /// Returns what is wrong with the time of a bar, or null. The earliest time is a rule of <see cref="IncomingBar"/>; the latest is here
    /// because it needs the clock.
    /// </summary>
    /// <param name="time">Microseconds since 1970, UTC.</param>
    /// <param name="latest">The latest time that is accepted.</param>
    public string? FaultOf(long time, long latest) =>
        time > latest ? $"time {TimestampParts.Text(time)} is in the future"
        : time % Width != 0 && !Timeframe.IsDaily ? $"time {TimestampParts.Text(time)} UTC is not the beginning of a bar of {Timeframe}"
        : null;
}

/// <summary>The bars of one series in a batch, in the order of the file.</summary>
internal readonly record struct Run(Series Series, ReadOnlyMemory<IncomingBar> Bars);

/// <summary>
/// Rows on their way from the reader to the writers. Batches are reused, so memory does not depend on the size of the file.
/// </summary>
internal sealed class RowBatch : IDisposable
{
    /// <summary>Rejects keep their text and need more memory than bars, so fewer of them fill a batch.</summary>
    public const int MaxRejects = 5_000;

    private IncomingBar[] _bars = ArrayPool<IncomingBar>.Shared.Rent(1 << 14);
    private Series?[] _series = ArrayPool<Series?>.Shared.Rent(1 << 14);
    private readonly int[] _rounded = new int[ImportPipeline.Lanes];
    private IncomingBar[] _sorted = [];
    private int[] _slots = [];
    private int _maxIndex = -1;
    private bool _mixed;

    public int Count { get; private set; }

    /// <summary>How many bars make the batch full.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>How many bars and rejects together make the batch full.</summary>
    public int MaxRows { get; set; } = int.MaxValue;

    public List<RejectedRow> Rejects { get; } = [];

    /// <summary>How many bytes of the file had been read at the end of this batch.</summary>
    public long BytesRead { get; set; }

    public bool IsFull => Count >= Limit || Rejects.Count >= MaxRejects || Count + Rejects.Count >= MaxRows;

    public bool IsEmpty => Count == 0 && Rejects.Count == 0;

    /// <summary>The bars by series; filled by <see cref="Group"/>.</summary>
    public List<Run> Runs { get; } = [];

    /// <summary>How many of the rows that a lane writes have a number that was rounded.</summary>
    public int RoundedIn(int lane) => _rounded[lane];

    public void Add(Series series, in IncomingBar bar, bool rounded = false)
    {
        _rounded[series.Lane] += rounded ? 1 : 0;
        if (Count == _bars.Length)
        {
            Grow(ref _bars);
            Grow(ref _series);
        }

        _mixed |= Count > 0 && _series[0] != series;
        _bars[Count] = bar;
        _series[Count++] = series;
        _maxIndex = Math.Max(_maxIndex, series.Index);
    }

    /// <summary>A bar with its series, counted from 0 in the order of the file.</summary>
    public (Series Series, IncomingBar Bar) this[int index] => (_series[index]!, _bars[index]);

    public void Reject(long line, string text, string reason) => Rejects.Add(new(line, text, reason));

    public void Clear()
    {
        Array.Clear(_series, 0, Count);
        Array.Clear(_rounded);
        (Count, _maxIndex, _mixed, BytesRead) = (0, -1, false, 0);
        Rejects.Clear();
        Runs.Clear();
    }

    /// <summary>
    /// Groups the bars by series. If <paramref name="carry"/> is set, the bars of the last day of each series move to that batch: more bars
    /// of the day may follow, and a day that is written at once is rolled up once.
    /// </summary>
    public void Group(RowBatch? carry)
    {
        Runs.Clear();
        if (Count == 0)
        {
            return;
        }

        if (!_mixed)
        {
            Runs.Add(new(_series[0]!, _bars.AsMemory(0, Count)));
        }
        else
        {
            Sort();
        }

        if (carry is not null)
        {
            CarryDays(carry);
        }
    }

    public void Dispose()
    {
        ArrayPool<IncomingBar>.Shared.Return(_bars);
        ArrayPool<Series?>.Shared.Return(_series, clearArray: true);
        if (_sorted.Length > 0)
        {
            ArrayPool<IncomingBar>.Shared.Return(_sorted);
        }

        (_bars, _series, _sorted) = ([], [], []);
    }

    private void Sort()
    {
        if (_sorted.Length < Count)
        {
            if (_sorted.Length > 0)
            {
                ArrayPool<IncomingBar>.Shared.Return(_sorted);
            }

            _sorted = ArrayPool<IncomingBar>.Shared.Rent(_bars.Length);
        }

        if (_slots.Length <= _maxIndex)
        {
            _slots = new int[Math.Max(_maxIndex + 1, 2 * _slots.Length)];
        }

        // Counting sort: count the bars of each series, compute where each series starts, then place each bar.
        var slots = _slots.AsSpan(0, _maxIndex + 1);
        slots.Clear();
        for (var i = 0; i < Count; i++)
        {
            if (slots[_series[i]!.Index]++ == 0)
            {
                Runs.Add(new(_series[i]!, default));
            }
        }

        var start = 0;
        for (var i = 0; i < Runs.Count; i++)
        {
            var series = Runs[i].Series;
            var count = slots[series.Index];
            Runs[i] = new(series, _sorted.AsMemory(start, count));
            slots[series.Index] = start;
            start += count;
        }

        for (var i = 0; i < Count; i++)
        {
            _sorted[slots[_series[i]!.Index]++] = _bars[i];
        }
    }

    private void CarryDays(RowBatch carry)
    {
        // At most a quarter of the batch is carried over; otherwise the same bars could move from batch to batch without being written.
        var room = Count / 4;
        for (var i = 0; i < Runs.Count; i++)
        {
            var (series, bars) = Runs[i];
            if (series.Timeframe.IsDaily)
            {
                continue;
            }

            var span = bars.Span;
            var day = Day(span[^1].Time);
            var keep = span.Length;
            while (keep > 0 && Day(span[keep - 1].Time) == day)
            {
                keep--;
            }

            if (keep == 0 || span.Length - keep > room)
            {
                continue;
            }

            room -= span.Length - keep;
            foreach (var bar in span[keep..])
            {
                carry.Add(series, bar);
            }

            Runs[i] = new(series, bars[..keep]);
        }
    }

    private static long Day(long time) => Math.DivRem(time, TimestampParts.DayLength) is var (day, rest) && rest < 0 ? day - 1 : day;

    private void Grow<T>(ref T[] array)
    {
        var larger = ArrayPool<T>.Shared.Rent(2 * array.Length);
        array.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array, clearArray: true);
        array = larger;
    }
}
