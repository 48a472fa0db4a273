using System.ComponentModel.DataAnnotations;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Indicators;

/// <summary>Section <c>Wyckoff:Indicators</c>.</summary>
internal sealed class IndicatorOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Indicators";

    /// <summary>
    /// The timeframes to compute, separated by commas; empty for none. 1m is not a default, because its indicators would nearly double the
    /// size of the database.
    /// </summary>
    public string Timeframes { get; set; } = "5m,15m,30m,1h,4h,1d";

    /// <summary>How often the database is polled for changes. A Redis message triggers a check at once.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00.100",
        "01:00:00",
        ErrorMessage = "Wyckoff:Indicators:Every is a time span from 00:00:00.100 to 01:00:00."
    )]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The number of windows that are updated at the same time.</summary>
    [Range(1, 32, ErrorMessage = "Wyckoff:Indicators:Parallelism is a number from 1 to 32.")]
    public int Parallelism { get; set; } = 2;

    private IEnumerable<string> Names => Timeframes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    // A method, because validation reads every property, and this would throw on invalid timeframes before Validate reports them.
    public IReadOnlyList<Timeframe> Parse() => [.. Names.Select(Timeframe.Parse).Distinct()];

    public static void Add(IServiceCollection services) =>
        services.AddOptions<IndicatorOptions>().BindConfiguration(Section).ValidateDataAnnotations().ValidateOnStart();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Names
            .Where(name => !Timeframe.TryParse(name, out _))
            .Select(name => new ValidationResult(
                $"Wyckoff:Indicators:Timeframes: '{name}' is not a timeframe: "
                    + $"some of {string.Join(", ", Timeframe.Stored)} are expected, separated by commas."
            ));
}
