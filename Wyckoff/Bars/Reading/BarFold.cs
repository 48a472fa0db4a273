using Wyckoff.Bars.RollUp;

namespace Wyckoff.Bars.Reading;

/// <summary>Resamples bars to a wider period, by the same rules as the roll-up of stored bars.</summary>
public sealed class BarFold(BarPeriod period, IBarSink next) : IBarSink
{
    private readonly BarRollUp _rollUp = new(period.Source, time => (period.Bucket(time), period.Next(period.Bucket(time))));

    public void Add(in BarRow row)
    {
        var bar = new IncomingBar(
            row.Time,
            row.Open,
            row.High,
            row.Low,
            row.Close,
            row.Volume,
            row.TradeCount == BarRow.Null ? IncomingBar.Unknown : (int)row.TradeCount,
            row.Vwap == BarRow.Null ? 0 : row.Vwap
        );
        if (
            _rollUp.Add(
                bar,
                row.QualityScore == BarRow.Null ? BarDerivation.Unrated : (int)(row.QualityScore / (IncomingBar.One / 100)),
                out var complete,
                out var quality
            )
        )
        {
            Pass(complete, quality);
        }
    }

    public void End()
    {
        if (_rollUp.TryTake(out var last, out var quality))
        {
            Pass(last, quality);
        }

        next.End();
    }

    private void Pass(in IncomingBar bar, int quality) =>
        next.Add(
            new()
            {
                Time = bar.Time,
                Open = bar.Open,
                High = bar.High,
                Low = bar.Low,
                Close = bar.Close,
                Volume = bar.Volume,
                TradeCount = bar.TradeCount == IncomingBar.Unknown ? BarRow.Null : bar.TradeCount,
                Vwap = bar.Vwap == 0 ? BarRow.Null : bar.Vwap,
                Spread = bar.Spread,
                QualityScore = quality == BarDerivation.Unrated ? BarRow.Null : quality * (IncomingBar.One / 100),
            }
        );
}
