namespace Wyckoff.Tickers;

/// <summary>The database does not know a time zone.</summary>
public sealed class UnknownTimeZoneException(string timezone) : Exception($"The database does not know the time zone '{timezone}'.");
