namespace Wyckoff.Tickers;

/// <summary>Selects tickers. A null field does not restrict the selection.</summary>
/// <param name="Search">A text that the symbol or the name contains, in any case.</param>
/// <param name="Prefix">The beginning of the symbol.</param>
/// <param name="AssetType">stock, etf, crypto …</param>
/// <param name="Active">True selects active tickers, false inactive ones.</param>
public sealed record TickerFilter(string? Search, string? Prefix, string? AssetType, bool? Active);
