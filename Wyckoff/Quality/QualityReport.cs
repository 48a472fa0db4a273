using Wyckoff.Primitives;

namespace Wyckoff.Quality;

/// <summary>How good the stored bars of a ticker and timeframe are within a range. Lists have so many entries at most as were asked for; beside each is how many there are.</summary>
public sealed record QualityReport(
    TimeRange Range,
    Coverage Coverage,
    Findings<BarGap> Gaps,
    Findings<DateOnly> ClosedDays,
    Findings<Outlier> Outliers,
    IReadOnlyDictionary<string, long> OutliersByRule,
    Findings<Disagreement> Disagreements,
    Findings<SharedCoverage> SharedCoverage,
    IReadOnlyList<SourceShare> Sources
);

/// <summary>The first findings of a kind, and how many there are.</summary>
public sealed record Findings<T>(long Total, IReadOnlyList<T> First);

/// <summary>What is there.</summary>
/// <param name="First">Open of the first bar of the range.</param>
/// <param name="Last">Open of the last.</param>
/// <param name="Bars">How many there are.</param>
/// <param name="Sessions">On how many dates, in the ticker's zone.</param>
/// <param name="Expected">How many are expected by the ticker's own pattern.</param>
/// <param name="Missing">How many of those are not there.</param>
/// <param name="Completeness">Percent of the expected that are there; null when none is expected.</param>
/// <param name="MeanQuality">Mean quality score of the bars that have one.</param>
/// <param name="LowestQuality">The lowest of them.</param>
public sealed record Coverage(
    DateTimeOffset? First,
    DateTimeOffset? Last,
    long Bars,
    int Sessions,
    long Expected,
    long Missing,
    decimal? Completeness,
    decimal? MeanQuality,
    decimal? LowestQuality
);

/// <summary>Bars that are expected and missing, with none in between that is there.</summary>
/// <param name="From">Open of the first.</param>
/// <param name="To">Close of the last: for daily bars midnight UTC after its date.</param>
/// <param name="Bars">How many.</param>
/// <param name="WholeDays">How many dates of which no bar is there.</param>
public sealed record BarGap(DateTimeOffset From, DateTimeOffset To, long Bars, int WholeDays);

/// <summary>Bars of one source.</summary>
public sealed record SourceShare(string Source, long Bars, DateTimeOffset First, DateTimeOffset Last);

/// <summary>A range of which two sources have been asked and have answered.</summary>
public sealed record SharedCoverage(string Source, string Other, DateTimeOffset From, DateTimeOffset To);

/// <summary>A bar that somebody gave, and what the finer bars of its time add up to.</summary>
/// <param name="Timestamp">Of the bar.</param>
/// <param name="Source">Who gave it.</param>
/// <param name="With">Timeframe of the finer bars.</param>
/// <param name="Parts">How many of them there are.</param>
/// <param name="Fields">In what the two differ.</param>
/// <param name="Stored">The bar.</param>
/// <param name="Aggregate">What the finer ones add up to.</param>
public sealed record Disagreement(
    DateTimeOffset Timestamp,
    string Source,
    string With,
    int Parts,
    IReadOnlyList<string> Fields,
    BarAmounts Stored,
    BarAmounts Aggregate
);

/// <summary>The amounts of a bar.</summary>
public sealed record BarAmounts(decimal Open, decimal High, decimal Low, decimal Close, decimal Volume)
{
    /// <summary>The bar of two, one after the other.</summary>
    public BarAmounts Then(BarAmounts next) =>
        new(Open, Math.Max(High, next.High), Math.Min(Low, next.Low), next.Close, Volume + next.Volume);

    public IReadOnlyList<string> DiffersIn(BarAmounts other)
    {
        (string Name, bool Differs)[] fields =
        [
            ("open", Open != other.Open),
            ("high", High != other.High),
            ("low", Low != other.Low),
            ("close", Close != other.Close),
            ("volume", Volume != other.Volume),
        ];
        return [.. fields.Where(field => field.Differs).Select(field => field.Name)];
    }
}
