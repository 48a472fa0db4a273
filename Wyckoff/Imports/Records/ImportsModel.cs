using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Imports.Records;

/// <summary>The tables of imports, in schema <c>market</c>.</summary>
internal static class ImportsModel
{
    public static void Configure(ModelBuilder model)
    {
        ImportBatches(model.Entity<ImportBatch>());
        ImportReject(model.Entity<ImportReject>());
        ImportWindow(model.Entity<ImportWindow>());
        ImportClaim(model.Entity<ImportClaim>());
        AlternativeBar(model.Entity<AlternativeBar>());
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
                table.HasCheckConstraint(
                    "chk_import_batches_status",
                    "status IN ('running', 'completed', 'failed', 'interrupted', 'undoing', 'undone')"
                );
                table.HasCheckConstraint(
                    "chk_import_batches_finished_at",
                    "(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL OR finished_at >= started_at)"
                );
                table.HasCheckConstraint(
                    "chk_import_batches_error_message",
                    "status IN ('undoing', 'undone') OR (status IN ('failed', 'interrupted')) = (error_message IS NOT NULL)"
                );
                table.HasCheckConstraint("chk_import_batches_policy", "policy IN ('skip', 'replace', 'fail')");
                table.HasCheckConstraint("chk_import_batches_options", "jsonb_typeof(options) = 'object'");
                table.HasCheckConstraint("chk_import_batches_undone_at", "(status = 'undone') = (undone_at IS NOT NULL)");
                table.HasCheckConstraint("chk_import_batches_bars", "least(bars_removed, bars_restored, bars_kept) >= 0");
                table.HasCheckConstraint("chk_import_batches_notes", "rows_differing BETWEEN 0 AND rows_skipped AND rows_rounded >= 0");
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
        batch.Property(b => b.RowsDiffering).HasComment("Of the skipped rows those with other values than the stored bar.");
        batch.Property(b => b.RowsRounded).HasComment("Rows of which a number was rounded, because the import was told to.");
        batch
            .Property(b => b.CanUndo)
            .HasDefaultValue(true)
            .HasSentinel(true)
            .HasComment("False once values that it replaced are no longer kept.");
        batch.Property(b => b.BarsRemoved).HasComment("Bars that an undo deleted.");
        batch.Property(b => b.BarsRestored).HasComment("Bars that an undo gave the values back that they have without this import.");
        batch.Property(b => b.BarsKept).HasComment("Bars of the import that were overwritten or deleted before it was undone.");
        batch.Property(b => b.RowsRejected).HasComment("Kept in import_rejects.");
        foreach (
            var count in new[]
            {
                nameof(ImportBatch.RowsRead),
                nameof(ImportBatch.RowsInserted),
                nameof(ImportBatch.RowsUpdated),
                nameof(ImportBatch.RowsSkipped),
                nameof(ImportBatch.RowsRejected),
                nameof(ImportBatch.RowsDiffering),
                nameof(ImportBatch.RowsRounded),
                nameof(ImportBatch.BarsRemoved),
                nameof(ImportBatch.BarsRestored),
                nameof(ImportBatch.BarsKept),
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

    private static void ImportWindow(EntityTypeBuilder<ImportWindow> window)
    {
        window.ToTable(
            "import_windows",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("The bars of an import in one window: an undo looks for them here.");
                table.HasTimeframeCheck("import_windows");
                table.HasCheckConstraint("chk_import_windows_range", "NOT isempty(range)");
            }
        );
        window
            .HasKey(w => new
            {
                w.ImportId,
                w.TickerId,
                w.Timeframe,
            })
            .HasName("pk_import_windows");
        window.Property(w => w.Timeframe).HasTimeframeConversion();
        window
            .Property(w => w.Seq)
            .UseIdentityAlwaysColumn()
            .HasComment("The order of the imports of a window. It decides whose value a bar has once another import is undone.");
        window.Property(w => w.Range).HasColumnType("tstzrange").HasComment("From the first bar of the file to the close of the last.");
        window
            .Property(w => w.Covered)
            .HasColumnType("tstzmultirange")
            .HasDefaultValueSql("'{}'")
            .HasComment("The ranges that the import added to sync_coverage.");
        window
            .HasOne<ImportBatch>()
            .WithMany()
            .HasForeignKey(w => w.ImportId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_windows_import");
        window
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(w => w.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_windows_ticker");
        window.HasIndex(w => new { w.TickerId, w.Timeframe }).HasDatabaseName("idx_import_windows_ticker_id_timeframe");
    }

    private static void ImportClaim(EntityTypeBuilder<ImportClaim> claim)
    {
        claim.ToTable(
            "import_claims",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "Bars that an import found stored by another import with the same values, and so did not write. When the other is "
                        + "undone, they stay, as bars of this one."
                );
                table.HasTimeframeCheck("import_claims");
                table.HasCheckConstraint("chk_import_claims_holder_id", "holder_id <> import_id");
            }
        );
        claim
            .HasKey(c => new
            {
                c.ImportId,
                c.TickerId,
                c.Timeframe,
                c.HolderId,
            })
            .HasName("pk_import_claims");
        claim.Property(c => c.Timeframe).HasTimeframeConversion();
        claim.Property(c => c.HolderId).HasComment("The import that the stored bars are from.");
        claim
            .Property(c => c.Ranges)
            .HasColumnType("tstzmultirange")
            .HasComment("All bars of the holder within these ranges are in the file of the import, with the same values.");
        claim
            .HasOne<ImportWindow>()
            .WithMany()
            .HasForeignKey(c => new
            {
                c.ImportId,
                c.TickerId,
                c.Timeframe,
            })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_claims_window");
        claim
            .HasOne<ImportBatch>()
            .WithMany()
            .HasForeignKey(c => c.HolderId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_claims_holder");
        claim.HasIndex(c => c.HolderId).HasDatabaseName("idx_import_claims_holder_id");
    }

    private static void AlternativeBar(EntityTypeBuilder<AlternativeBar> bar)
    {
        bar.ToTable(
            "alternative_bars",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "Other values of stored bars: those that an import replaced, and those of imports that skipped bars with other values. "
                        + "An undo brings them back. No foreign key to tickers, as for bars."
                );
                table.HasTimeframeCheck("alternative_bars");
            }
        );
        bar.HasNoKey();
        bar.Property(b => b.Timeframe).HasTimeframeConversion();
        bar.Property(b => b.ImportId).HasComment("The import whose values these are; NULL if no import wrote them.");
        foreach (
            var price in new[]
            {
                nameof(Imports.Records.AlternativeBar.Open),
                nameof(Imports.Records.AlternativeBar.High),
                nameof(Imports.Records.AlternativeBar.Low),
                nameof(Imports.Records.AlternativeBar.Close),
                nameof(Imports.Records.AlternativeBar.Vwap),
            }
        )
        {
            bar.Property(price).HasPrecision(18, 8);
        }

        bar.Property(b => b.Volume).HasPrecision(28, 8);
        bar.Property(b => b.Source).HasMaxLength(20);
        bar.Property(b => b.ReplacedBy).HasComment("The import that replaced these values; NULL if they were skipped.");
        bar.Property(b => b.KeptAt)
            .HasDefaultValueSql("now()")
            .HasComment("When the values were replaced or skipped. Maintenance deletes them after Wyckoff:Maintenance:KeepReplaced.");
        bar.HasIndex(b => new
            {
                b.TickerId,
                b.Timeframe,
                b.Timestamp,
                b.ImportId,
            })
            .IsUnique()
            .AreNullsDistinct(false)
            .HasDatabaseName("idx_alternative_bars_ticker_id_timeframe_timestamp_import_id");
        bar.HasIndex(b => b.KeptAt).HasDatabaseName("idx_alternative_bars_kept_at");
    }
}
