using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>The table of tickers, in schema <c>market</c>.</summary>
internal static class TickersModel
{
    public static void Configure(ModelBuilder model)
    {
        Ticker(model.Entity<Ticker>());
    }

    private static void Ticker(EntityTypeBuilder<Ticker> ticker)
    {
        ticker.ToTable(
            "tickers",
            MarketSchema.Schema,
            table =>
            {
                table.HasComment("What has bars: one row per symbol.");
                table.HasCheckConstraint("chk_tickers_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
            }
        );
        ticker.HasKey(t => t.Id).HasName("pk_tickers");
        ticker.Property(t => t.Id).UseIdentityByDefaultColumn();
        ticker.Property(t => t.Symbol).HasMaxLength(Symbol.MaxLength);
        ticker.Property(t => t.Name).HasMaxLength(255);
        ticker.Property(t => t.Exchange).HasMaxLength(50);
        ticker
            .Property(t => t.AssetType)
            .HasMaxLength(20)
            .HasDefaultValue("stock")
            .HasComment("stock, etf, crypto, forex, commodity, index …");
        ticker
            .Property(t => t.Timezone)
            .HasMaxLength(64)
            .HasDefaultValue("America/New_York")
            .HasComment("IANA name; decides where this ticker's trading days begin.");
        ticker.Property(t => t.IsActive).HasDefaultValue(true).HasSentinel(true);
        ticker
            .Property(t => t.AllowsNegative)
            .HasDefaultValue(false)
            .HasComment("Prices may be zero or negative (spreads, some futures). Enforced by those who write bars.");
        ticker.Property(t => t.Sector).HasMaxLength(100);
        ticker.Property(t => t.CreatedAt).HasDefaultValueSql("now()");
        ticker.Property(t => t.UpdatedAt).HasDefaultValueSql("now()");
        ticker.HasIndex(t => t.Symbol).IsUnique().HasDatabaseName("idx_tickers_symbol");
    }
}
