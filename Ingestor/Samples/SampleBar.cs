namespace Wyckoff.Ingestor.Samples;

/// <summary>A bar of the sample data.</summary>
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

/// <summary>A ticker of the sample data.</summary>
public sealed record SampleTicker(string Symbol, string Name, string Exchange, string AssetType, string TimeZone);

/// <summary>A Wyckoff event that the schedule placed on a session and that a detector should find there.</summary>
public readonly record struct SampleEvent(string Name, DateOnly Session);
