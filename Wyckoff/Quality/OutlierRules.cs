namespace Wyckoff.Quality;

/// <summary>
/// A bar that looks wrong, the rule that says so, and the numbers that the rule uses. Numbers that it does not use are null.
/// </summary>
/// <param name="Timestamp">The timestamp of the bar.</param>
/// <param name="Rule">move, flat or zero_volume.</param>
/// <param name="Close">The close of the bar.</param>
/// <param name="PreviousClose">The close of the previous bar.</param>
/// <param name="MeanSpread">The mean spread of the 20 bars before.</param>
/// <param name="Times">The move of the close as a multiple of the mean spread; null if the mean spread is 0.</param>
/// <param name="Volume">The volume of the bar.</param>
public sealed record Outlier(
    DateTimeOffset Timestamp,
    string Rule,
    decimal Close,
    decimal? PreviousClose,
    decimal? MeanSpread,
    decimal? Times,
    decimal Volume
);

/// <summary>Finds bars that look wrong, by the rules of <c>quality_score</c>. The bars are fed in the order of time.</summary>
public sealed class OutlierRules
{
    /// <summary>Rule: the close moved by more than ten times the mean spread of the 20 bars before.</summary>
    public const string Move = "move";

    /// <summary>Rule: open, high, low and close are equal although there is volume.</summary>
    public const string Flat = "flat";

    /// <summary>Rule: the volume is 0.</summary>
    public const string ZeroVolume = "zero_volume";

    /// <summary>The number of bars before a bar that its mean spread is computed from.</summary>
    public const int Window = 20;

    private const int MaxSpreads = 10;
    private readonly Queue<decimal> _spreads = new(Window + 1);
    private decimal _sum;
    private decimal? _close;

    public IEnumerable<Outlier> Next(DateTimeOffset timestamp, BarAmounts bar)
    {
        var (previous, sum, hasLookback) = (_close, _sum, _spreads.Count == Window);
        _close = bar.Close;
        _sum += bar.High - bar.Low;
        _spreads.Enqueue(bar.High - bar.Low);
        if (hasLookback)
        {
            _sum -= _spreads.Dequeue();
        }

        return Find();

        IEnumerable<Outlier> Find()
        {
            // |move| > 10 × sum ÷ 20, without a division.
            if (hasLookback && previous is { } before && Math.Abs(bar.Close - before) * Window > MaxSpreads * sum)
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
