using Microsoft.EntityFrameworkCore;

namespace Wyckoff.Postgres;

/// <summary>Maps the table of MigrationService's runs.</summary>
internal static class MigrationRunModel
{
    public static void Configure(ModelBuilder model)
    {
        var run = model.Entity<MigrationRun>();
        run.ToTable(
            "migration_runs",
            SchemaVersion.HistorySchema,
            table =>
            {
                table.HasComment("Every run that changed the schema, written in the transaction of the change; a failed one afterwards.");
                table.HasCheckConstraint("chk_migration_runs_duration_ms", "duration_ms >= 0");
                table.HasCheckConstraint("chk_migration_runs_outcome", "outcome IN ('completed', 'failed')");
                table.HasCheckConstraint(
                    "chk_migration_runs_objects",
                    "outcome = 'failed' OR (objects IS NOT NULL AND objects_hash IS NOT NULL)"
                );
            }
        );
        run.HasKey(r => r.Id).HasName("pk_migration_runs");
        run.Property(r => r.Id).UseIdentityAlwaysColumn();
        run.Property(r => r.FromVersion).HasComment("The newest migration before the run; NULL when there was none.");
        run.Property(r => r.ToVersion).HasComment("The newest migration after it.");
        run.Property(r => r.Objects)
            .HasColumnType("jsonb")
            .HasComment(
                "Functions, views, triggers, policies and grants after the run, "
                    + "in the order in which they build on each other: [name, hash] each."
            );
        run.Property(r => r.ObjectsHash).HasComment("Over all of them; services wait for that of their build.");
        run.Property(r => r.DurationMs).HasPrecision(12, 3);
        run.Property(r => r.ProductVersion).HasComment("Of MigrationService.");
    }
}
