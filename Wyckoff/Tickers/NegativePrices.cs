using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>
/// Which symbols may have zero and negative prices in an import. Existing tickers decide for themselves, the option of the import decides
/// for the tickers that it adds. Loaded once, because the rows are checked before their tickers are looked up.
/// </summary>
internal sealed class NegativePrices
{
    /// <summary>No symbol may.</summary>
    public static readonly NegativePrices None = new(false, []);

    private readonly bool _ofNewTickers;
    private readonly HashSet<Symbol> _exceptions;

    private NegativePrices(bool ofNewTickers, HashSet<Symbol> exceptions) => (_ofNewTickers, _exceptions) = (ofNewTickers, exceptions);

    public static async Task<NegativePrices> LoadAsync(TickerDirectory tickers, bool ofNewTickers, CancellationToken cancellationToken) =>
        new(ofNewTickers, await tickers.WithAllowsNegativeAsync(!ofNewTickers, cancellationToken));

    public bool Allows(Symbol symbol) => _ofNewTickers != _exceptions.Contains(symbol);

    /// <summary>What to do so that a symbol may.</summary>
    public string HowToAllow(Symbol symbol) =>
        _ofNewTickers
            ? $"{symbol} exists, and an import does not change tickers: set its allowsNegative, then import again with --force"
            : $"set allowsNegative of {symbol} and import again with --force, or with --allow-negative if the ticker is new";
}
