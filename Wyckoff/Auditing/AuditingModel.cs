using Microsoft.EntityFrameworkCore;

namespace Wyckoff.Auditing;

/// <summary>The table of schema <c>audit</c>.</summary>
public static class AuditingModel
{
    public const string Schema = "audit";

    public static void Configure(ModelBuilder model)
    {
        var entry = model.Entity<AuditEntry>();
        entry.ToTable(
            "audit_trail",
            Schema,
            table =>
            {
                table.HasComment(
                    "Every order, trade, signal, campaign and account change, in the transaction that made it. Append-only: "
                        + "triggers refuse UPDATE, DELETE and TRUNCATE to everybody."
                );
                table.HasCheckConstraint("chk_audit_trail_event_type", "event_type <> ''");
                table.HasCheckConstraint("chk_audit_trail_entity_type", "entity_type <> ''");
                table.HasCheckConstraint("chk_audit_trail_actor", "actor <> ''");
                table.HasCheckConstraint("chk_audit_trail_action", "action <> ''");
                table.HasCheckConstraint("chk_audit_trail_metadata", "jsonb_typeof(metadata) = 'object'");
            }
        );
        entry.HasKey(e => e.Id).HasName("pk_audit_trail");
        entry.Property(e => e.Id).HasDefaultValueSql("public.uuid_v7()");
        entry.Property(e => e.EventType).HasMaxLength(50).HasComment("<entity type>.created, .updated or .deleted");
        entry.Property(e => e.EntityType).HasMaxLength(50);
        entry
            .Property(e => e.EntityId)
            .HasComment(
                "Text, because ids are numbers in some schemas and UUIDs in others; the parts of a composite key are joined by '/'."
            );
        entry.Property(e => e.AccountId).HasComment("Whose row it was; NULL: nobody's. No foreign key: the entry outlives the account.");
        entry
            .Property(e => e.Timestamp)
            .HasComment("When the change was made: clock time, where created_at is the start of its transaction.");
        entry.Property(e => e.Actor).HasMaxLength(255).HasComment("The setting app.actor, else the session's user.");
        entry.Property(e => e.Action).HasComment("INSERT, DELETE, or UPDATE and the columns it changed.");
        entry
            .Property(e => e.Metadata)
            .HasColumnType("jsonb")
            .HasComment(
                "old and new values of what changed, without the columns that are secret; hidden: the names of those that changed."
            );
        entry.Property(e => e.CorrelationId).HasComment("The setting app.correlation_id, else one made of the transaction.");
        entry.Property(e => e.CreatedAt).HasDefaultValueSql("now()");
        entry.HasIndex(e => e.CorrelationId).HasDatabaseName("idx_audit_trail_correlation_id");
        entry
            .HasIndex(e => new
            {
                e.EntityType,
                e.EntityId,
                e.Timestamp,
            })
            .HasDatabaseName("idx_audit_trail_entity_type_entity_id_timestamp");
        entry
            .HasIndex(e => new { e.AccountId, e.Timestamp })
            .IsDescending(false, true)
            .HasDatabaseName("idx_audit_trail_account_id_timestamp");
    }
}
