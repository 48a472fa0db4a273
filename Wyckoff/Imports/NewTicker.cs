using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>The asset type and the time zone (IANA) that an import gives a ticker that does not exist yet.</summary>
internal readonly record struct NewTicker(string AssetType, string TimeZone)
{
    /// <summary>What a ticker gets: the options, otherwise a stock in New York time.</summary>
    public static NewTicker Of(Symbol symbol, ImportOptions options) =>
        new(options.AssetType ?? "stock", options.TickerTimeZone ?? "America/New_York");
}
