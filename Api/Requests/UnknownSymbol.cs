using Wyckoff.MarketData;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Requests;

/// <summary>The answer when there is no such ticker: it names those that look like it.</summary>
public static class UnknownSymbol
{
    private const int NearMatches = 5;

    public static async Task<IResult> ProblemAsync(TickerStore tickers, Symbol symbol, CancellationToken cancellationToken)
    {
        var near = await tickers.NearAsync(symbol, NearMatches, cancellationToken);
        return Problems.Of(
            Problems.UnknownSymbol, near.Count == 0 ? $"There is no symbol '{symbol}'." : $"There is no symbol '{symbol}'; there is {string.Join(", ", near)}.", new KeyValuePair<string, object?>("near", near));
    }
}
