using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Primitives;
using Wyckoff.Tickers;
using Wyckoff.Timescale;

namespace Wyckoff.Bars;

/// <summary>The tables of bars, in schema <c>market</c>.</summary>
internal static class BarsModel
{
    public static void Configure(ModelBuilder model)
    {
        foreach (var timeframe in Timeframe.Stored)
        {
            Bars(model.SharedTypeEntity<OhlcvBar>(MarketSchema.BarsTable(timeframe)), timeframe);
        }

        BarWindow(model.Entity<BarWindow>());
        BarChange(model.Entity<BarChange>());
    }

    private static void Bars(EntityTypeBuilder<OhlcvBar> bar, Timeframe timeframe)
    {
        var name = MarketSchema.BarsTable(timeframe);
        bar.ToTable(
            name,
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    $"Bars of {timeframe}. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and "
                        + "the writers keep the two together."
                );
                table.HasCheckConstraint($"chk_{name}_high", "high >= open AND high >= close AND high >= low");
                table.HasCheckConstraint($"chk_{name}_low", "low <= open AND low <= close");
                table.HasCheckConstraint($"chk_{name}_volume", "volume >= 0");
                table.HasCheckConstraint($"chk_{name}_trade_count", "trade_count >= 0");
                table.HasCheckConstraint($"chk_{name}_quality_score", "quality_score BETWEEN 0 AND 1");
            }
        );
        bar.HasNoKey();
        bar.Property(b => b.Timestamp).HasComment(timeframe.IsDaily ? "Session date at 00:00 UTC." : "Open of the bar, UTC.");
        foreach (
            var price in new[]
            {
                nameof(OhlcvBar.Open),
                nameof(OhlcvBar.High),
                nameof(OhlcvBar.Low),
                nameof(OhlcvBar.Close),
                nameof(OhlcvBar.Vwap),
                nameof(OhlcvBar.Spread),
            }
        )
        {
            bar.Property(price).HasPrecision(18, 8);
        }

        bar.Property(b => b.Volume).HasPrecision(28, 8);
        bar.Property(b => b.Spread).HasComment("high - low");
        bar.Property(b => b.SpreadRatio)
            .HasPrecision(10, 4)
            .HasComment("spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.VolumeRatio)
            .HasPrecision(10, 4)
            .HasComment("volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.LowHistory).HasComment("Fewer than 20 bars came before.");
        bar.Property(b => b.Source).HasMaxLength(20).HasComment("Provider, import, or 'aggregated'.");
        bar.Property(b => b.QualityScore).HasPrecision(3, 2);
        bar.Property(b => b.CreatedAt).HasDefaultValueSql("now()");
        bar.Property(b => b.ImportId).HasComment("The import that wrote the bar; NULL if no import did. No foreign key, as for tickers.");
        bar.HasIndex(b => new { b.TickerId, b.Timestamp })
            .IsUnique()
            .IsDescending(false, true)
            .HasDatabaseName($"idx_{name}_ticker_id_timestamp");
        bar.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "timestamp",
                ChunkInterval = ChunkInterval(timeframe),
                SegmentBy = "ticker_id",
                OrderBy = "timestamp DESC",
                CompressAfter = TimeSpan.FromDays(7),
            }
        );
    }

    private static TimeSpan ChunkInterval(Timeframe timeframe) =>
        TimeSpan.FromDays(
            timeframe.Name switch
            {
                "1m" => 1,
                "5m" => 7,
                "15m" or "30m" => 30,
                "1h" => 90,
                _ => 365,
            }
        );

    private static void BarWindow(EntityTypeBuilder<BarWindow> window)
    {
        window.ToTable(
            "bar_windows",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "The version of all bars of a ticker and timeframe: up by one with every transaction that changes them. "
                        + "Written by market.record_change."
                );
                table.HasTimeframeCheck("bar_windows");
                table.HasCheckConstraint("chk_bar_windows_version", "version >= 1");
                table.HasCheckConstraint("chk_bar_windows_until", "since < until AND (since IS NULL) = (until IS NULL)");
            }
        );
        window.HasKey(w => new { w.TickerId, w.Timeframe }).HasName("pk_bar_windows");
        window.Property(w => w.Timeframe).HasTimeframeConversion();
        window
            .Property(w => w.Since)
            .HasComment("No bar is before. May be too early where bars were deleted; NULL when nobody has kept count.");
        window
            .Property(w => w.Until)
            .HasComment("No bar is here or after. May be too late where bars were deleted; NULL when nobody has kept count.");
        window
            .Property(w => w.ChangedAt)
            .HasDefaultValueSql("clock_timestamp()")
            .HasComment("When the version was counted up, shortly before the commit: what Last-Modified says.");
        window
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(w => w.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_bar_windows_ticker");
    }

    private static void BarChange(EntityTypeBuilder<BarChange> change)
    {
        change.ToTable(
            "bar_changes",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "Which bars a version changed; a stream resumes from here. Kept for a day. No foreign key to tickers: "
                        + "dropping a chunk would lock them."
                );
                table.HasTimeframeCheck("bar_changes");
                table.HasCheckConstraint("chk_bar_changes_version", "version >= 1");
                table.HasCheckConstraint("chk_bar_changes_range", "NOT isempty(range)");
            }
        );
        change
            .HasKey(c => new
            {
                c.TickerId,
                c.Timeframe,
                c.Version,
                c.CommittedAt,
            })
            .HasName("pk_bar_changes");
        change.Property(c => c.Timeframe).HasTimeframeConversion();
        change
            .Property(c => c.Range)
            .HasColumnType("tstzrange")
            .HasComment("From the first changed bar to the close of the last, re-derived ones included.");
        change
            .Property(c => c.CommittedAt)
            .HasDefaultValueSql("clock_timestamp()")
            .HasComment("Shortly before the commit: readers go by version.");
        change.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "committed_at",
                ChunkInterval = TimeSpan.FromHours(6),
                Retain = TimeSpan.FromDays(1),
            }
        );
    }
}
