using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Tickers;
using Wyckoff.Timescale;

namespace Wyckoff.Indicators;

/// <summary>The tables of indicators, in schema <c>market</c>.</summary>
internal static class IndicatorsModel
{
    public static void Configure(ModelBuilder model)
    {
        Indicators(model.Entity<BarIndicators>());
        IndicatorWindow(model.Entity<IndicatorWindow>());
    }

    private static void Indicators(EntityTypeBuilder<BarIndicators> indicators)
    {
        indicators.ToTable(
            "indicators",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment(
                    "Customary indicators, one row per bar; NULL while there are too few bars for one. No foreign key to "
                        + "tickers, as for bars."
                );
                table.HasTimeframeCheck("indicators");
                table.HasCheckConstraint("chk_indicators_rsi_14", "rsi_14 BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_indicators_bb", "bb_lower <= bb_middle AND bb_middle <= bb_upper AND bb_lower <= bb_upper");
                table.HasCheckConstraint("chk_indicators_volume_24h", "volume_24h >= 0");
            }
        );
        indicators.HasNoKey();
        indicators.Property(i => i.Timeframe).HasTimeframeConversion();
        indicators.Property(i => i.Timestamp).HasComment("That of the bar.");
        Price(indicators.Property(i => i.Sma20), "sma_20", "Mean close of 20 bars.");
        Price(indicators.Property(i => i.Sma50), "sma_50", "Mean close of 50 bars.");
        Price(indicators.Property(i => i.Ema12), "ema_12", "Exponential mean close of 12 bars.");
        Price(indicators.Property(i => i.Ema26), "ema_26", "Exponential mean close of 26 bars.");
        indicators
            .Property(i => i.Rsi14)
            .HasColumnName("rsi_14")
            .HasPrecision(7, 4)
            .HasComment("Relative strength index of 14 bars, 0 to 100.");
        Price(indicators.Property(i => i.Macd), "macd", "ema_12 - ema_26");
        Price(indicators.Property(i => i.MacdSignal), "macd_signal", "Exponential mean of macd over 9 bars.");
        Price(indicators.Property(i => i.MacdHistogram), "macd_histogram", "macd - macd_signal");
        Price(indicators.Property(i => i.BbUpper), "bb_upper", "Bollinger bands: bb_middle plus two standard deviations of 20 closes.");
        Price(indicators.Property(i => i.BbMiddle), "bb_middle", "Bollinger bands: mean close of 20 bars.");
        Price(indicators.Property(i => i.BbLower), "bb_lower", "Bollinger bands: bb_middle minus two standard deviations of 20 closes.");
        indicators
            .Property(i => i.Volume24h)
            .HasColumnName("volume_24h")
            .HasPrecision(28, 8)
            .HasComment("Traded in the 24 hours up to the close of the bar.");
        indicators.Property(i => i.CreatedAt).HasDefaultValueSql("now()");
        indicators
            .HasIndex(i => new
            {
                i.TickerId,
                i.Timeframe,
                i.Timestamp,
            })
            .IsUnique()
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_indicators_ticker_id_timeframe_timestamp");
        indicators.HasHypertable(MarketSchema.PerBar("timestamp DESC"));

        static void Price(PropertyBuilder<decimal?> property, string column, string comment) =>
            property.HasColumnName(column).HasPrecision(18, 8).HasComment(comment);
    }

    private static void IndicatorWindow(EntityTypeBuilder<IndicatorWindow> window)
    {
        window.ToTable(
            "indicator_windows",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("Up to which version of bar_windows the indicators of a ticker and timeframe are computed.");
                table.HasTimeframeCheck("indicator_windows");
                table.HasCheckConstraint("chk_indicator_windows_version", "version >= 0");
            }
        );
        window.HasKey(w => new { w.TickerId, w.Timeframe }).HasName("pk_indicator_windows");
        window.Property(w => w.Timeframe).HasTimeframeConversion();
        window.Property(w => w.ComputedAt).HasDefaultValueSql("now()");
        window
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(w => w.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_indicator_windows_ticker");
    }
}
