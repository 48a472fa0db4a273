namespace Wyckoff.Live;

/// <summary>Which figures of a bar a trade counts for.</summary>
[Flags]
internal enum TradeUse
{
    None = 0,
    OpenClose = 1,
    HighLow = 2,

    /// <summary>Volume, trade count and vwap.</summary>
    Volume = 4,
    All = OpenClose | HighLow | Volume,
}

/// <summary>
/// What the sale conditions of the consolidated tapes say about minute bars. Unlike for a day, trades outside the session (T) count wholly: their minutes have bars
/// of their own.
/// </summary>
internal static class TradeUses
{
    /// <param name="conditions">A byte for each condition.</param>
    /// <param name="tape">A, B: CTA; C: UTP, where a B is something else.</param>
    public static TradeUse Of(ulong conditions, char tape)
    {
        var use = TradeUse.All;
        for (; conditions != 0; conditions >>= 8)
        {
            use &= (char)(conditions & 0xFF) switch
            {
                // Official prices and corrections of the close repeat what was traded.
                'M' or 'Q' or '9' => TradeUse.None,
                // Cash, next day, seller, price variation, odd lot, sold out of sequence after hours, contingent, average price.
                'C' or 'N' or 'R' or 'H' or 'I' or 'U' or 'V' or 'W' or '7' => TradeUse.Volume,
                'B' when tape is 'A' or 'B' => TradeUse.Volume,
                // Bunched sold, prior reference price, sold out of sequence, derivatively priced: the price is right, its time is not.
                'G' or 'P' or 'Z' or '4' => TradeUse.HighLow | TradeUse.Volume,
                _ => TradeUse.All,
            };
        }

        return use;
    }
}
