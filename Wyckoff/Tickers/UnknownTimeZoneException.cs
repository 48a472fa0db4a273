namespace Wyckoff.Tickers;

/// <summary>The database server does not know the time zone of a ticker.</summary>
public sealed class UnknownTimeZoneException(string timezone) : Exception($"The database does not know the time zone '{timezone}'.");
