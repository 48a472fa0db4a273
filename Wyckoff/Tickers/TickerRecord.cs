using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>A row of <c>market.tickers</c>.</summary>
public sealed record TickerRecord(
    int Id,
    Symbol Symbol,
    string? Name,
    string? Exchange,
    string? Sector,
    string AssetType,
    string Timezone,
    bool IsActive,
    bool AllowsNegative,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    /// <summary>Identifies the state of the row. It differs after every change and is never reused after the ticker is deleted.</summary>
    public string Revision => string.Create(CultureInfo.InvariantCulture, $"{Id}-{UpdatedAt.UtcTicks / TimeSpan.TicksPerMicrosecond:x}");
}
