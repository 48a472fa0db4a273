namespace Wyckoff.Tickers;

/// <summary>A ticker cannot disallow negative prices, because bars with such prices are stored.</summary>
public sealed class NegativePricesException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The name that <c>market.keep_negative_prices</c> gives the rule.</summary>
    internal const string Constraint = "tickers_allows_negative";
}
