namespace Wyckoff.Web.Pages.Market;

/// <summary>The addresses of pages about a symbol. Symbols may have a slash or a caret in them.</summary>
internal static class MarketLinks
{
    public const string Overview = "/market";
    public const string Tickers = "/market/tickers";
    public const string Watchlists = "/market/watchlists";

    // Not below /market/tickers/, where the pages of symbols are: NEW is one.
    public const string NewTicker = "/market/new-ticker";

    public static string Ticker(string symbol, string? timeframe = null) =>
        $"{Tickers}/{Uri.EscapeDataString(symbol)}" + (timeframe is null ? "" : "?timeframe=" + timeframe);

    public static string Edit(string symbol) => "/market/edit-ticker" + Of(symbol, null);

    public static string Delete(string symbol) => "/market/delete-ticker" + Of(symbol, null);

    /// <summary>The page that puts a symbol on watchlists, and leads back to where it was called from.</summary>
    public static string Watch(string symbol, string back) => $"/market/watch{Of(symbol, null)}&back={Uri.EscapeDataString(back)}";

    public static string Watchlist(string name) => $"{Watchlists}?list={Uri.EscapeDataString(name)}";

    public static string EditWatchlist(string name) => $"/market/edit-watchlist?list={Uri.EscapeDataString(name)}";

    public static string Chart(string symbol, string? timeframe = null) => "/chart" + Of(symbol, timeframe);

    public static string Quality(string symbol, string? timeframe = null) => "/data/quality" + Of(symbol, timeframe);

    public static string Export(string symbol) => "/data/export" + Of(symbol, null);

    private static string Of(string symbol, string? timeframe) =>
        "?symbol=" + Uri.EscapeDataString(symbol) + (timeframe is null ? "" : "&timeframe=" + timeframe);
}
