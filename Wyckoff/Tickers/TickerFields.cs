namespace Wyckoff.Tickers;

/// <summary>The fields of a ticker that can be changed. The symbol cannot: it identifies the ticker.</summary>
public sealed record TickerFields(
    string? Name,
    string? Exchange,
    string? Sector,
    string AssetType,
    string Timezone,
    bool IsActive,
    bool AllowsNegative
)
{
    public static readonly TickerFields Default = new(null, null, null, "stock", "America/New_York", true, false);

    public static TickerFields Of(TickerRecord ticker) =>
        new(ticker.Name, ticker.Exchange, ticker.Sector, ticker.AssetType, ticker.Timezone, ticker.IsActive, ticker.AllowsNegative);
}
