using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>The tables of imports, in schema <c>market</c>.</summary>
internal static class ImportsModel
{
    public static void Configure(ModelBuilder model)
    {
        ImportBatches(model.Entity<ImportBatch>());
        ImportReject(model.Entity<ImportReject>());
    }

    private static void ImportBatches(EntityTypeBuilder<ImportBatch> batch)
    {
        batch.ToTable(
            "import_batches",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("Files that were imported, or are being.");
                table.HasTimeframeCheck("import_batches");
                table.HasCheckConstraint("chk_import_batches_sha256", "sha256 ~ '^[0-9a-f]{64}$'");
                table.HasCheckConstraint("chk_import_batches_status", "status IN ('running', 'completed', 'failed', 'interrupted')");
                table.HasCheckConstraint(
                    "chk_import_batches_finished_at",
                    "(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL OR finished_at >= started_at)"
                );
                table.HasCheckConstraint(
                    "chk_import_batches_error_message",
                    "(status IN ('failed', 'interrupted')) = (error_message IS NOT NULL)"
                );
                table.HasCheckConstraint("chk_import_batches_policy", "policy IN ('skip', 'replace', 'fail')");
                table.HasCheckConstraint("chk_import_batches_options", "jsonb_typeof(options) = 'object'");
                table.HasCheckConstraint("chk_import_batches_bytes_read", "bytes_read >= 0 AND size >= 0");
                table.HasCheckConstraint(
                    "chk_import_batches_rows",
                    "least(rows_inserted, rows_updated, rows_skipped, rows_rejected) >= 0 AND rows_read = rows_inserted + "
                        + "rows_updated + rows_skipped + rows_rejected"
                );
            }
        );
        batch.HasKey(b => b.Id).HasName("pk_import_batches");
        batch.Property(b => b.Id).UseIdentityByDefaultColumn();
        batch.Property(b => b.File).HasComment("Name or path, as the importer was given it.");
        batch.Property(b => b.Sha256).HasMaxLength(64).HasComment("Of the file's bytes.");
        batch.Property(b => b.Source).HasMaxLength(20).HasComment("The source its bars carry.");
        batch
            .Property(b => b.Symbol)
            .HasMaxLength(Symbol.MaxLength)
            .HasComment("What all rows are bars of; NULL when each says so itself.");
        batch
            .Property(b => b.Timeframe)
            .HasConversion(timeframe => timeframe!.Value.Name, text => Timeframe.Parse(text))
            .HasMaxLength(10)
            .HasComment("Of all rows; NULL when each says so itself.");
        batch
            .Property(b => b.Status)
            .HasConversion(status => MarketSchema.InLowerCase(status), text => Enum.Parse<ImportStatus>(text, true))
            .HasMaxLength(20);
        batch.Property(b => b.Policy).HasMaxLength(10).HasDefaultValue("skip").HasComment("What becomes of bars that are there already.");
        batch
            .Property(b => b.Options)
            .HasColumnType("jsonb")
            .HasDefaultValueSql("'{}'")
            .HasComment("All options of the import. The same file with other options is another import.");
        batch
            .Property(b => b.TickerIds)
            .HasDefaultValueSql("'{}'")
            .HasComment("The tickers whose bars the import wrote. If one of them is deleted, the file counts as not imported.");
        batch.Property(b => b.Size).HasComment("Bytes of the file; NULL when it comes as a stream of unknown length.");
        batch.Property(b => b.BytesRead).HasDefaultValue(0L).HasComment("How many of them have been read.");
        batch
            .Property(b => b.HeartbeatAt)
            .HasDefaultValueSql("now()")
            .HasComment("When a part of it was last committed: one that runs and has been silent for long has died.");
        batch.Property(b => b.RowsSkipped).HasComment("Valid, and there already.");
        batch.Property(b => b.RowsRejected).HasComment("Kept in import_rejects.");
        foreach (
            var count in new[]
            {
                nameof(ImportBatch.RowsRead),
                nameof(ImportBatch.RowsInserted),
                nameof(ImportBatch.RowsUpdated),
                nameof(ImportBatch.RowsSkipped),
                nameof(ImportBatch.RowsRejected),
            }
        )
        {
            batch.Property(count).HasDefaultValue(0L);
        }

        batch.Property(b => b.StartedAt).HasDefaultValueSql("now()");
        batch.HasIndex(b => b.Sha256).HasDatabaseName("idx_import_batches_sha256");
        batch.HasIndex(b => b.StartedAt).IsDescending().HasDatabaseName("idx_import_batches_started_at");
    }

    private static void ImportReject(EntityTypeBuilder<ImportReject> reject)
    {
        reject.ToTable(
            "import_rejects",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("Rows that an import did not take, as they stood in the file, and why.");
                table.HasCheckConstraint("chk_import_rejects_line_number", "line_number >= 1");
                table.HasCheckConstraint("chk_import_rejects_reason", "reason <> ''");
            }
        );
        reject.HasKey(r => new { r.BatchId, r.LineNumber }).HasName("pk_import_rejects");
        reject.Property(r => r.LineNumber).HasComment("From 1, the header included; in a file without lines, the number of the row.");
        reject
            .HasOne<ImportBatch>()
            .WithMany()
            .HasForeignKey(r => r.BatchId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_rejects_batch");
    }
}
