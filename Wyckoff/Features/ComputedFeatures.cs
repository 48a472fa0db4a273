using Wyckoff.Primitives;

namespace Wyckoff.Features;

/// <summary>One version of what was computed from a bar, and the regime a hidden Markov model put it in, if one did.</summary>
public sealed record ComputedFeatures
{
    /// <summary>The state of an observation unlike anything the model has seen.</summary>
    public const int OutOfDistribution = -1;

    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    /// <summary>That of the bar.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required string FeatureVersion { get; init; }

    /// <summary>A JSON object: name of the feature → value.</summary>
    public required string Features { get; init; }

    public string? ModelId { get; init; }

    /// <summary>From 0, or <see cref="OutOfDistribution"/>.</summary>
    public int? StateId { get; init; }

    /// <summary>0 to 1.</summary>
    public decimal? StateProb { get; init; }

    public decimal? LogLikelihood { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
