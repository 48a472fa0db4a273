using System.ComponentModel.DataAnnotations;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Indicators;

/// <summary>Section <c>Wyckoff:Indicators</c>.</summary>
internal sealed class IndicatorOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Indicators";

    /// <summary>
    /// For which timeframes, by commas; empty for none. Not for minutes unless asked: a row of indicators is as wide as a bar, so those of the minutes would nearly double
    /// what the whole database stores.
    /// </summary>
    public string Timeframes { get; set; } = "5m,15m,30m,1h,4h,1d";

    /// <summary>How often it is asked what has changed, should nobody have said so.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00.100",
        "01:00:00",
        ErrorMessage = "Wyckoff:Indicators:Every is a time span from 00:00:00.100 to 01:00:00."
    )]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many tickers and timeframes at once.</summary>
    [Range(1, 32, ErrorMessage = "Wyckoff:Indicators:Parallelism is a number from 1 to 32.")]
    public int Parallelism { get; set; } = 2;

    private IEnumerable<string> Names => Timeframes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    // A method, because validation reads every property, and this one throws on what it is to find.
    public IReadOnlyList<Timeframe> Parse() => [.. Names.Select(Timeframe.Parse).Distinct()];

    public static void Add(IServiceCollection services) =>
        services.AddOptions<IndicatorOptions>().BindConfiguration(Section).ValidateDataAnnotations().ValidateOnStart();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Names
            .Where(name => !Timeframe.TryParse(name, out _))
            .Select(name => new ValidationResult(
                $"Wyckoff:Indicators:Timeframes: '{name}' is not a timeframe: some of {string.Join(", ", Timeframe.Stored)} are expected, by commas."
            ));
}
