using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Timescale;

namespace Wyckoff.Features;

/// <summary>The table of computed features, in schema <c>market</c>.</summary>
internal static class FeaturesModel
{
    public static void Configure(ModelBuilder model)
    {
        ComputedFeatures(model.Entity<ComputedFeatures>());
    }

    private static void ComputedFeatures(EntityTypeBuilder<ComputedFeatures> features)
    {
        features.ToTable(
            "computed_features",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "What was computed from a bar, per version of the computation, and the regime a hidden Markov model "
                        + "assigned. No foreign key to tickers, as for bars."
                );
                table.HasTimeframeCheck("computed_features");
                table.HasCheckConstraint("chk_computed_features_features", "jsonb_typeof(features) = 'object'");
                table.HasCheckConstraint("chk_computed_features_feature_version", "feature_version <> ''");
                table.HasCheckConstraint("chk_computed_features_state_id", "state_id >= -1");
                table.HasCheckConstraint("chk_computed_features_state_prob", "state_prob BETWEEN 0 AND 1");
                table.HasCheckConstraint(
                    "chk_computed_features_state",
                    "(state_id IS NULL OR model_id IS NOT NULL) AND (state_prob IS NULL OR state_id IS NOT NULL)"
                );
            }
        );
        features.HasNoKey();
        features.Property(f => f.Timeframe).HasTimeframeConversion();
        features.Property(f => f.Timestamp).HasComment("That of the bar.");
        features
            .Property(f => f.FeatureVersion)
            .HasMaxLength(20)
            .HasComment("Version of the set of features; several may stand side by side.");
        features.Property(f => f.Features).HasColumnType("jsonb").HasComment("Name of the feature → value.");
        features.Property(f => f.ModelId).HasMaxLength(50).HasComment("The hidden Markov model that assigned the state.");
        features.Property(f => f.StateId).HasComment("Regime from 0; -1: out of distribution, unlike anything the model has seen.");
        features.Property(f => f.StateProb).HasPrecision(9, 8).HasComment("Probability of the state, 0 to 1.");
        features
            .Property(f => f.LogLikelihood)
            .HasPrecision(24, 8)
            .HasComment("Logarithm of the likelihood of the observation under the model.");
        features.Property(f => f.CreatedAt).HasDefaultValueSql("now()");
        features
            .HasIndex(f => new
            {
                f.TickerId,
                f.Timeframe,
                f.Timestamp,
                f.FeatureVersion,
            })
            .IsUnique()
            .IsDescending(false, false, true, false)
            .HasDatabaseName("idx_computed_features_ticker_id_timeframe_timestamp_version");
        features.HasHypertable(MarketSchema.PerBar("timestamp DESC, feature_version"));
    }
}
