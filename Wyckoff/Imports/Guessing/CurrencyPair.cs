namespace Wyckoff.Imports.Guessing;

/// <summary>Tells symbols of currencies, metals and coins from other symbols.</summary>
internal static class CurrencyPair
{
    // One half of a pair is one of these: the others are rarely traded against each other.
    private static readonly HashSet<string> MajorCurrencies = Set("USD EUR GBP JPY CHF AUD NZD CAD");

    private static readonly HashSet<string> OtherCurrencies = Set(
        "SEK NOK DKK PLN HUF CZK RON TRY ZAR MXN BRL SGD HKD CNH CNY THB INR IDR KRW TWD PHP MYR ILS AED SAR RUB CLP COP"
    );

    private static readonly HashSet<string> Metals = Set("XAU XAG XPT XPD");

    // Kraken's codes, such as XXBTZUSD, are among them.
    private static readonly HashSet<string> Coins = Set(
        "BTC XBT XXBT ETH XETH XRP XXRP LTC XLTC BCH DOGE XDG XXDG ADA SOL DOT BNB TRX AVAX MATIC POL LINK UNI ATOM XLM XXLM ETC XETC "
            + "XMR XXMR ZEC XZEC DASH EOS XTZ NEO IOTA ALGO VET FIL ICP APT ARB NEAR AAVE MKR COMP SNX CRV YFI SUSHI GRT SAND MANA AXS "
            + "SHIB PEPE BONK FLOKI SUI SEI TIA TON INJ RUNE STX HBAR EGLD FTM KAVA KSM QTUM BAT ZRX ENJ CHZ LDO IMX GALA APE FET "
            + "RNDR WLD JUP PYTH BSV BTG USDT USDC DAI"
    );

    private static readonly HashSet<string> CoinQuotes = Set(
        "USD EUR GBP JPY AUD CAD CHF TRY BRL KRW ZUSD ZEUR ZGBP ZJPY ZCAD BTC XBT ETH BNB BUSD FDUSD TUSD"
    );

    // Nothing but coins is quoted in these, so the other half need not be known.
    private static readonly string[] StableQuotes = ["USDT", "USDC"];

    /// <summary>forex, crypto or commodity; null if the symbol is not certainly a pair.</summary>
    /// <param name="symbol">The symbol in upper case.</param>
    public static string? TypeOf(string symbol)
    {
        // Prefixes of exchanges and feeds: OANDA:EURUSD, C:EURUSD. Yahoo's suffix: EURUSD=X, and JPY=X for USDJPY.
        symbol = symbol[(symbol.LastIndexOf(':') + 1)..];
        if (symbol.EndsWith("=X", StringComparison.Ordinal))
        {
            var pair = symbol[..^2];
            return pair.Length == 3 && pair != "USD" && IsCurrency(pair) ? "forex" : OfWord(pair);
        }

        if (symbol.Split('/', '-', '_') is [{ Length: > 0 } first, { Length: > 0 } second])
        {
            return OfHalves(first, second, separated: true);
        }

        // Suffixes of brokers: EURUSD.m, EURUSD.pro
        var point = symbol.IndexOf('.', StringComparison.Ordinal);
        return OfWord(point == 6 ? symbol[..6] : symbol);
    }

    private static string? OfWord(string word)
    {
        for (var at = word.Length - 5; at <= word.Length - 3; at++)
        {
            if (at >= 2 && OfHalves(word[..at], word[at..], separated: false) is { } type)
            {
                return type;
            }
        }

        return null;
    }

    private static string? OfHalves(string first, string second, bool separated)
    {
        if (first == second)
        {
            return null;
        }

        if (IsCurrency(first) && IsCurrency(second))
        {
            return MajorCurrencies.Contains(first) || MajorCurrencies.Contains(second) ? "forex" : null;
        }

        if (Metals.Contains(first) && IsCurrency(second))
        {
            return "commodity";
        }

        // Futures of coins: BTCUSDT_240329, BTCUSD_PERP.
        if (separated && (second is "PERP" || (second.Length == 6 && second.All(char.IsAsciiDigit))))
        {
            return OfWord(first) is "crypto" ? "crypto" : null;
        }

        return
            (Coins.Contains(first) && CoinQuotes.Contains(second))
            || (StableQuotes.Contains(second) && first.All(char.IsAsciiLetterOrDigit))
            ? "crypto"
            : null;
    }

    private static bool IsCurrency(string code) => MajorCurrencies.Contains(code) || OtherCurrencies.Contains(code);

    private static HashSet<string> Set(string codes) => [.. codes.Split(' ')];
}
