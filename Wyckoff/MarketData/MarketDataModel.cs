using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Primitives;
using Wyckoff.Timescale;

namespace Wyckoff.MarketData;

/// <summary>The tables of schema <c>market</c>.</summary>
public static class MarketDataModel
{
    public const string Schema = "market";

    /// <summary>One table per timeframe: what a read costs is the planning, and that grows with the chunks a table has.</summary>
    public static string BarsTable(Timeframe timeframe) => "bars_" + timeframe.Name;

    public static void Configure(ModelBuilder model)
    {
        Ticker(model.Entity<Ticker>());
        foreach (var timeframe in Timeframe.Stored)
        {
            Bars(model.SharedTypeEntity<OhlcvBar>(BarsTable(timeframe)), timeframe);
        }
    }

    private static void Ticker(EntityTypeBuilder<Ticker> ticker)
    {
        ticker.ToTable("tickers", Schema, table =>
        {
            table.HasComment("What has bars: one row per symbol.");
            table.HasCheckConstraint("chk_tickers_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
        });
        ticker.HasKey(t => t.Id).HasName("pk_tickers");
        ticker.Property(t => t.Id).UseIdentityByDefaultColumn();
        ticker.Property(t => t.Symbol).HasMaxLength(Symbol.MaxLength);
        ticker.Property(t => t.Name).HasMaxLength(255);
        ticker.Property(t => t.Exchange).HasMaxLength(50);
        ticker.Property(t => t.AssetType).HasMaxLength(20).HasDefaultValue("stock").HasComment("stock, etf, crypto, forex, commodity, index …");
        ticker.Property(t => t.Timezone).HasMaxLength(64).HasDefaultValue("America/New_York").HasComment("IANA name; decides where this ticker's trading days begin.");
        ticker.Property(t => t.IsActive).HasDefaultValue(true).HasSentinel(true);
        ticker.Property(t => t.CreatedAt).HasDefaultValueSql("now()");
        ticker.Property(t => t.UpdatedAt).HasDefaultValueSql("now()");
        ticker.HasIndex(t => t.Symbol).IsUnique().HasDatabaseName("idx_tickers_symbol");
    }

    private static void Bars(EntityTypeBuilder<OhlcvBar> bar, Timeframe timeframe)
    {
        var name = BarsTable(timeframe);
        bar.ToTable(name, Schema, table =>
        {
            table.HasComment($"Bars of {timeframe}. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");
            table.HasCheckConstraint($"chk_{name}_high", "high >= open AND high >= close AND high >= low");
            table.HasCheckConstraint($"chk_{name}_low", "low <= open AND low <= close");
            table.HasCheckConstraint($"chk_{name}_prices", "low > 0");
            table.HasCheckConstraint($"chk_{name}_volume", "volume >= 0");
            table.HasCheckConstraint($"chk_{name}_trade_count", "trade_count >= 0");
            table.HasCheckConstraint($"chk_{name}_quality_score", "quality_score BETWEEN 0 AND 1");
        });
        bar.HasNoKey();
        bar.Property(b => b.Timestamp).HasComment(timeframe.IsDaily ? "Session date at 00:00 UTC." : "Open of the bar, UTC.");
        foreach (var price in new[] { nameof(OhlcvBar.Open), nameof(OhlcvBar.High), nameof(OhlcvBar.Low), nameof(OhlcvBar.Close), nameof(OhlcvBar.Vwap), nameof(OhlcvBar.Spread) })
        {
            bar.Property(price).HasPrecision(18, 8);
        }

        bar.Property(b => b.Volume).HasPrecision(28, 8);
        bar.Property(b => b.Spread).HasComment("high - low");
        bar.Property(b => b.SpreadRatio).HasPrecision(10, 4).HasComment("spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.VolumeRatio).HasPrecision(10, 4).HasComment("volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.LowHistory).HasComment("Fewer than 20 bars came before.");
        bar.Property(b => b.Source).HasMaxLength(20).HasComment("Provider, import, or 'aggregated'.");
        bar.Property(b => b.QualityScore).HasPrecision(3, 2);
        bar.Property(b => b.CreatedAt).HasDefaultValueSql("now()");
        bar.HasIndex(b => new { b.TickerId, b.Timestamp }).IsUnique().IsDescending(false, true).HasDatabaseName($"idx_{name}_ticker_id_timestamp");
        bar.HasHypertable(new HypertableDeclaration
        {
            TimeColumn = "timestamp",
            ChunkInterval = ChunkInterval(timeframe),
            SegmentBy = "ticker_id",
            OrderBy = "timestamp DESC",
            CompressAfter = TimeSpan.FromDays(7),
        });
    }

    private static TimeSpan ChunkInterval(Timeframe timeframe) => TimeSpan.FromDays(timeframe.Name switch
    {
        "1m" => 1,
        "5m" => 7,
        "15m" or "30m" => 30,
        "1h" => 90,
        _ => 365,
    });
}
