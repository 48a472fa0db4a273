using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>An instrument that has bars. Its time zone determines where its trading days begin and end.</summary>
public sealed class Ticker
{
    private Ticker() { }

    public Ticker(
        Symbol symbol,
        string? name = null,
        string? exchange = null,
        string assetType = "stock",
        string timezone = "America/New_York"
    )
    {
        (Symbol, Name, Exchange, AssetType) = (symbol.Value, name, exchange, assetType);
        MoveTo(timezone);
    }

    public int Id { get; private set; }

    public string Symbol { get; private set; } = "";

    public string? Name { get; private set; }

    public string? Exchange { get; private set; }

    public string AssetType { get; private set; } = "stock";

    /// <summary>IANA name.</summary>
    public string Timezone { get; private set; } = "UTC";

    public bool IsActive { get; private set; } = true;

    /// <summary>Prices may be zero or negative, as those of spreads and of some futures.</summary>
    public bool AllowsNegative { get; private set; }

    public string? Sector { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public static bool IsTimezone(string timezone) => TimeZoneInfo.TryFindSystemTimeZoneById(timezone, out var zone) && zone.HasIanaId;

    public void MoveTo(string timezone) =>
        Timezone = IsTimezone(timezone)
            ? timezone
            : throw new ArgumentException($"'{timezone}' is not an IANA time zone.", nameof(timezone));

    public void Deactivate() => IsActive = false;
}
