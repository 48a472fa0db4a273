namespace Wyckoff.Quality;

/// <summary>A bar that looks wrong, by which rule, and the numbers that made it so; those that the rule does not ask are null.</summary>
/// <param name="Timestamp">Of the bar.</param>
/// <param name="Rule">move, flat or zero_volume.</param>
/// <param name="Close">Its close.</param>
/// <param name="PreviousClose">That of the bar before.</param>
/// <param name="MeanSpread">Mean spread of the 20 bars before.</param>
/// <param name="Times">How many times that the close has moved; null too when the mean is 0.</param>
/// <param name="Volume">What was traded.</param>
public sealed record Outlier(
    DateTimeOffset Timestamp,
    string Rule,
    decimal Close,
    decimal? PreviousClose,
    decimal? MeanSpread,
    decimal? Times,
    decimal Volume
);

/// <summary>Finds bars that look wrong. Feed the bars in the order of their time; the rules are those of <c>quality_score</c>.</summary>
public sealed class OutlierRules
{
    /// <summary>The close has moved by more than ten times the mean spread of the 20 bars before.</summary>
    public const string Move = "move";

    /// <summary>One price for all, though something was traded.</summary>
    public const string Flat = "flat";

    /// <summary>Nothing was traded.</summary>
    public const string ZeroVolume = "zero_volume";

    /// <summary>How many bars before a bar are asked.</summary>
    public const int Window = 20;

    private const int Tolerated = 10;
    private readonly Queue<decimal> _spreads = new(Window + 1);
    private decimal _sum;
    private decimal? _close;

    public IEnumerable<Outlier> Next(DateTimeOffset timestamp, BarAmounts bar)
    {
        var (previous, sum, known) = (_close, _sum, _spreads.Count == Window);
        _close = bar.Close;
        _sum += bar.High - bar.Low;
        _spreads.Enqueue(bar.High - bar.Low);
        if (known)
        {
            _sum -= _spreads.Dequeue();
        }

        return Judge();

        IEnumerable<Outlier> Judge()
        {
            // |move| > 10 × sum / 20, without the division.
            if (known && previous is { } before && Math.Abs(bar.Close - before) * Window > Tolerated * sum)
            {
                yield return new(
                    timestamp,
                    Move,
                    bar.Close,
                    before,
                    sum / Window,
                    sum == 0 ? null : Math.Round(Math.Abs(bar.Close - before) * Window / sum, 2),
                    bar.Volume
                );
            }

            if (bar.Volume == 0)
            {
                yield return new(timestamp, ZeroVolume, bar.Close, null, null, null, 0);
            }
            else if (bar.High == bar.Low)
            {
                yield return new(timestamp, Flat, bar.Close, null, null, null, bar.Volume);
            }
        }
    }
}
