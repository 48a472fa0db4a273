using Wyckoff.Primitives;

namespace Wyckoff.Live;

internal enum AlpacaControlKind
{
    Success,
    Error,
    Subscription,
}

/// <summary>A message of the server about the connection instead of data: success, error, or the confirmed subscriptions.</summary>
internal sealed record AlpacaControl(AlpacaControlKind Kind, int Code, string Text, AlpacaSubscription? Subscription);

/// <summary>The server's channel of subscribed symbols per channel: bars, updatedBars, dailyBars, trades.</summary>
internal sealed class AlpacaSubscription
{
    private readonly HashSet<(string Channel, Symbol Symbol)> _symbols = [];

    public void Add(string channel, Symbol symbol) => _symbols.Add((channel, symbol));

    /// <summary>Whether all channels of a live subscription are subscribed.</summary>
    public bool Has(LiveSubscription subscription) =>
        Channels(subscription).All(channel => _symbols.Contains((channel, subscription.Ticker.Symbol)));

    public static string[] Channels(LiveSubscription subscription) =>
        subscription switch
        {
            { FromTrades: true } => ["trades"],
            { Timeframe.IsDaily: true } => ["dailyBars"],
            _ => ["bars", "updatedBars"],
        };
}
