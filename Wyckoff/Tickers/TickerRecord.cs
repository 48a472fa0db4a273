using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>A ticker as it is stored.</summary>
public sealed record TickerRecord(
    int Id,
    Symbol Symbol,
    string? Name,
    string? Exchange,
    string AssetType,
    string Timezone,
    bool IsActive,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    /// <summary>Another one after every change of the row, and never again that of a ticker which was deleted.</summary>
    public string Revision => string.Create(CultureInfo.InvariantCulture, $"{Id}-{UpdatedAt.UtcTicks / TimeSpan.TicksPerMicrosecond:x}");
}
