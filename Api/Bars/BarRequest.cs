using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>A parsed request and its last response. Clients repeat the same request many times per write, so both are cached.</summary>
internal sealed class BarRequest(Symbol symbol, BarQuery query)
{
    public Symbol Symbol => symbol;

    public BarQuery Query => query;

    /// <summary>The last response from recent bars; reused as long as these are the same.</summary>
    public RecentBarsPart? Last { get; set; }
}
