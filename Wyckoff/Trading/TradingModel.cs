using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Accounts;
using Wyckoff.Timescale;
using Wyckoff.Trading.Strategies;

namespace Wyckoff.Trading;

/// <summary>The tables of schema <c>trading</c>. Views, functions, triggers and grants: see <c>MigrationService/Sql/trading/</c>.</summary>
public static class TradingModel
{
    public const string Schema = "trading";

    private const string SymbolPattern = "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'";
    private const string TimeframeList = "'1m', '5m', '15m', '30m', '1h', '4h', '1d'";

    // Seven years including leap days.
    private static readonly TimeSpan SevenYears = TimeSpan.FromDays(2557);

    public static void Configure(ModelBuilder model)
    {
        // The order of the labels defines comparisons such as level >= 'warning'. By default EF would sort them alphabetically.
        model.HasPostgresEnum(Schema, "log_level", ["debug", "info", "warning", "error", "critical"]);
        model.HasPostgresEnum(Schema, "order_status", ["pending", "partial", "filled", "cancelled", "rejected", "expired"]);
        StrategiesModel(model.Entity<Strategy>());
        Probes(model.Entity<ProbeStrategy>());
        ProbeResults(model.Entity<StrategyProbeResult>());
        ProbeTrades(model.Entity<StrategyProbeTrade>());
        Orders(model.Entity<Order>());
        OrderKeys(model.Entity<OrderKey>());
        Trades(model.Entity<Trade>());
        TradeKeys(model.Entity<TradeKey>());
        Snapshots(model.Entity<PortfolioSnapshot>());
        Logs(model.Entity<SystemLog>());
    }

    private static void StrategiesModel(EntityTypeBuilder<Strategy> strategy)
    {
        strategy.ToTable(
            "strategies",
            Schema,
            table =>
            {
                table.HasComment(
                    "Ways of trading, run by a bot or written down for the journal. "
                        + "Total figures are kept by triggers on trades and cover the whole life of the strategy, also what retention "
                        + "has dropped."
                );
                table.HasCheckConstraint("chk_strategies_name", "btrim(name) <> ''");
                table.HasCheckConstraint("chk_strategies_benchmark", "NOT is_benchmark OR account_id IS NULL");
                table.HasCheckConstraint("chk_strategies_direction", "direction IN ('long', 'short', 'both')");
                table.HasCheckConstraint(
                    "chk_strategies_symbols",
                    "cardinality(symbols) > 0 AND array_position(symbols, NULL) IS NULL "
                        + "AND array_to_string(symbols, ' ') ~ '^[A-Z0-9._/^=:-]{1,20}( [A-Z0-9._/^=:-]{1,20})*$'"
                );
                table.HasCheckConstraint(
                    "chk_strategies_timeframes",
                    $"cardinality(timeframes) > 0 AND timeframes <@ ARRAY[{TimeframeList}]::text[]"
                );
                table.HasCheckConstraint(
                    "chk_strategies_runnable",
                    "status <> 'active' OR (is_active AND NOT is_benchmark AND symbols IS NOT NULL AND timeframes IS NOT NULL)"
                );
                table.HasCheckConstraint("chk_strategies_config", "jsonb_typeof(config) = 'object'");
                table.HasCheckConstraint("chk_strategies_parameters", "jsonb_typeof(parameters) = 'object'");
                table.HasCheckConstraint("chk_strategies_risk_profile", "jsonb_typeof(risk_profile) = 'object'");
                table.HasCheckConstraint("chk_strategies_max_positions", "max_positions > 0");
                table.HasCheckConstraint("chk_strategies_max_risk_per_trade", "max_risk_per_trade > 0 AND max_risk_per_trade <= 1");
                table.HasCheckConstraint("chk_strategies_max_portfolio_risk", "max_portfolio_risk > 0 AND max_portfolio_risk <= 1");
                table.HasCheckConstraint("chk_strategies_risks", "max_risk_per_trade <= max_portfolio_risk");
                table.HasCheckConstraint("chk_strategies_min_risk_reward", "min_risk_reward > 0");
                table.HasCheckConstraint(
                    "chk_strategies_family",
                    "implied_strategy_family IN ('trend', 'breakout', 'momentum', 'mean_reversion', 'volatility')"
                );
                table.HasCheckConstraint(
                    "chk_strategies_trades",
                    "winning_trades >= 0 AND winning_trades <= closed_trades AND closed_trades <= total_trades"
                );
                table.HasCheckConstraint("chk_strategies_max_drawdown", "max_drawdown >= 0");
                table.HasCheckConstraint(
                    "chk_strategies_numbers",
                    NoNaN("min_risk_reward", "total_pnl", "total_fees", "max_drawdown", "sharpe_ratio")
                );
            }
        );
        strategy.HasKey(s => s.Id).HasName("pk_strategies");
        strategy.Property(s => s.Id).HasDefaultValueSql("public.uuid_v7()");
        strategy
            .Property(s => s.AccountId)
            .HasComment("Whose it is. Null: a benchmark (readable by all), or its account is gone (readable by nobody).");
        strategy.Property(s => s.IsBenchmark).HasDefaultValue(false);
        strategy.Property(s => s.Name).HasMaxLength(100);
        strategy.Property(s => s.Type).HasDefaultValueSql("'custom'").HasSentinel((StrategyType)(-1));
        strategy
            .Property(s => s.Status)
            .HasDefaultValueSql("'stopped'")
            .HasSentinel((StrategyStatus)(-1))
            .HasComment("What the bot does with it; only an active one trades.");
        strategy.Property(s => s.Direction).HasMaxLength(10).HasDefaultValue("both");
        strategy.Property(s => s.Config).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        strategy.Property(s => s.Parameters).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        strategy.Property(s => s.Symbols).HasComment("Null: any; never empty.");
        strategy.Property(s => s.Timeframes).HasComment("1m, 5m, 15m, 30m, 1h, 4h, 1d. Null: any; never empty.");
        strategy.Property(s => s.MaxPositions).HasDefaultValue(1);
        strategy
            .Property(s => s.MaxRiskPerTrade)
            .HasPrecision(7, 6)
            .HasDefaultValue(0.02m)
            .HasComment("Fraction of the account, 0.02 = 2 %.");
        strategy
            .Property(s => s.MaxRiskPct)
            .HasPrecision(9, 4)
            .HasComputedColumnSql("max_risk_per_trade * 100", stored: true)
            .HasComment("max_risk_per_trade in per cent.");
        strategy
            .Property(s => s.MaxPortfolioRisk)
            .HasPrecision(7, 6)
            .HasDefaultValue(0.10m)
            .HasComment("Fraction of the account at risk in all positions together.");
        strategy.Property(s => s.MinRiskReward).HasPrecision(8, 4);
        strategy
            .Property(s => s.IsActive)
            .HasDefaultValue(true)
            .HasSentinel(true)
            .HasComment("False: kept for the record, out of the lists.");
        strategy
            .Property(s => s.RiskProfile)
            .HasColumnType("jsonb")
            .HasComment("What this strategy wants otherwise than its account's risk profile.");
        strategy
            .Property(s => s.ImpliedStrategyFamily)
            .HasMaxLength(50)
            .HasComment("Found out from what it does: trend, breakout, momentum, mean_reversion, volatility.");
        MaintainedByDatabase(strategy.Property(s => s.TotalTrades).HasDefaultValue(0).HasComment("Executions, opening ones too."));
        MaintainedByDatabase(
            strategy.Property(s => s.ClosedTrades).HasDefaultValue(0).HasComment("Executions with a P&L: what winning_trades is a part of.")
        );
        MaintainedByDatabase(strategy.Property(s => s.WinningTrades).HasDefaultValue(0).HasComment("Executions with a P&L above 0."));
        MaintainedByDatabase(strategy.Property(s => s.TotalPnl).HasPrecision(28, 8).HasDefaultValue(0m).HasComment("Before fees."));
        MaintainedByDatabase(strategy.Property(s => s.TotalFees).HasPrecision(28, 8).HasDefaultValue(0m));
        MaintainedByDatabase(
            strategy
                .Property(s => s.MaxDrawdown)
                .HasPrecision(28, 8)
                .HasComment("In money, written by trading.refresh_views(); see trading.calculate_strategy_metrics.")
        );
        MaintainedByDatabase(
            strategy
                .Property(s => s.SharpeRatio)
                .HasPrecision(18, 6)
                .HasComment("Written by trading.refresh_views(); see trading.calculate_strategy_metrics.")
        );
        strategy.Property(s => s.CreatedAt).HasDefaultValueSql("now()");
        MaintainedByDatabase(
            strategy
                .Property(s => s.UpdatedAt)
                .HasDefaultValueSql("now()")
                .HasComment("When it was last changed, other than in its figures.")
        );
        strategy.Property(s => s.CreatedBy).HasMaxLength(100);
        MaintainedByDatabase(strategy.Property(s => s.Version).HasDefaultValue(1).HasComment("Counts changes, other than in its figures."));
        strategy.Property(s => s.Version).IsConcurrencyToken();
        strategy.HasIndex(s => new { s.AccountId, s.Name }).IsUnique().HasDatabaseName("idx_strategies_account_id_name");
        strategy.HasIndex(s => s.Name).IsUnique().HasFilter("is_benchmark").HasDatabaseName("idx_strategies_name_benchmark");
        strategy
            .HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(s => s.AccountId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_strategies_account");
        strategy.HasIndex(s => s.Symbols).HasMethod("gin").HasDatabaseName("idx_strategies_symbols");
    }

    private static void Probes(EntityTypeBuilder<ProbeStrategy> probe)
    {
        probe.ToTable(
            "probe_strategies",
            Schema,
            table =>
            {
                table.HasComment("The catalogue of strategies that probes run over history. It belongs to no account.");
                table.HasCheckConstraint("chk_probe_strategies_name", "btrim(name) <> ''");
                table.HasCheckConstraint("chk_probe_strategies_direction", "direction IN ('long', 'short', 'both')");
                table.HasCheckConstraint("chk_probe_strategies_details", "jsonb_typeof(details) = 'object'");
            }
        );
        probe.HasKey(p => p.Id).HasName("pk_probe_strategies");
        probe.Property(p => p.Id).HasDefaultValueSql("public.uuid_v7()");
        probe.Property(p => p.Name).HasMaxLength(100);
        probe.Property(p => p.DisplayName).HasMaxLength(200);
        probe.Property(p => p.Philosophy).HasMaxLength(500);
        probe.Property(p => p.StrategyType).HasMaxLength(50);
        probe.Property(p => p.Direction).HasMaxLength(15).HasDefaultValue("both");
        probe.Property(p => p.Details).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        probe.Property(p => p.IsActive).HasDefaultValue(true).HasSentinel(true);
        MaintainedByDatabase(
            probe.Property(p => p.Version).HasDefaultValue(1).HasComment("Counts changes; a result says which version it is of.")
        );
        probe.Property(p => p.Version).IsConcurrencyToken();
        probe.Property(p => p.CreatedAt).HasDefaultValueSql("now()");
        MaintainedByDatabase(probe.Property(p => p.UpdatedAt).HasDefaultValueSql("now()"));
        probe.HasIndex(p => p.Name).IsUnique().HasDatabaseName("idx_probe_strategies_name");
    }

    private static void ProbeResults(EntityTypeBuilder<StrategyProbeResult> result)
    {
        result.ToTable(
            "strategy_probe_results",
            Schema,
            table =>
            {
                table.HasComment(
                    "What a probe run found, per strategy, symbol and slice (timeframe, risk profile, day, hour, side). "
                        + "A null slice is the whole of it."
                );
                table.HasCheckConstraint("chk_strategy_probe_results_symbol", SymbolPattern);
                table.HasCheckConstraint("chk_strategy_probe_results_period", "period_end >= period_start");
                table.HasCheckConstraint("chk_strategy_probe_results_timeframe", $"timeframe IN ({TimeframeList})");
                table.HasCheckConstraint("chk_strategy_probe_results_open_hour", "open_hour BETWEEN 0 AND 23");
                table.HasCheckConstraint("chk_strategy_probe_results_long_short", "long_short IN ('long', 'short')");
                table.HasCheckConstraint("chk_strategy_probe_results_total_trades", "total_trades >= 0");
                table.HasCheckConstraint("chk_strategy_probe_results_win_rate", "win_rate BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_strategy_probe_results_profit_factor", "profit_factor >= 0");
                table.HasCheckConstraint("chk_strategy_probe_results_pnl_std", "pnl_std >= 0");
                table.HasCheckConstraint("chk_strategy_probe_results_max_drawdown", "max_drawdown >= 0");
                table.HasCheckConstraint("chk_strategy_probe_results_strategy_version", "strategy_version > 0");
                table.HasCheckConstraint(
                    "chk_strategy_probe_results_numbers",
                    NoNaN("profit_factor", "total_pnl", "pnl_mean", "pnl_std", "max_drawdown", "max_profit", "sharpe_ratio")
                );
            }
        );
        result.HasKey(r => r.Id).HasName("pk_strategy_probe_results");
        result.Property(r => r.Id).HasDefaultValueSql("public.uuid_v7()");
        result.Property(r => r.RunId).HasMaxLength(50);
        result.Property(r => r.Symbol).HasMaxLength(20);
        result.Property(r => r.StrategyVersion).HasDefaultValue(1);
        result.Property(r => r.Timeframe).HasMaxLength(10);
        result.Property(r => r.RiskProfile).HasMaxLength(50);
        result.Property(r => r.OpenHour).HasComment("Hour (UTC) at which the trades of this slice were opened.");
        result.Property(r => r.LongShort).HasMaxLength(10);
        result.Property(r => r.TotalTrades).HasDefaultValue(0);
        result.Property(r => r.WinRate).HasPrecision(7, 4).HasComment("Per cent.");
        result.Property(r => r.ProfitFactor).HasPrecision(18, 6).HasComment("Gross profit over gross loss; null without a loss.");
        result.Property(r => r.SharpeRatio).HasPrecision(18, 6);
        result.Property(r => r.TotalPnl).HasPrecision(28, 8);
        result.Property(r => r.PnlMean).HasPrecision(28, 8);
        result.Property(r => r.PnlStd).HasPrecision(28, 8);
        result.Property(r => r.MaxDrawdown).HasPrecision(28, 8);
        result.Property(r => r.MaxProfit).HasPrecision(28, 8);
        result.Property(r => r.Metrics).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        result.Property(r => r.CreatedAt).HasDefaultValueSql("now()");
        result
            .HasOne<ProbeStrategy>()
            .WithMany()
            .HasForeignKey(r => r.StrategyId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_strategy_probe_results_strategy");
        result
            .HasIndex(r => new
            {
                r.RunId,
                r.Symbol,
                r.StrategyId,
                r.Timeframe,
                r.RiskProfile,
                r.OpenDay,
                r.OpenHour,
                r.LongShort,
            })
            .IsUnique()
            .AreNullsDistinct(false)
            .HasDatabaseName("idx_strategy_probe_results_slice");
        result.HasIndex(r => new { r.StrategyId, r.OpenDay }).HasDatabaseName("idx_strategy_probe_results_strategy_id_open_day");
        result.HasIndex(r => new { r.OpenDay, r.Symbol }).HasDatabaseName("idx_strategy_probe_results_open_day_symbol");
    }

    private static void ProbeTrades(EntityTypeBuilder<StrategyProbeTrade> trade)
    {
        trade.ToTable(
            "strategy_probe_trades",
            Schema,
            table =>
            {
                table.HasComment("The trades behind a probe result.");
                table.HasCheckConstraint("chk_strategy_probe_trades_symbol", SymbolPattern);
                table.HasCheckConstraint("chk_strategy_probe_trades_side", "side IN ('long', 'short')");
                table.HasCheckConstraint("chk_strategy_probe_trades_times", "exit_time >= entry_time");
                table.HasCheckConstraint("chk_strategy_probe_trades_prices", "entry_price > 0 AND exit_price > 0");
                table.HasCheckConstraint("chk_strategy_probe_trades_quantity", "quantity > 0");
                table.HasCheckConstraint("chk_strategy_probe_trades_bars_held", "bars_held >= 0");
                table.HasCheckConstraint("chk_strategy_probe_trades_pnl_std", "pnl_std >= 0");
                table.HasCheckConstraint("chk_strategy_probe_trades_max_drawdown", "max_drawdown >= 0");
                table.HasCheckConstraint(
                    "chk_strategy_probe_trades_numbers",
                    NoNaN("entry_price", "exit_price", "quantity", "pnl", "pnl_std", "max_drawdown", "max_profit", "return_pct")
                );
            }
        );
        trade.HasKey(t => t.Id).HasName("pk_strategy_probe_trades");
        trade.Property(t => t.Id).HasDefaultValueSql("public.uuid_v7()");
        trade.Property(t => t.Symbol).HasMaxLength(20);
        trade.Property(t => t.Side).HasMaxLength(10);
        trade.Property(t => t.EntryPrice).HasPrecision(18, 8);
        trade.Property(t => t.ExitPrice).HasPrecision(18, 8);
        trade.Property(t => t.Quantity).HasPrecision(18, 8);
        trade.Property(t => t.Pnl).HasPrecision(28, 8);
        trade.Property(t => t.PnlStd).HasPrecision(28, 8).HasComment("Spread of the open P&L over the bars it was held.");
        trade.Property(t => t.MaxDrawdown).HasPrecision(28, 8);
        trade.Property(t => t.MaxProfit).HasPrecision(28, 8);
        trade.Property(t => t.ReturnPct).HasPrecision(18, 6).HasComment("Per cent.");
        trade.Property(t => t.ExitReason).HasMaxLength(50);
        trade.Property(t => t.Metrics).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        trade.Property(t => t.CreatedAt).HasDefaultValueSql("now()");
        trade
            .HasOne<StrategyProbeResult>()
            .WithMany()
            .HasForeignKey(t => t.ResultId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_strategy_probe_trades_result");
        trade.HasIndex(t => new { t.ResultId, t.EntryTime }).HasDatabaseName("idx_strategy_probe_trades_result_id_entry_time");
        trade.HasIndex(t => new { t.Symbol, t.EntryTime }).HasDatabaseName("idx_strategy_probe_trades_symbol_entry_time");
    }

    private static void Orders(EntityTypeBuilder<Order> order)
    {
        // Mapped to a table and a view: migrations create the table, queries read the view, which shows an account only its own orders.
        order.ToTable(
            "orders",
            Schema,
            table =>
            {
                table.HasComment(
                    "Orders of all accounts. The services have no right to it: "
                        + "they read the view my_orders and write through place_order, update_order, cancel_order and fill_order. "
                        + "Kept seven years whatever becomes of the account, hence no foreign key to it."
                );
                table.HasCheckConstraint("chk_orders_symbol", SymbolPattern);
                table.HasCheckConstraint("chk_orders_quantity", "quantity > 0");
                table.HasCheckConstraint("chk_orders_filled_quantity", "filled_quantity >= 0 AND filled_quantity <= quantity");
                table.HasCheckConstraint("chk_orders_prices", "price > 0 AND stop_price > 0 AND average_fill_price > 0");
                table.HasCheckConstraint("chk_orders_price", "type = 'market' OR price IS NOT NULL");
                table.HasCheckConstraint("chk_orders_stop_price", "type NOT IN ('stop', 'stop_limit') OR stop_price IS NOT NULL");
                table.HasCheckConstraint(
                    "chk_orders_status",
                    "CASE status WHEN 'pending' THEN filled_quantity = 0 WHEN 'rejected' THEN filled_quantity = 0 "
                        + "WHEN 'partial' THEN filled_quantity > 0 AND filled_quantity < quantity "
                        + "WHEN 'filled' THEN filled_quantity = quantity ELSE filled_quantity < quantity END"
                );
                table.HasCheckConstraint("chk_orders_average_fill_price", "(filled_quantity = 0) = (average_fill_price IS NULL)");
                table.HasCheckConstraint("chk_orders_totals", "total_value >= 0 AND total_fees >= 0");
                table.HasCheckConstraint(
                    "chk_orders_filled_at",
                    "(status = 'filled') = (filled_at IS NOT NULL) AND (filled_at IS NULL OR filled_at >= time)"
                );
                table.HasCheckConstraint(
                    "chk_orders_cancelled_at",
                    "(status = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL OR cancelled_at >= time)"
                );
                table.HasCheckConstraint(
                    "chk_orders_expires_at",
                    "(expires_at IS NOT NULL OR (status <> 'expired' AND time_in_force <> 'gtd')) AND (expires_at IS NULL "
                        + "OR expires_at > time)"
                );
                table.HasCheckConstraint("chk_orders_reject_reason", "(status = 'rejected') = (coalesce(btrim(reject_reason), '') <> '')");
                table.HasCheckConstraint("chk_orders_time_in_force", "time_in_force IN ('gtc', 'day', 'ioc', 'fok', 'gtd')");
                table.HasCheckConstraint("chk_orders_parent", "parent_order_id <> id");
                table.HasCheckConstraint(
                    "chk_orders_numbers",
                    NoNaN("quantity", "filled_quantity", "price", "stop_price", "average_fill_price", "total_value", "total_fees")
                );
                table.HasCheckConstraint("chk_orders_time", "isfinite(time)");
            }
        );
        order.ToView("my_orders", Schema);
        order.HasKey(o => new { o.Id, o.Time }).HasName("pk_orders");
        order.Property(o => o.Id).HasDefaultValueSql("public.uuid_v7()");
        order.Property(o => o.Time).HasDefaultValueSql("now()").HasComment("When it was placed; never changes.");
        order.Property(o => o.Symbol).HasMaxLength(20);
        order
            .Property(o => o.Status)
            .HasDefaultValueSql("'pending'")
            .HasSentinel(OrderStatus.Pending)
            .HasComment("pending and partial are open; there is no way back from the others.");
        order.Property(o => o.FilledQuantity).HasDefaultValue(0m);
        order.Property(o => o.RemainingQuantity).HasComputedColumnSql("quantity - filled_quantity", stored: true);
        order
            .Property(o => o.Price)
            .HasComment("Null only for market orders; for a stop order the trigger price again unless told otherwise.");
        order.Property(o => o.TotalValue).HasDefaultValue(0m).HasComment("Quantity times price of its fills.");
        order.Property(o => o.TotalFees).HasDefaultValue(0m);
        foreach (
            var quantity in new[]
            {
                nameof(Order.Quantity),
                nameof(Order.FilledQuantity),
                nameof(Order.RemainingQuantity),
                nameof(Order.Price),
                nameof(Order.StopPrice),
                nameof(Order.AverageFillPrice),
            }
        )
        {
            order.Property(quantity).HasPrecision(18, 8);
        }

        order.Property(o => o.TotalValue).HasPrecision(28, 8);
        order.Property(o => o.TotalFees).HasPrecision(28, 8);
        order.Property(o => o.Exchange).HasMaxLength(50);
        order.Property(o => o.ExchangeOrderId).HasMaxLength(100).HasComment("Unique per account and exchange for all time: order_keys.");
        order
            .Property(o => o.ClientOrderId)
            .HasMaxLength(100)
            .HasComment("Unique per account for all time: order_keys. Placing it again gives the order there is.");
        order
            .Property(o => o.TimeInForce)
            .HasMaxLength(10)
            .HasDefaultValue("gtc")
            .HasComment("gtc, day, ioc, fok, or gtd with expires_at.");
        order.Property(o => o.LastUpdateTime).HasDefaultValueSql("now()");
        order
            .Property(o => o.ParentOrderId)
            .HasComment(
                "The order this one is a stop or target of. Checked by trigger against order_keys: "
                    + "a foreign key cannot refer to a hypertable."
            );
        order.Property(o => o.CreatedAt).HasDefaultValueSql("now()");
        order
            .HasOne<Strategy>()
            .WithMany()
            .HasForeignKey(o => o.StrategyId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_orders_strategy");
        order.HasIndex(o => new { o.AccountId, o.Time }).IsDescending(false, true).HasDatabaseName("idx_orders_account_id_time");
        order
            .HasIndex(o => new
            {
                o.AccountId,
                o.Symbol,
                o.Time,
            })
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_orders_account_id_symbol_time");
        order
            .HasIndex(o => new { o.StrategyId, o.Time })
            .IsDescending(false, true)
            .HasFilter("strategy_id IS NOT NULL")
            .HasDatabaseName("idx_orders_strategy_id_time");
        order.HasIndex(o => o.AccountId).HasFilter("status IN ('pending', 'partial')").HasDatabaseName("idx_orders_account_id_open");
        order.HasIndex(o => o.ParentOrderId).HasFilter("parent_order_id IS NOT NULL").HasDatabaseName("idx_orders_parent_order_id");
        order.HasHypertable(Ledger());
    }

    private static void OrderKeys(EntityTypeBuilder<OrderKey> key)
    {
        key.ToTable(
            "order_keys",
            Schema,
            table =>
                table.HasComment(
                    "What makes orders unique for all time, written by a trigger with the order: "
                        + "a key of a hypertable ends at its chunk. It also says in which chunk to look for an order."
                )
        );
        key.HasKey(k => k.OrderId).HasName("pk_order_keys");
        key.Property(k => k.OrderId).ValueGeneratedNever();
        key.Property(k => k.ClientOrderId).HasMaxLength(100);
        key.Property(k => k.Exchange).HasMaxLength(50);
        key.Property(k => k.ExchangeOrderId).HasMaxLength(100);
        key.HasIndex(k => new { k.AccountId, k.ClientOrderId }).IsUnique().HasDatabaseName("idx_order_keys_account_id_client_order_id");
        key.HasIndex(k => new
            {
                k.AccountId,
                k.Exchange,
                k.ExchangeOrderId,
            })
            .IsUnique()
            .HasDatabaseName("idx_order_keys_account_id_exchange_exchange_order_id");
    }

    private static void Trades(EntityTypeBuilder<Trade> trade)
    {
        trade.ToTable(
            "trades",
            Schema,
            table =>
            {
                table.HasComment(
                    "Executions of all accounts. The services have no right to it: "
                        + "they read the view my_trades and write through fill_order and record_trade. "
                        + "Kept seven years whatever becomes of the account, hence no foreign key to it."
                );
                table.HasCheckConstraint("chk_trades_symbol", SymbolPattern);
                table.HasCheckConstraint("chk_trades_quantity", "quantity > 0");
                table.HasCheckConstraint(
                    "chk_trades_prices",
                    "price > 0 AND entry_price > 0 AND exit_price > 0 AND stop_loss > 0 AND take_profit > 0"
                );
                table.HasCheckConstraint("chk_trades_fee", "fee >= 0");
                table.HasCheckConstraint("chk_trades_pnl", "coalesce(pnl, 0) = 0 OR (entry_price IS NOT NULL AND exit_price IS NOT NULL)");
                table.HasCheckConstraint("chk_trades_exit", "exit_price IS NULL OR entry_price IS NOT NULL");
                table.HasCheckConstraint(
                    "chk_trades_stop_loss",
                    "exit_price IS NOT NULL OR CASE side WHEN 'buy' THEN stop_loss < price ELSE stop_loss > price END"
                );
                table.HasCheckConstraint(
                    "chk_trades_take_profit",
                    "exit_price IS NOT NULL OR CASE side WHEN 'buy' THEN take_profit > price ELSE take_profit < price END"
                );
                table.HasCheckConstraint(
                    "chk_trades_stop_target",
                    "CASE WHEN (side = 'buy') = (exit_price IS NULL) THEN stop_loss < take_profit ELSE stop_loss > take_profit END"
                );
                table.HasCheckConstraint("chk_trades_latency", "execution_latency_ms >= 0");
                table.HasCheckConstraint(
                    "chk_trades_numbers",
                    NoNaN(
                        "quantity",
                        "price",
                        "fee",
                        "entry_price",
                        "exit_price",
                        "pnl",
                        "pnl_percentage",
                        "stop_loss",
                        "take_profit",
                        "slippage"
                    )
                );
                table.HasCheckConstraint("chk_trades_time", "isfinite(time)");
            }
        );
        trade.ToView("my_trades", Schema);
        trade.HasKey(t => new { t.Id, t.Time }).HasName("pk_trades");
        trade.Property(t => t.Id).HasDefaultValueSql("public.uuid_v7()");
        trade.Property(t => t.Time).HasDefaultValueSql("now()").HasComment("When it was executed.");
        trade.Property(t => t.OrderId).HasComment("The order it is a fill of, brought forward by a trigger when the trade is inserted.");
        trade.Property(t => t.Symbol).HasMaxLength(20);
        foreach (
            var price in new[]
            {
                nameof(Trade.Quantity),
                nameof(Trade.Price),
                nameof(Trade.EntryPrice),
                nameof(Trade.ExitPrice),
                nameof(Trade.StopLoss),
                nameof(Trade.TakeProfit),
                nameof(Trade.Slippage),
            }
        )
        {
            trade.Property(price).HasPrecision(18, 8);
        }

        trade.Property(t => t.Value).HasPrecision(28, 8).HasComputedColumnSql("quantity * price", stored: true);
        trade.Property(t => t.Fee).HasPrecision(18, 8).HasDefaultValue(0m);
        trade
            .Property(t => t.NetValue)
            .HasPrecision(28, 8)
            .HasComputedColumnSql("CASE WHEN side = 'buy' THEN quantity * price + fee ELSE quantity * price - fee END", stored: true)
            .HasComment("What it cost with the fee (buy), or brought after it (sell).");
        trade.Property(t => t.EntryPrice).HasComment("Average entry of what a closing trade closes.");
        trade
            .Property(t => t.ExitPrice)
            .HasComment("Null: the trade opened a position. Otherwise it closed one: a sell a long, a buy a short.");
        trade.Property(t => t.Pnl).HasPrecision(28, 8).HasComment("Before fees; of closing trades only.");
        trade.Property(t => t.PnlPercentage).HasPrecision(18, 6);
        trade.Property(t => t.Exchange).HasMaxLength(50);
        trade
            .Property(t => t.ExchangeTradeId)
            .HasMaxLength(100)
            .HasComment("Unique per account and exchange for all time: trade_keys. Recording it again gives the trade there is.");
        trade.Property(t => t.ExchangeOrderId).HasMaxLength(100);
        trade.Property(t => t.MarketConditions).HasColumnType("jsonb");
        trade.Property(t => t.Slippage).HasComment("Price minus the price expected, against the trader when positive.");
        trade.Property(t => t.CreatedAt).HasDefaultValueSql("now()");
        trade
            .HasOne<Strategy>()
            .WithMany()
            .HasForeignKey(t => t.StrategyId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_trades_strategy");
        trade.HasIndex(t => new { t.AccountId, t.Time }).IsDescending(false, true).HasDatabaseName("idx_trades_account_id_time");
        trade
            .HasIndex(t => new
            {
                t.AccountId,
                t.Symbol,
                t.Time,
            })
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_trades_account_id_symbol_time");
        trade
            .HasIndex(t => new { t.StrategyId, t.Time })
            .IsDescending(false, true)
            .HasFilter("strategy_id IS NOT NULL")
            .HasDatabaseName("idx_trades_strategy_id_time");
        trade.HasIndex(t => t.OrderId).HasFilter("order_id IS NOT NULL").HasDatabaseName("idx_trades_order_id");
        trade.HasIndex(t => t.MarketConditions).HasMethod("gin").HasDatabaseName("idx_trades_market_conditions");
        trade.HasHypertable(Ledger());
    }

    private static void TradeKeys(EntityTypeBuilder<TradeKey> key)
    {
        key.ToTable(
            "trade_keys",
            Schema,
            table =>
                table.HasComment(
                    "What makes trades unique for all time, written by a trigger with the trade: a key of a hypertable ends at its chunk."
                )
        );
        key.HasKey(k => k.TradeId).HasName("pk_trade_keys");
        key.Property(k => k.TradeId).ValueGeneratedNever();
        key.Property(k => k.Exchange).HasMaxLength(50);
        key.Property(k => k.ExchangeTradeId).HasMaxLength(100);
        key.HasIndex(k => new
            {
                k.AccountId,
                k.Exchange,
                k.ExchangeTradeId,
            })
            .IsUnique()
            .HasDatabaseName("idx_trade_keys_account_id_exchange_exchange_trade_id");
    }

    private static void Snapshots(EntityTypeBuilder<PortfolioSnapshot> snapshot)
    {
        snapshot.ToTable(
            "portfolio_snapshots",
            Schema,
            table =>
            {
                table.HasComment(
                    "What accounts and their strategies were worth over time. The services have no right to it: "
                        + "they read the view my_portfolio_snapshots and write through record_snapshot."
                );
                table.HasCheckConstraint("chk_portfolio_snapshots_positions", "jsonb_typeof(positions) IN ('array', 'object')");
                table.HasCheckConstraint("chk_portfolio_snapshots_position_count", "position_count >= 0");
                table.HasCheckConstraint("chk_portfolio_snapshots_total_exposure", "total_exposure >= 0");
                table.HasCheckConstraint("chk_portfolio_snapshots_leverage", "leverage >= 0");
                table.HasCheckConstraint("chk_portfolio_snapshots_var_1d", "var_1d >= 0");
                table.HasCheckConstraint("chk_portfolio_snapshots_max_drawdown", "max_drawdown BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_portfolio_snapshots_volatility", "volatility >= 0");
                table.HasCheckConstraint("chk_portfolio_snapshots_market_correlation", "market_correlation BETWEEN -1 AND 1");
                table.HasCheckConstraint("chk_portfolio_snapshots_asset_allocation", "jsonb_typeof(asset_allocation) = 'object'");
                table.HasCheckConstraint("chk_portfolio_snapshots_trigger", "btrim(snapshot_trigger) <> ''");
                table.HasCheckConstraint(
                    "chk_portfolio_snapshots_numbers",
                    NoNaN(
                        "total_value",
                        "cash_balance",
                        "invested_value",
                        "unrealized_pnl",
                        "realized_pnl",
                        "total_exposure",
                        "leverage",
                        "var_1d",
                        "total_return",
                        "daily_return",
                        "sharpe_ratio",
                        "volatility",
                        "beta",
                        "alpha"
                    )
                );
                table.HasCheckConstraint("chk_portfolio_snapshots_time", "isfinite(time)");
            }
        );
        snapshot.ToView("my_portfolio_snapshots", Schema);
        snapshot.HasNoKey();
        snapshot
            .Property(s => s.StrategyId)
            .HasComment("Null: the whole account. Part of the unique index, where nulls count as equal; a primary key could not hold it.");
        foreach (
            var money in new[]
            {
                nameof(PortfolioSnapshot.TotalValue),
                nameof(PortfolioSnapshot.CashBalance),
                nameof(PortfolioSnapshot.InvestedValue),
                nameof(PortfolioSnapshot.UnrealizedPnl),
                nameof(PortfolioSnapshot.RealizedPnl),
                nameof(PortfolioSnapshot.TotalExposure),
                nameof(PortfolioSnapshot.Var1d),
            }
        )
        {
            snapshot.Property(money).HasPrecision(28, 8);
        }

        foreach (
            var ratio in new[]
            {
                nameof(PortfolioSnapshot.Leverage),
                nameof(PortfolioSnapshot.MaxDrawdown),
                nameof(PortfolioSnapshot.TotalReturn),
                nameof(PortfolioSnapshot.DailyReturn),
                nameof(PortfolioSnapshot.SharpeRatio),
                nameof(PortfolioSnapshot.Volatility),
                nameof(PortfolioSnapshot.Beta),
                nameof(PortfolioSnapshot.Alpha),
                nameof(PortfolioSnapshot.MarketCorrelation),
            }
        )
        {
            snapshot.Property(ratio).HasPrecision(18, 6);
        }

        snapshot.Property(s => s.UnrealizedPnl).HasDefaultValue(0m);
        snapshot.Property(s => s.RealizedPnl).HasDefaultValue(0m);
        snapshot.Property(s => s.Positions).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        snapshot.Property(s => s.PositionCount).HasDefaultValue(0);
        snapshot.Property(s => s.TotalExposure).HasDefaultValue(0m);
        snapshot.Property(s => s.Leverage).HasDefaultValue(1m);
        snapshot.Property(s => s.Var1d).HasColumnName("var_1d").HasComment("Value at risk over one day, in money.");
        snapshot.Property(s => s.MaxDrawdown).HasComment("Fraction of the highest value so far, 0 to 1.");
        snapshot.Property(s => s.AssetAllocation).HasColumnType("jsonb");
        snapshot
            .Property(s => s.SnapshotTrigger)
            .HasMaxLength(50)
            .HasDefaultValue("scheduled")
            .HasComment("What made it be taken: scheduled, trade, manual …");
        snapshot
            .HasOne<Strategy>()
            .WithMany()
            .HasForeignKey(s => s.StrategyId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_portfolio_snapshots_strategy");
        snapshot
            .HasIndex(s => new
            {
                s.StrategyId,
                s.AccountId,
                s.Time,
            })
            .IsUnique()
            .AreNullsDistinct(false)
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_portfolio_snapshots_strategy_id_time");
        snapshot.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "time",
                ChunkInterval = TimeSpan.FromDays(1),
                SegmentBy = "strategy_id",
                OrderBy = "account_id, time DESC",
                CompressAfter = TimeSpan.FromDays(1),
                Retain = SevenYears,
            }
        );
    }

    private static void Logs(EntityTypeBuilder<SystemLog> log)
    {
        log.ToTable(
            "system_logs",
            Schema,
            table =>
            {
                table.HasComment(
                    "What the services wrote about their work. "
                        + "They write through trading.log and read what is about their account in my_system_logs; "
                        + "all of it is the worker's."
                );
                table.HasCheckConstraint("chk_system_logs_service", "btrim(service) <> ''");
                table.HasCheckConstraint("chk_system_logs_execution_time_ms", "execution_time_ms >= 0");
                table.HasCheckConstraint("chk_system_logs_memory_usage_mb", "memory_usage_mb >= 0");
                table.HasCheckConstraint("chk_system_logs_numbers", NoNaN("execution_time_ms", "memory_usage_mb"));
                table.HasCheckConstraint("chk_system_logs_time", "isfinite(time)");
            }
        );
        log.ToView("my_system_logs", Schema);
        log.HasKey(l => new { l.Time, l.Id }).HasName("pk_system_logs");
        log.Property(l => l.Time).HasDefaultValueSql("clock_timestamp()");
        log.Property(l => l.Id)
            .UseIdentityByDefaultColumn()
            .HasComment("A number, not a uuid: fifty thousand rows a day compress to nearly nothing in it.");
        log.Property(l => l.AccountId).HasComment("Null: about no account in particular.");
        log.Property(l => l.Service).HasMaxLength(50);
        log.Property(l => l.Component).HasMaxLength(100).HasComment("May be null, and so is not part of the key.");
        log.Property(l => l.Level).HasDefaultValueSql("'info'").HasSentinel((SystemLogLevel)(-1));
        log.Property(l => l.Details).HasColumnType("jsonb");
        log.Property(l => l.UserId).HasMaxLength(100);
        log.Property(l => l.SessionId).HasMaxLength(100);
        log.Property(l => l.RequestId).HasMaxLength(100);
        log.Property(l => l.ExecutionTimeMs).HasPrecision(18, 3);
        log.Property(l => l.MemoryUsageMb).HasPrecision(18, 3);
        log.Property(l => l.ErrorCode).HasMaxLength(50);
        log.Property(l => l.Version).HasMaxLength(50).HasComment("Of the program.");
        log.Property(l => l.Environment).HasMaxLength(50);
        log.Property(l => l.Hostname).HasMaxLength(255);
        log.HasOne<Strategy>()
            .WithMany()
            .HasForeignKey(l => l.StrategyId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_system_logs_strategy");
        log.HasIndex(l => new { l.Service, l.Time }).IsDescending(false, true).HasDatabaseName("idx_system_logs_service_time");
        log.HasIndex(l => l.Time)
            .IsDescending(true)
            .HasFilter("level IN ('error', 'critical')")
            .HasDatabaseName("idx_system_logs_time_errors");
        log.HasIndex(l => new { l.AccountId, l.Time })
            .IsDescending(false, true)
            .HasFilter("account_id IS NOT NULL")
            .HasDatabaseName("idx_system_logs_account_id_time");
        log.HasIndex(l => new { l.StrategyId, l.Time })
            .IsDescending(false, true)
            .HasFilter("strategy_id IS NOT NULL")
            .HasDatabaseName("idx_system_logs_strategy_id_time");
        log.HasIndex(l => l.RequestId).HasFilter("request_id IS NOT NULL").HasDatabaseName("idx_system_logs_request_id");
        log.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "time",
                ChunkInterval = TimeSpan.FromDays(1),
                SegmentBy = "service",
                OrderBy = "time DESC, id",
                CompressAfter = TimeSpan.FromHours(6),
                Retain = TimeSpan.FromDays(365),
            }
        );
    }

    // Orders and trades are stored alike.
    private static HypertableDeclaration Ledger() =>
        new()
        {
            TimeColumn = "time",
            ChunkInterval = TimeSpan.FromDays(30),
            SegmentBy = "symbol",
            OrderBy = "time DESC, id",
            CompressAfter = TimeSpan.FromDays(60),
            Retain = SevenYears,
        };

    // numeric allows NaN, which is greater than every number and so passes checks such as x > 0.
    private static string NoNaN(params string[] columns) => $"'NaN'::numeric NOT IN ({string.Join(", ", columns)})";

    // Triggers maintain the column: EF never writes it and reads it back after each change.
    private static void MaintainedByDatabase<T>(PropertyBuilder<T> property)
    {
        property.ValueGeneratedOnAddOrUpdate();
        property.Metadata.SetBeforeSaveBehavior(Microsoft.EntityFrameworkCore.Metadata.PropertySaveBehavior.Ignore);
        property.Metadata.SetAfterSaveBehavior(Microsoft.EntityFrameworkCore.Metadata.PropertySaveBehavior.Ignore);
    }
}
