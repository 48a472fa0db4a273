namespace Wyckoff.MarketData;

/// <summary>
/// The fields of a bar that follow from the bars before it. Feed the bars of one ticker and timeframe in the order of their time.
/// The database's <c>market.rederive</c> is the definition; this computes the same where rows are copied straight in.
/// </summary>
public sealed class BarDerivation
{
    public const int Window = 20;
    private const decimal Cap = 999_999.9999m;

    private readonly decimal[] _spreads = new decimal[Window];
    private readonly decimal[] _volumes = new decimal[Window];
    private int _seen;
    private decimal _spreadSum;
    private decimal _volumeSum;

    public readonly record struct Fields(decimal Spread, decimal SpreadRatio, decimal VolumeRatio, bool LowHistory);

    /// <summary>The derived fields of the next bar, which thereby becomes history for those after it.</summary>
    public Fields Next(decimal high, decimal low, decimal volume)
    {
        var spread = high - low;
        var before = Math.Min(_seen, Window);
        var fields = new Fields(spread, Ratio(spread, _spreadSum, before), Ratio(volume, _volumeSum, before), before < Window);

        var slot = _seen % Window;
        _spreadSum += spread - _spreads[slot];
        _volumeSum += volume - _volumes[slot];
        (_spreads[slot], _volumes[slot]) = (spread, volume);
        _seen++;
        return fields;
    }

    private static decimal Ratio(decimal value, decimal sum, int count) => (count, sum) switch
    {
        (0, _) => 1m,
        (_, 0m) => 0m,
        // value ÷ (sum ÷ count), with the division that may not end last
        _ => Math.Min(Cap, Math.Round(value * count / sum, 4, MidpointRounding.AwayFromZero)),
    };
}
