namespace Wyckoff.MarketData;

/// <summary>The database does not know a time zone.</summary>
public sealed class UnknownTimeZoneException(string timezone)
    : Exception($"The database does not know the time zone '{timezone}'.");
