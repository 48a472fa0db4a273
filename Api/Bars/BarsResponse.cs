using System.Text;
using System.Text.Json.Serialization;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Api.Bars;

/// <summary>
/// Bars of one symbol and timeframe: an object per bar, or with layout=columns an array per field, all of the same length.
/// </summary>
/// <param name="Symbol">Symbol of the bars.</param>
/// <param name="Timeframe">Timeframe of the bars.</param>
/// <param name="Version">Increases by one with each change of the bars of this symbol and timeframe.</param>
/// <param name="Count">Number of bars.</param>
/// <param name="Next">The cursor of the next page; null if there is none.</param>
public sealed record BarsResponse(string Symbol, string Timeframe, long Version, int Count, string? Next)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<BarResponse>? Bars { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DateTimeOffset>? Timestamp { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Open { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? High { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Low { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Close { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Volume { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int?>? TradeCount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Vwap { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? Spread { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? SpreadRatio { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? VolumeRatio { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<bool?>? LowHistory { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string?>? Source { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<decimal?>? QualityScore { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<bool>? Filled { get; init; }
}

/// <summary>
/// One bar with the requested fields. Timestamp is the time at which the bar opens; for a daily bar, the session date at midnight.
/// Filled tells whether the bar is not stored but fills a gap.
/// </summary>
public sealed record BarResponse(
    DateTimeOffset Timestamp,
    decimal? Open = null,
    decimal? High = null,
    decimal? Low = null,
    decimal? Close = null,
    decimal? Volume = null,
    int? TradeCount = null,
    decimal? Vwap = null,
    decimal? Spread = null,
    decimal? SpreadRatio = null,
    decimal? VolumeRatio = null,
    bool? LowHistory = null,
    string? Source = null,
    decimal? QualityScore = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Filled = null
)
{
    /// <summary>A stored bar with all its fields.</summary>
    public static BarResponse Of(in BarRow bar) =>
        new(
            IncomingBar.InstantOf(bar.Time),
            BarRow.ToDecimal(bar.Open),
            BarRow.ToDecimal(bar.High),
            BarRow.ToDecimal(bar.Low),
            BarRow.ToDecimal(bar.Close),
            BarRow.ToDecimal(bar.Volume),
            bar.TradeCount == BarRow.Null ? null : (int)bar.TradeCount,
            BarRow.ToNullableDecimal(bar.Vwap),
            BarRow.ToDecimal(bar.Spread),
            BarRow.ToDecimal(bar.SpreadRatio),
            BarRow.ToDecimal(bar.VolumeRatio),
            bar.LowHistory,
            Encoding.UTF8.GetString(bar.Source ?? []),
            BarRow.ToNullableDecimal(bar.QualityScore)
        );
}

/// <summary>Bars of several symbols, in the order of the request.</summary>
public sealed record SeveralBarsResponse(string Timeframe, IReadOnlyList<BarsResponse> Series);

/// <summary>The newest bar of a symbol; null if there is none.</summary>
public sealed record LatestResponse(string Symbol, string Timeframe, long Version, BarResponse? Bar);

public sealed record LatestBarsResponse(string Timeframe, IReadOnlyList<LatestResponse> Latest);

public sealed record AsOfResponse(string Timeframe, DateTimeOffset At, IReadOnlyList<LatestResponse> Bars);
