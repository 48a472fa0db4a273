using Wyckoff.Primitives;

namespace Wyckoff.Live;

internal enum AlpacaControlKind
{
    Success,
    Error,
    Subscription,
}

/// <summary>What the server says about the connection itself.</summary>
internal sealed record AlpacaControl(AlpacaControlKind Kind, int Code, string Text, AlpacaSubscription? Subscription);

/// <summary>Which symbols are subscribed to, by list: bars, updatedBars, dailyBars, trades.</summary>
internal sealed class AlpacaSubscription
{
    private readonly HashSet<(string List, Symbol Symbol)> _symbols = [];

    public void Add(string list, Symbol symbol) => _symbols.Add((list, symbol));

    /// <summary>Everything that this feed needs.</summary>
    public bool Has(LiveSubscription feed) => Lists(feed).All(list => _symbols.Contains((list, feed.Ticker.Symbol)));

    public static string[] Lists(LiveSubscription feed) =>
        feed switch
        {
            { FromTrades: true } => ["trades"],
            { Timeframe.IsDaily: true } => ["dailyBars"],
            _ => ["bars", "updatedBars"],
        };
}
