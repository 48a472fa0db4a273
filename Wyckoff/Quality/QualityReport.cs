using Wyckoff.Primitives;

namespace Wyckoff.Quality;

/// <summary>
/// The quality of the stored bars of a window within a range. Each list holds the first findings, up to the requested limit, and their
/// total.
/// </summary>
public sealed record QualityReport(
    TimeRange Range,
    Coverage Coverage,
    Findings<BarGap> Gaps,
    Findings<DateOnly> ClosedDays,
    Findings<Outlier> Outliers,
    IReadOnlyDictionary<string, long> OutliersByRule,
    Findings<Disagreement> Disagreements,
    Findings<SharedCoverage> SharedCoverage,
    IReadOnlyList<SourceShare> Sources,
    IReadOnlyList<DayCoverage> Days
);

/// <summary>The first findings of a kind, and the total number of findings.</summary>
public sealed record Findings<T>(long Total, IReadOnlyList<T> First);

/// <summary>The bars that are stored and those that are expected.</summary>
/// <param name="First">The open of the first bar in the range.</param>
/// <param name="Last">The open of the last bar in the range.</param>
/// <param name="Bars">The number of bars.</param>
/// <param name="Sessions">The number of dates with bars, in the ticker's time zone.</param>
/// <param name="Expected">The number of bars expected by the session pattern of the ticker.</param>
/// <param name="Missing">The number of expected bars that are missing.</param>
/// <param name="Completeness">The percentage of expected bars that are stored; null if none is expected.</param>
/// <param name="MeanQuality">The mean quality score of the bars that have one.</param>
/// <param name="LowestQuality">The lowest quality score.</param>
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

/// <summary>A run of expected bars that are missing, without a stored bar in between.</summary>
/// <param name="From">The open of the first missing bar.</param>
/// <param name="To">The close of the last missing bar; for daily bars midnight UTC after its date.</param>
/// <param name="Bars">The number of missing bars.</param>
/// <param name="WholeDays">The number of dates without any bar.</param>
public sealed record BarGap(DateTimeOffset From, DateTimeOffset To, long Bars, int WholeDays);

/// <summary>The bars of one date in the ticker's time zone.</summary>
/// <param name="Date">The date.</param>
/// <param name="Bars">The number of stored bars.</param>
/// <param name="Expected">The number of expected bars.</param>
/// <param name="Missing">The number of expected bars that are missing.</param>
/// <param name="IsClosed">Whether the date counts as a holiday.</param>
public sealed record DayCoverage(DateOnly Date, long Bars, long Expected, long Missing, bool IsClosed);

/// <summary>The bars of one source.</summary>
public sealed record SourceShare(string Source, long Bars, DateTimeOffset First, DateTimeOffset Last);

/// <summary>A range for which two sources have been queried successfully.</summary>
public sealed record SharedCoverage(string Source, string Other, DateTimeOffset From, DateTimeOffset To);

/// <summary>A bar from a provider or an import that differs from the aggregate of the finer bars of the same time.</summary>
/// <param name="Timestamp">The timestamp of the bar.</param>
/// <param name="Source">The source of the bar.</param>
/// <param name="With">The timeframe of the finer bars.</param>
/// <param name="Parts">The number of finer bars.</param>
/// <param name="Fields">The names of the fields that differ.</param>
/// <param name="Stored">The amounts of the bar.</param>
/// <param name="Aggregate">The aggregated amounts of the finer bars.</param>
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
    /// <summary>Aggregates this bar with the bar after it.</summary>
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
