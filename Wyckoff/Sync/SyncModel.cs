using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Tickers;
using Wyckoff.Timescale;

namespace Wyckoff.Sync;

/// <summary>The tables of feeds and of their synchronization, in schema <c>market</c>.</summary>
internal static class SyncModel
{
    public static void Configure(ModelBuilder model)
    {
        SyncCoverage(model.Entity<SyncCoverage>());
        SyncRun(model.Entity<SyncRun>());
        SyncPayload(model.Entity<SyncPayload>());
        Feed(model.Entity<Feed>());
        Lease(model.Entity<Lease>());
    }

    private static void SyncCoverage(EntityTypeBuilder<SyncCoverage> coverage)
    {
        coverage.ToTable(
            "sync_coverage",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "What a source has been asked and has answered, so that missing = requested - covered, and nothing is asked twice."
                );
                table.HasTimeframeCheck("sync_coverage");
                table.HasCheckConstraint("chk_sync_coverage_source", "source <> ''");
                table.HasCheckConstraint("chk_sync_coverage_covered", "NOT lower_inf(covered) AND NOT upper_inf(covered)");
            }
        );
        coverage
            .HasKey(c => new
            {
                c.TickerId,
                c.Timeframe,
                c.Source,
            })
            .HasName("pk_sync_coverage");
        coverage.Property(c => c.Timeframe).HasTimeframeConversion();
        coverage.Property(c => c.Source).HasMaxLength(20).HasComment("The provider, or the import.");
        coverage
            .Property(c => c.Covered)
            .HasColumnType("tstzmultirange")
            .HasDefaultValueSql("'{}'")
            .HasComment("Half-open; ranges that touch are one.");
        coverage.Property(c => c.UpdatedAt).HasDefaultValueSql("now()").ValueGeneratedOnAddOrUpdate();
        coverage
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(c => c.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_sync_coverage_ticker");
    }

    private static void SyncRun(EntityTypeBuilder<SyncRun> run)
    {
        run.ToTable(
            "data_sync_log",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "One row per sync run of a ticker and timeframe, written when it has ended; sync_status shows the latest of each."
                );
                table.HasTimeframeCheck("data_sync_log");
                table.HasCheckConstraint("chk_data_sync_log_status", "status IN ('success', 'partial', 'failed')");
                table.HasCheckConstraint("chk_data_sync_log_error_message", "(status = 'success') = (error_message IS NULL)");
                table.HasCheckConstraint("chk_data_sync_log_bars_fetched", "bars_fetched >= 0");
                table.HasCheckConstraint("chk_data_sync_log_total_bars", "total_bars >= 0");
                table.HasCheckConstraint(
                    "chk_data_sync_log_synced",
                    "first_synced_timestamp <= last_synced_timestamp AND (first_synced_timestamp IS NULL) = (last_synced_timestamp IS NULL)"
                );
                table.HasCheckConstraint("chk_data_sync_log_last_sync_at", "last_sync_at >= started_at");
            }
        );
        run.HasKey(r => r.Id).HasName("pk_data_sync_log");
        run.Property(r => r.Id).UseIdentityByDefaultColumn();
        run.Property(r => r.Timeframe).HasTimeframeConversion();
        run.Property(r => r.Source).HasMaxLength(20).HasComment("The provider.");
        run.Property(r => r.Status)
            .HasConversion(status => MarketSchema.InLowerCase(status), text => Enum.Parse<SyncOutcome>(text, true))
            .HasMaxLength(20)
            .HasComment("success, partial (some of what was asked came) or failed.");
        run.Property(r => r.StartedAt).HasDefaultValueSql("now()");
        run.Property(r => r.LastSyncAt).HasDefaultValueSql("now()").HasComment("When the run ended.");
        run.Property(r => r.FirstSyncedTimestamp).HasComment("The oldest bar stored by then.");
        run.Property(r => r.LastSyncedTimestamp).HasComment("The newest bar stored by then.");
        run.Property(r => r.BarsFetched).HasDefaultValue(0).HasComment("Bars that came in this run.");
        run.Property(r => r.TotalBars).HasDefaultValue(0L).HasComment("All bars stored by then.");
        run.Property(r => r.ErrorMessage).HasComment("What went wrong: exactly when status is not success.");
        run.HasIndex(r => new
            {
                r.TickerId,
                r.Timeframe,
                r.LastSyncAt,
                r.Id,
            })
            .IsDescending(false, false, true, true)
            .HasDatabaseName("idx_data_sync_log_ticker_id_timeframe_last_sync_at");
        run.HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(r => r.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_data_sync_log_ticker");
    }

    private static void SyncPayload(EntityTypeBuilder<SyncPayload> payload)
    {
        payload.ToTable(
            "sync_payloads",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "What providers sent, as it came, compressed. No foreign keys: dropping a chunk would lock what they refer to."
                );
                table.HasCheckConstraint("chk_sync_payloads_page", "page >= 1");
                table.HasCheckConstraint("chk_sync_payloads_encoding", "encoding IN ('gzip', 'br')");
                table.HasCheckConstraint("chk_sync_payloads_bytes", "bytes >= 0");
            }
        );
        payload
            .HasKey(p => new
            {
                p.SyncId,
                p.Page,
                p.ReceivedAt,
            })
            .HasName("pk_sync_payloads");
        payload.Property(p => p.SyncId).HasComment("The run in data_sync_log.");
        payload.Property(p => p.Page).HasComment("Which answer of the run, from 1.");
        payload.Property(p => p.Request).HasComment("Path and query of the request, without any key.");
        payload.Property(p => p.ContentType).HasMaxLength(100);
        payload.Property(p => p.Encoding).HasMaxLength(10);
        payload.Property(p => p.Bytes).HasComment("Size before compression.");
        payload.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "received_at",
                ChunkInterval = TimeSpan.FromDays(1),
                Retain = TimeSpan.FromDays(30),
            }
        );
    }

    private static void Feed(EntityTypeBuilder<Feed> feed)
    {
        feed.ToTable(
            "feeds",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("Bars that the Ingestor keeps current.");
                table.HasTimeframeCheck("feeds");
                table.HasCheckConstraint("chk_feeds_provider", "provider <> ''");
                table.HasCheckConstraint("chk_feeds_every_seconds", "every_seconds >= 1");
            }
        );
        feed.HasKey(f => f.Id).HasName("pk_feeds");
        feed.Property(f => f.Id).UseIdentityByDefaultColumn();
        feed.Property(f => f.Timeframe).HasTimeframeConversion();
        feed.Property(f => f.Provider).HasMaxLength(20).HasComment("Name of the provider: the source its bars carry.");
        feed.Property(f => f.Since).HasComment("How far back the bars are wanted.");
        feed.Property(f => f.EverySeconds).HasDefaultValue(3600).HasSentinel(3600).HasComment("How often what is missing is fetched.");
        feed.Property(f => f.Live).HasDefaultValue(false).HasComment("Also from the provider's live stream.");
        feed.Property(f => f.Enabled).HasDefaultValue(true).HasSentinel(true);
        feed.Property(f => f.NextDue).HasDefaultValueSql("now()");
        feed.Property(f => f.CreatedAt).HasDefaultValueSql("now()");
        feed.Property(f => f.UpdatedAt).HasDefaultValueSql("now()");
        feed.HasIndex(f => new
            {
                f.TickerId,
                f.Timeframe,
                f.Provider,
            })
            .IsUnique()
            .HasDatabaseName("idx_feeds_ticker_id_timeframe_provider");
        feed.HasIndex(f => f.NextDue).HasFilter("enabled").HasDatabaseName("idx_feeds_next_due");
        feed.HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(f => f.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_feeds_ticker");
    }

    private static void Lease(EntityTypeBuilder<Lease> lease)
    {
        lease.ToTable(
            "leases",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("Which instance of the Ingestor does a piece of work, and until when it may without asking again.");
                table.HasCheckConstraint("chk_leases_name", "name <> ''");
                table.HasCheckConstraint("chk_leases_version", "version >= 1");
            }
        );
        lease.HasKey(l => l.Name).HasName("pk_leases");
        lease.Property(l => l.Name).HasMaxLength(100).HasComment("Of the work: feed/17, live/alpaca, …");
        lease.Property(l => l.Holder).HasMaxLength(100);
        lease
            .Property(l => l.Version)
            .HasComment(
                "Up by one with every holder. A holder's transactions check it, so that one who slept through his lease writes nothing."
            );
    }
}
