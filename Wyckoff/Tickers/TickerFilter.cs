namespace Wyckoff.Tickers;

/// <summary>Which tickers are meant; null means all.</summary>
/// <param name="Search">In the symbol or the name, in upper or lower case.</param>
/// <param name="Prefix">How the symbol begins.</param>
/// <param name="AssetType">stock, etf, crypto …</param>
/// <param name="Active">Those in use, or those that are not.</param>
public sealed record TickerFilter(string? Search, string? Prefix, string? AssetType, bool? Active);
