using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>A request that was understood. The same one comes again and again, a thousand times for each write: what was made of it is kept with it.</summary>
internal sealed class BarRequest(Symbol symbol, BarQuery query)
{
    public Symbol Symbol => symbol;

    public BarQuery Query => query;

    /// <summary>The answer it had last out of the recent window; of use for as long as the window is the same.</summary>
    public RecentBarsPart? Last { get; set; }
}
