using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Timescale;

namespace Wyckoff.PredictionMarkets;

/// <summary>The tables of schema <c>prediction</c>.</summary>
public static class PredictionModel
{
    public const string Schema = "prediction";

    private const string Readers = "wyckoff_app, wyckoff_worker, wyckoff_reader";

    public static void Configure(ModelBuilder model)
    {
        Market(model.Entity<Market>());
        PriceSnapshot(model.Entity<PriceSnapshot>());
        OrderbookSnapshot(model.Entity<OrderbookSnapshot>());
        Trade(model.Entity<PredictionTrade>());
        TradeKey(model.Entity<TradeKey>());
        Resolution(model.Entity<Resolution>());
        PriceCandle(model.Entity<PriceCandle>());
        TradeVolume(model.Entity<TradeVolume>());
    }

    private static void Market(EntityTypeBuilder<Market> market)
    {
        market.ToTable(
            "markets",
            Schema,
            table =>
            {
                table.HasComment("Questions that are traded, one outcome token for each answer.");
                table.HasCheckConstraint("chk_markets_condition_id", "condition_id <> ''");
                table.HasCheckConstraint("chk_markets_clob_token_ids", "cardinality(clob_token_ids) IN (0, cardinality(outcomes))");
            }
        );
        market.HasKey(m => m.ConditionId).HasName("pk_markets");
        market.Property(m => m.ConditionId).HasComment("The exchange's id of the question.");
        market.Property(m => m.Outcomes).HasDefaultValueSql("'{}'").HasComment("The answers, in the order of clob_token_ids.");
        market
            .Property(m => m.ClobTokenIds)
            .HasDefaultValueSql("'{}'")
            .HasComment("The token of each outcome; empty while the exchange has not said.");
        market.Property(m => m.Active).HasDefaultValue(true).HasSentinel(true);
        market.Property(m => m.Closed).HasDefaultValue(false).HasComment("No more trading; see resolutions for how it ended.");
        market.Property(m => m.EndDate).HasComment("When the question is due; text in the source document.");
        market.Property(m => m.CreatedAt).HasDefaultValueSql("now()");
        market.Property(m => m.UpdatedAt).HasDefaultValueSql("now()");
        market.HasIndex(m => m.EndDate).HasFilter("active AND NOT closed").HasDatabaseName("idx_markets_end_date");
        market.HasIndex(m => m.UpdatedAt).HasFilter("closed").HasDatabaseName("idx_markets_updated_at");
        // Without a pending list lookups stay fast, and the planner uses the index at any table size. Markets are rarely written.
        market
            .HasIndex(m => m.ClobTokenIds)
            .HasMethod("gin")
            .HasStorageParameter("fastupdate", false)
            .HasDatabaseName("idx_markets_clob_token_ids");
        market.HasIndex(m => m.Slug).HasDatabaseName("idx_markets_slug");
    }

    private static void PriceSnapshot(EntityTypeBuilder<PriceSnapshot> snapshot)
    {
        snapshot.ToTable(
            "price_snapshots",
            Schema,
            table =>
            {
                table.HasComment("Prices of tokens, polled. No foreign key to markets: a token may be seen before its market is known.");
                table.HasCheckConstraint("chk_price_snapshots_price", "price BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_price_snapshots_volume_24h", "volume_24h >= 0");
            }
        );
        snapshot.HasNoKey();
        snapshot.Property(s => s.Price).HasPrecision(18, 8).HasComment("A probability.");
        snapshot
            .Property(s => s.Volume24h)
            .HasColumnName("volume_24h")
            .HasPrecision(28, 8)
            .HasComment("What the exchange says was traded in the 24 hours before.");
        snapshot
            .HasIndex(s => new { s.TokenId, s.Ts })
            .IsUnique()
            .IsDescending(false, true)
            .HasDatabaseName("idx_price_snapshots_token_id_ts");
        snapshot.HasHypertable(Storage(chunkDays: 1, retainDays: 90));
    }

    private static void OrderbookSnapshot(EntityTypeBuilder<OrderbookSnapshot> snapshot)
    {
        snapshot.ToTable(
            "orderbook_snapshots",
            Schema,
            table =>
            {
                table.HasComment("Order books of tokens, polled; kept for good.");
                table.HasCheckConstraint("chk_orderbook_snapshots_bids", "jsonb_typeof(bids) = 'array'");
                table.HasCheckConstraint("chk_orderbook_snapshots_asks", "jsonb_typeof(asks) = 'array'");
                table.HasCheckConstraint("chk_orderbook_snapshots_spread", "spread BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_orderbook_snapshots_midpoint", "midpoint BETWEEN 0 AND 1");
            }
        );
        snapshot.HasNoKey();
        snapshot.Property(s => s.Bids).HasColumnType("jsonb").HasComment("[{\"price\", \"size\"}, …], best first.");
        snapshot.Property(s => s.Asks).HasColumnType("jsonb").HasComment("[{\"price\", \"size\"}, …], best first.");
        snapshot.Property(s => s.Spread).HasPrecision(18, 8).HasComment("Best ask less best bid; null when a side is empty.");
        snapshot.Property(s => s.Midpoint).HasPrecision(18, 8);
        snapshot
            .HasIndex(s => new { s.TokenId, s.Ts })
            .IsUnique()
            .IsDescending(false, true)
            .HasDatabaseName("idx_orderbook_snapshots_token_id_ts");
        snapshot.HasHypertable(Storage(chunkDays: 7, retainDays: null));
    }

    private static void Trade(EntityTypeBuilder<PredictionTrade> trade)
    {
        trade.ToTable(
            "trades",
            Schema,
            table =>
            {
                table.HasComment("Trades in tokens. A trade id is unique over all time by trade_keys, which a trigger fills.");
                table.HasCheckConstraint("chk_trades_side", "side IN ('BUY', 'SELL')");
                table.HasCheckConstraint("chk_trades_price", "price BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_trades_size", "size > 0");
                table.HasCheckConstraint("chk_trades_trade_id", "trade_id <> ''");
            }
        );
        trade.HasNoKey();
        trade
            .Property(t => t.Side)
            .HasMaxLength(4)
            .HasConversion(
                side => side == PredictionSide.Buy ? "BUY" : "SELL",
                text => text == "BUY" ? PredictionSide.Buy : PredictionSide.Sell
            );
        trade.Property(t => t.Price).HasPrecision(18, 8);
        trade.Property(t => t.Size).HasPrecision(28, 8);
        trade.Property(t => t.TradeId).HasComment("The exchange's; null when it gives none.");
        trade.HasIndex(t => new { t.TokenId, t.Ts }).IsDescending(false, true).HasDatabaseName("idx_trades_token_id_ts");
        trade.HasHypertable(Storage(chunkDays: 1, retainDays: 90));
    }

    private static void TradeKey(EntityTypeBuilder<TradeKey> key)
    {
        key.ToTable(
            "trade_keys",
            Schema,
            table =>
                table.HasComment(
                    "One row per trade id: a unique key of a hypertable must contain the time, so uniqueness over all time needs "
                        + "a table of its own."
                )
        );
        key.HasKey(k => k.TradeId).HasName("pk_trade_keys");
    }

    private static void Resolution(EntityTypeBuilder<Resolution> resolution)
    {
        resolution.ToTable(
            "resolutions",
            Schema,
            table =>
            {
                table.HasComment("How closed markets ended.");
                table.HasCheckConstraint("chk_resolutions_payout_price", "payout_price BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_resolutions_detection_method", "detection_method <> ''");
            }
        );
        resolution.HasKey(r => r.ConditionId).HasName("pk_resolutions");
        resolution.Property(r => r.PayoutPrice).HasPrecision(18, 8).HasComment("What a winning token paid.");
        resolution.Property(r => r.WinnerTokenId).HasComment("Null when nobody won (void).");
        resolution
            .Property(r => r.DetectionMethod)
            .HasMaxLength(50)
            .HasComment("How it was found out: by a price of 1, by the exchange's word …");
        resolution.Property(r => r.CreatedAt).HasDefaultValueSql("now()");
        resolution
            .HasOne<Market>()
            .WithOne()
            .HasForeignKey<Resolution>(r => r.ConditionId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_resolutions_market");
        resolution.HasIndex(r => r.ResolvedAt).HasDatabaseName("idx_resolutions_resolved_at");
    }

    private static void PriceCandle(EntityTypeBuilder<PriceCandle> candle)
    {
        candle.HasNoKey().ToView("price_candles_1h", Schema);
        candle.Property(c => c.Volume24h).HasColumnName("volume_24h");
        candle.HasContinuousAggregate(
            Hourly(
                "price_snapshots",
                [
                    new("open", "(array_agg(price ORDER BY ts))[1]"),
                    new("high", "max(price)"),
                    new("low", "min(price)"),
                    new("close", "(array_agg(price ORDER BY ts DESC))[1]"),
                    new("volume_24h", "avg(volume_24h)"),
                    new("snapshots", "count(*)"),
                ]
            )
        );
    }

    private static void TradeVolume(EntityTypeBuilder<TradeVolume> volume)
    {
        volume.HasNoKey().ToView("trade_volume_1h", Schema);
        volume.HasContinuousAggregate(
            Hourly(
                "trades",
                [
                    new("trade_count", "count(*)"),
                    new("volume", "sum(size)"),
                    new("notional", "sum(price * size)"),
                    new("avg_price", "avg(price)"),
                ]
            )
        );
    }

    private static HypertableDeclaration Storage(int chunkDays, int? retainDays) =>
        new()
        {
            TimeColumn = "ts",
            ChunkInterval = TimeSpan.FromDays(chunkDays),
            SegmentBy = "token_id",
            OrderBy = "ts DESC",
            CompressAfter = TimeSpan.FromDays(7),
            Retain = retainDays is { } days ? TimeSpan.FromDays(days) : null,
        };

    // The refresh covers almost the whole retention of the source, so that late rows are included. Only changed buckets are recomputed, so
    // a wide range costs nothing.
    private static ContinuousAggregateDeclaration Hourly(string source, IReadOnlyList<AggregateColumn> columns) =>
        new()
        {
            Source = $"{Schema}.{source}",
            TimeColumn = "ts",
            BucketWidth = TimeSpan.FromHours(1),
            Keys = "token_id",
            Columns = columns,
            RefreshFrom = TimeSpan.FromDays(88),
            RefreshUpTo = TimeSpan.FromHours(1),
            RefreshEvery = TimeSpan.FromHours(1),
            Readers = Readers,
            Refresher = "wyckoff_worker",
        };
}
