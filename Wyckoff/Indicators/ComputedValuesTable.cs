namespace Wyckoff.Indicators;

/// <summary>A table of values that were computed from bars, by ticker, timeframe and timestamp.</summary>
/// <param name="Name">The name of the table in schema market.</param>
/// <param name="VersionColumn">The column that distinguishes the rows of one bar; null if a bar has only one row.</param>
public sealed record ComputedValuesTable(string Name, string? VersionColumn)
{
    public static readonly ComputedValuesTable Indicators = new("indicators", null);

    public static readonly ComputedValuesTable Features = new("computed_features", "feature_version");
}
