namespace Wyckoff.Indicators;

/// <summary>A table with rows that belong to bars, by ticker, timeframe and time.</summary>
/// <param name="Name">In schema market.</param>
/// <param name="VersionColumn">What tells apart the rows of one bar; null where each has one.</param>
public sealed record ComputedValuesTable(string Name, string? VersionColumn)
{
    public static readonly ComputedValuesTable Indicators = new("indicators", null);

    public static readonly ComputedValuesTable Features = new("computed_features", "feature_version");
}
