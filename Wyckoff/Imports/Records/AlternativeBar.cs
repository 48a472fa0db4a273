using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>Other values of a stored bar: an import replaced them, or skipped the bar although its own values differ.</summary>
internal sealed record AlternativeBar
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The import whose values these are; null if no import wrote them.</summary>
    public long? ImportId { get; init; }

    public required decimal Open { get; init; }

    public required decimal High { get; init; }

    public required decimal Low { get; init; }

    public required decimal Close { get; init; }

    public required decimal Volume { get; init; }

    public int? TradeCount { get; init; }

    public decimal? Vwap { get; init; }

    public required string Source { get; init; }

    /// <summary>The import that replaced these values; null if they were skipped.</summary>
    public long? ReplacedBy { get; init; }

    public DateTimeOffset KeptAt { get; init; }
}
