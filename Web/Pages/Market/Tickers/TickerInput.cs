using Wyckoff.Client;

namespace Wyckoff.Web.Pages.Market.Tickers;

/// <summary>The fields of a ticker as its form sends them.</summary>
public sealed class TickerInput
{
    public string? Symbol { get; set; }

    public string? Name { get; set; }

    public string? Exchange { get; set; }

    public string? Sector { get; set; }

    public string? AssetType { get; set; }

    public string? Timezone { get; set; }

    public bool Active { get; set; }

    public bool AllowsNegative { get; set; }

    /// <summary>The ETag of the ticker that the form was filled with; null for a new ticker.</summary>
    public string? ETag { get; set; }

    public static TickerInput New { get; } =
        new()
        {
            AssetType = "stock",
            Timezone = "America/New_York",
            Active = true,
        };

    public static TickerInput Of(TickerDetail ticker, string? eTag) =>
        new()
        {
            Symbol = ticker.Symbol,
            Name = ticker.Name,
            Exchange = ticker.Exchange,
            Sector = ticker.Sector,
            AssetType = ticker.AssetType,
            Timezone = ticker.Timezone,
            Active = ticker.Active,
            AllowsNegative = ticker.AllowsNegative,
            ETag = eTag,
        };

    /// <summary>What the API is sent. An empty field is absent, and gets its default.</summary>
    public TickerBody ToBody() =>
        new()
        {
            Symbol = Figures.NullIfEmpty(Symbol),
            Name = Figures.NullIfEmpty(Name),
            Exchange = Figures.NullIfEmpty(Exchange),
            Sector = Figures.NullIfEmpty(Sector),
            AssetType = Figures.NullIfEmpty(AssetType),
            Timezone = Figures.NullIfEmpty(Timezone),
            Active = Active,
            AllowsNegative = AllowsNegative,
        };
}
