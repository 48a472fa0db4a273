using Wyckoff.Primitives;

namespace Wyckoff.Features;

/// <summary>The features computed from one bar in one version, and the regime that a hidden Markov model assigned, if any.</summary>
public sealed record ComputedFeatures
{
    /// <summary>The state of a bar that does not resemble the training data of the model.</summary>
    public const int OutOfDistribution = -1;

    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    /// <summary>The timestamp of the bar.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required string FeatureVersion { get; init; }

    /// <summary>A JSON object that maps feature names to values.</summary>
    public required string Features { get; init; }

    public string? ModelId { get; init; }

    /// <summary>The number of the regime, starting at 0, or <see cref="OutOfDistribution"/>.</summary>
    public int? StateId { get; init; }

    /// <summary>0 to 1.</summary>
    public decimal? StateProb { get; init; }

    public decimal? LogLikelihood { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
