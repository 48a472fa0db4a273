namespace Wyckoff.Live;

/// <summary>The values of a bar that a trade contributes to.</summary>
[Flags]
internal enum TradeUse
{
    None = 0,
    OpenClose = 1,
    HighLow = 2,

    /// <summary>The volume, the trade count and the vwap.</summary>
    Volume = 4,
    All = OpenClose | HighLow | Volume,
}

/// <summary>
/// Maps the sale conditions of the consolidated tapes to the values of a minute bar. Unlike in daily bars, trades outside the session (T)
/// contribute to all values, because their minutes have bars of their own.
/// </summary>
internal static class TradeUses
{
    /// <param name="conditions">The condition codes, one per byte.</param>
    /// <param name="tape">A or B for CTA, C for UTP. Condition B has another meaning on tape C.</param>
    public static TradeUse Of(ulong conditions, char tape)
    {
        var use = TradeUse.All;
        for (; conditions != 0; conditions >>= 8)
        {
            use &= (char)(conditions & 0xFF) switch
            {
                // Official prices and corrections of the close repeat trades that were already reported.
                'M' or 'Q' or '9' => TradeUse.None,
                // Cash, next day, seller, price variation, odd lot, sold out of sequence after hours, contingent, average price.
                'C' or 'N' or 'R' or 'H' or 'I' or 'U' or 'V' or 'W' or '7' => TradeUse.Volume,
                'B' when tape is 'A' or 'B' => TradeUse.Volume,
                // Bunched sold, prior reference price, sold out of sequence, derivatively priced: the price is valid, but its time is not.
                'G' or 'P' or 'Z' or '4' => TradeUse.HighLow | TradeUse.Volume,
                _ => TradeUse.All,
            };
        }

        return use;
    }
}
