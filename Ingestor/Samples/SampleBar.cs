namespace Wyckoff.Ingestor.Samples;

public readonly record struct SampleBar(
    DateTimeOffset Timestamp,
    decimal Open,
    decimal High,
    decimal Low,
    decimal Close,
    long Volume,
    int TradeCount,
    decimal Vwap
);

public sealed record SampleTicker(string Symbol, string Name, string Exchange, string AssetType, string TimeZone);

/// <summary>A bar the schedule placed on purpose: what a chart reader, or a detector, should find on that session.</summary>
public readonly record struct SampleEvent(string Name, DateOnly Session);
