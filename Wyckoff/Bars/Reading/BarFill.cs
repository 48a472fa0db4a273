namespace Wyckoff.Bars.Reading;

/// <summary>
/// Fills the gaps between bars, and passes all bars on. After it, every step of the period from the first bar to the last has a bar.
/// Nothing is added before the first or after the last.
/// </summary>
/// <param name="period">Grid of the bars.</param>
/// <param name="fill">How gaps are filled.</param>
/// <param name="after">Bars up to this time are not passed on. They only determine how a gap after them is filled.</param>
/// <param name="most">Maximum number of bars to pass on.</param>
/// <param name="next">Receives the bars.</param>
public sealed class BarFill(BarPeriod period, GapFill fill, long after, long most, IBarSink next) : IBarSink
{
    private BarRow _last;
    private bool _any;
    private long _passed;

    public void Add(in BarRow row)
    {
        if (_any)
        {
            for (var time = Start(row.Time); time < row.Time && _passed < most; time = period.Next(time))
            {
                Pass(Between(time, row));
            }
        }

        Pass(row);
        (_last, _any) = (row, true);
    }

    public void End() => next.End();

    // Skips the steps up to 'after', which are not passed on: a gap may have millions of them.
    private long Start(long until)
    {
        var first = period.Next(_last.Time);
        return first > after ? first
            : after >= until ? until
            : period.Next(period.Bucket(after));
    }

    private void Pass(in BarRow row)
    {
        if (row.Time > after && _passed < most)
        {
            _passed++;
            next.Add(row);
        }
    }

    private BarRow Between(long time, in BarRow end)
    {
        if (fill == GapFill.Null)
        {
            return new()
            {
                Time = time,
                Filled = true,
                Empty = true,
            };
        }

        var close = fill == GapFill.Previous ? _last.Close : Line(_last.Close, end.Close, time - _last.Time, end.Time - _last.Time);
        return new()
        {
            Time = time,
            Filled = true,
            Open = close,
            High = close,
            Low = close,
            Close = close,
            Vwap = BarRow.Null,
            QualityScore = BarRow.Null,
        };
    }

    // Rounds half away from zero at the eighth decimal place.
    private static long Line(long from, long to, long part, long whole)
    {
        var value = (Int128)from * whole + (Int128)(to - from) * part;
        return (long)((2 * value + (value < 0 ? -whole : whole)) / (2 * (Int128)whole));
    }
}
