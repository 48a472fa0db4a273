using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using Wyckoff.Trading;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Trading : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "trading");

            migrationBuilder.AlterDatabase()
                .Annotation("Npgsql:Enum:trading.asset_type", "commodity,crypto,forex,index,stock")
                .Annotation("Npgsql:Enum:trading.log_level", "debug,info,warning,error,critical")
                .Annotation("Npgsql:Enum:trading.order_side", "buy,sell")
                .Annotation("Npgsql:Enum:trading.order_status", "pending,partial,filled,cancelled,rejected,expired")
                .Annotation("Npgsql:Enum:trading.order_type", "limit,market,stop,stop_limit")
                .Annotation("Npgsql:Enum:trading.strategy_status", "active,error,paused,stopped")
                .Annotation("Npgsql:Enum:trading.strategy_type", "arbitrage,bollinger_bands,breakout,custom,ema_crossover,macd_momentum,ml_based,rsi_mean_reversion,sma_crossover")
                .Annotation("Npgsql:Enum:trading.trade_side", "buy,sell");

            migrationBuilder.CreateTable(
                name: "order_keys",
                schema: "trading",
                columns: table => new
                {
                    order_id = table.Column<Guid>(type: "uuid", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    client_order_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    exchange_order_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_order_keys", x => x.order_id);
                },
                comment: "What makes orders unique for all time, written by a trigger with the order: a key of a hypertable ends at its chunk. It also says in which chunk to look for an order.");

            migrationBuilder.CreateTable(
                name: "probe_strategies",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    display_name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    philosophy = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    strategy_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    direction = table.Column<string>(type: "character varying(15)", maxLength: 15, nullable: false, defaultValue: "both"),
                    details = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    version = table.Column<int>(type: "integer", rowVersion: true, nullable: false, defaultValue: 1, comment: "Counts changes; a result says which version it is of."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_probe_strategies", x => x.id);
                    table.CheckConstraint("chk_probe_strategies_details", "jsonb_typeof(details) = 'object'");
                    table.CheckConstraint("chk_probe_strategies_direction", "direction IN ('long', 'short', 'both')");
                    table.CheckConstraint("chk_probe_strategies_name", "btrim(name) <> ''");
                },
                comment: "The catalogue of strategies that probes run over history. It belongs to no account.");

            migrationBuilder.CreateTable(
                name: "strategies",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    account_id = table.Column<long>(type: "bigint", nullable: true, comment: "Whose it is. Null: a benchmark (readable by all), or its account is gone (readable by nobody)."),
                    is_benchmark = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    type = table.Column<StrategyType>(type: "trading.strategy_type", nullable: false, defaultValueSql: "'custom'"),
                    status = table.Column<StrategyStatus>(type: "trading.strategy_status", nullable: false, defaultValueSql: "'stopped'", comment: "What the bot does with it; only an active one trades."),
                    asset_type = table.Column<AssetType>(type: "trading.asset_type", nullable: true),
                    direction = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "both"),
                    config = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    parameters = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    symbols = table.Column<string[]>(type: "text[]", nullable: true, comment: "Null: any; never empty."),
                    timeframes = table.Column<string[]>(type: "text[]", nullable: true, comment: "1m, 5m, 15m, 30m, 1h, 4h, 1d. Null: any; never empty."),
                    entry_criteria = table.Column<string>(type: "text", nullable: true),
                    exit_criteria = table.Column<string>(type: "text", nullable: true),
                    max_positions = table.Column<int>(type: "integer", nullable: false, defaultValue: 1),
                    max_risk_per_trade = table.Column<decimal>(type: "numeric(7,6)", precision: 7, scale: 6, nullable: false, defaultValue: 0.02m, comment: "Fraction of the account, 0.02 = 2 %."),
                    max_risk_pct = table.Column<decimal>(type: "numeric(9,4)", precision: 9, scale: 4, nullable: false, computedColumnSql: "max_risk_per_trade * 100", stored: true, comment: "max_risk_per_trade in per cent."),
                    max_portfolio_risk = table.Column<decimal>(type: "numeric(7,6)", precision: 7, scale: 6, nullable: false, defaultValue: 0.10m, comment: "Fraction of the account at risk in all positions together."),
                    min_risk_reward = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: true),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true, comment: "False: kept for the record, out of the lists."),
                    risk_profile = table.Column<string>(type: "jsonb", nullable: true, comment: "What this strategy wants otherwise than its account's risk profile."),
                    implied_strategy_family = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "Found out from what it does: trend, breakout, momentum, mean_reversion, volatility."),
                    total_trades = table.Column<int>(type: "integer", nullable: false, defaultValue: 0, comment: "Executions, opening ones too."),
                    closed_trades = table.Column<int>(type: "integer", nullable: false, defaultValue: 0, comment: "Executions with a P&L: what winning_trades is a part of."),
                    winning_trades = table.Column<int>(type: "integer", nullable: false, defaultValue: 0, comment: "Executions with a P&L above 0."),
                    total_pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m, comment: "Before fees."),
                    total_fees = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m),
                    max_drawdown = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "In money, written by trading.refresh_views(); see trading.calculate_strategy_metrics."),
                    sharpe_ratio = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true, comment: "Written by trading.refresh_views(); see trading.calculate_strategy_metrics."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When it was last changed, other than in its figures."),
                    created_by = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    version = table.Column<int>(type: "integer", rowVersion: true, nullable: false, defaultValue: 1, comment: "Counts changes, other than in its figures.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_strategies", x => x.id);
                    table.CheckConstraint("chk_strategies_benchmark", "NOT is_benchmark OR account_id IS NULL");
                    table.CheckConstraint("chk_strategies_config", "jsonb_typeof(config) = 'object'");
                    table.CheckConstraint("chk_strategies_direction", "direction IN ('long', 'short', 'both')");
                    table.CheckConstraint("chk_strategies_family", "implied_strategy_family IN ('trend', 'breakout', 'momentum', 'mean_reversion', 'volatility')");
                    table.CheckConstraint("chk_strategies_max_drawdown", "max_drawdown >= 0");
                    table.CheckConstraint("chk_strategies_max_portfolio_risk", "max_portfolio_risk > 0 AND max_portfolio_risk <= 1");
                    table.CheckConstraint("chk_strategies_max_positions", "max_positions > 0");
                    table.CheckConstraint("chk_strategies_max_risk_per_trade", "max_risk_per_trade > 0 AND max_risk_per_trade <= 1");
                    table.CheckConstraint("chk_strategies_min_risk_reward", "min_risk_reward > 0");
                    table.CheckConstraint("chk_strategies_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_strategies_numbers", "'NaN'::numeric NOT IN (min_risk_reward, total_pnl, total_fees, max_drawdown, sharpe_ratio)");
                    table.CheckConstraint("chk_strategies_parameters", "jsonb_typeof(parameters) = 'object'");
                    table.CheckConstraint("chk_strategies_risk_profile", "jsonb_typeof(risk_profile) = 'object'");
                    table.CheckConstraint("chk_strategies_risks", "max_risk_per_trade <= max_portfolio_risk");
                    table.CheckConstraint("chk_strategies_runnable", "status <> 'active' OR (is_active AND NOT is_benchmark AND symbols IS NOT NULL AND timeframes IS NOT NULL)");
                    table.CheckConstraint("chk_strategies_symbols", "cardinality(symbols) > 0 AND array_position(symbols, NULL) IS NULL AND array_to_string(symbols, ' ') ~ '^[A-Z0-9._/^=:-]{1,20}( [A-Z0-9._/^=:-]{1,20})*$'");
                    table.CheckConstraint("chk_strategies_timeframes", "cardinality(timeframes) > 0 AND timeframes <@ ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d']::text[]");
                    table.CheckConstraint("chk_strategies_trades", "winning_trades >= 0 AND winning_trades <= closed_trades AND closed_trades <= total_trades");
                },
                comment: "Ways of trading, run by a bot or written down for the journal. Total figures are kept by triggers on trades and cover the whole life of the strategy, also what retention has dropped.");

            migrationBuilder.CreateTable(
                name: "trade_keys",
                schema: "trading",
                columns: table => new
                {
                    trade_id = table.Column<Guid>(type: "uuid", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    exchange_trade_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trade_keys", x => x.trade_id);
                },
                comment: "What makes trades unique for all time, written by a trigger with the trade: a key of a hypertable ends at its chunk.");

            migrationBuilder.CreateTable(
                name: "strategy_probe_results",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    run_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: false),
                    strategy_version = table.Column<int>(type: "integer", nullable: false, defaultValue: 1),
                    period_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    period_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    risk_profile = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    open_day = table.Column<DateOnly>(type: "date", nullable: true),
                    open_hour = table.Column<int>(type: "integer", nullable: true, comment: "Hour (UTC) at which the trades of this slice were opened."),
                    long_short = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    total_trades = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    win_rate = table.Column<decimal>(type: "numeric(7,4)", precision: 7, scale: 4, nullable: true, comment: "Per cent."),
                    profit_factor = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true, comment: "Gross profit over gross loss; null without a loss."),
                    total_pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    pnl_mean = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    pnl_std = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    max_drawdown = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    max_profit = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    sharpe_ratio = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    metrics = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_strategy_probe_results", x => x.id);
                    table.CheckConstraint("chk_strategy_probe_results_long_short", "long_short IN ('long', 'short')");
                    table.CheckConstraint("chk_strategy_probe_results_max_drawdown", "max_drawdown >= 0");
                    table.CheckConstraint("chk_strategy_probe_results_numbers", "'NaN'::numeric NOT IN (profit_factor, total_pnl, pnl_mean, pnl_std, max_drawdown, max_profit, sharpe_ratio)");
                    table.CheckConstraint("chk_strategy_probe_results_open_hour", "open_hour BETWEEN 0 AND 23");
                    table.CheckConstraint("chk_strategy_probe_results_period", "period_end >= period_start");
                    table.CheckConstraint("chk_strategy_probe_results_pnl_std", "pnl_std >= 0");
                    table.CheckConstraint("chk_strategy_probe_results_profit_factor", "profit_factor >= 0");
                    table.CheckConstraint("chk_strategy_probe_results_strategy_version", "strategy_version > 0");
                    table.CheckConstraint("chk_strategy_probe_results_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_strategy_probe_results_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_strategy_probe_results_total_trades", "total_trades >= 0");
                    table.CheckConstraint("chk_strategy_probe_results_win_rate", "win_rate BETWEEN 0 AND 100");
                    table.ForeignKey(
                        name: "fk_strategy_probe_results_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "probe_strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                },
                comment: "What a probe run found, per strategy, symbol and slice (timeframe, risk profile, day, hour, side). A null slice is the whole of it.");

            migrationBuilder.CreateTable(
                name: "orders",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When it was placed; never changes."),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    side = table.Column<OrderSide>(type: "trading.order_side", nullable: false),
                    type = table.Column<OrderType>(type: "trading.order_type", nullable: false),
                    status = table.Column<OrderStatus>(type: "trading.order_status", nullable: false, defaultValueSql: "'pending'", comment: "pending and partial are open; there is no way back from the others."),
                    quantity = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    filled_quantity = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, defaultValue: 0m),
                    remaining_quantity = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, computedColumnSql: "quantity - filled_quantity", stored: true),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Null only for market orders; for a stop order the trigger price again unless told otherwise."),
                    stop_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    average_fill_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    total_value = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m, comment: "Quantity times price of its fills."),
                    total_fees = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    exchange_order_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, comment: "Unique per account and exchange for all time: order_keys."),
                    client_order_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, comment: "Unique per account for all time: order_keys. Placing it again gives the order there is."),
                    time_in_force = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "gtc", comment: "gtc, day, ioc, fok, or gtd with expires_at."),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    cancelled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    filled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reject_reason = table.Column<string>(type: "text", nullable: true),
                    last_update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    parent_order_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The order this one is a stop or target of. Checked by trigger against order_keys: a foreign key cannot refer to a hypertable."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_orders", x => new { x.id, x.time });
                    table.CheckConstraint("chk_orders_average_fill_price", "(filled_quantity = 0) = (average_fill_price IS NULL)");
                    table.CheckConstraint("chk_orders_cancelled_at", "(status = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL OR cancelled_at >= time)");
                    table.CheckConstraint("chk_orders_expires_at", "(expires_at IS NOT NULL OR (status <> 'expired' AND time_in_force <> 'gtd')) AND (expires_at IS NULL OR expires_at > time)");
                    table.CheckConstraint("chk_orders_filled_at", "(status = 'filled') = (filled_at IS NOT NULL) AND (filled_at IS NULL OR filled_at >= time)");
                    table.CheckConstraint("chk_orders_filled_quantity", "filled_quantity >= 0 AND filled_quantity <= quantity");
                    table.CheckConstraint("chk_orders_numbers", "'NaN'::numeric NOT IN (quantity, filled_quantity, price, stop_price, average_fill_price, total_value, total_fees)");
                    table.CheckConstraint("chk_orders_parent", "parent_order_id <> id");
                    table.CheckConstraint("chk_orders_price", "type = 'market' OR price IS NOT NULL");
                    table.CheckConstraint("chk_orders_prices", "price > 0 AND stop_price > 0 AND average_fill_price > 0");
                    table.CheckConstraint("chk_orders_quantity", "quantity > 0");
                    table.CheckConstraint("chk_orders_reject_reason", "(status = 'rejected') = (coalesce(btrim(reject_reason), '') <> '')");
                    table.CheckConstraint("chk_orders_status", "CASE status WHEN 'pending' THEN filled_quantity = 0 WHEN 'rejected' THEN filled_quantity = 0 WHEN 'partial' THEN filled_quantity > 0 AND filled_quantity < quantity WHEN 'filled' THEN filled_quantity = quantity ELSE filled_quantity < quantity END");
                    table.CheckConstraint("chk_orders_stop_price", "type NOT IN ('stop', 'stop_limit') OR stop_price IS NOT NULL");
                    table.CheckConstraint("chk_orders_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_orders_time", "isfinite(time)");
                    table.CheckConstraint("chk_orders_time_in_force", "time_in_force IN ('gtc', 'day', 'ioc', 'fok', 'gtd')");
                    table.CheckConstraint("chk_orders_totals", "total_value >= 0 AND total_fees >= 0");
                    table.ForeignKey(
                        name: "fk_orders_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "Orders of all accounts. The services have no right to it: they read the view my_orders and write through place_order, update_order, cancel_order and fill_order. Kept seven years whatever becomes of the account, hence no foreign key to it.");

            migrationBuilder.CreateTable(
                name: "portfolio_snapshots",
                schema: "trading",
                columns: table => new
                {
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "Null: the whole account. Part of the unique index, where nulls count as equal; a primary key could not hold it."),
                    total_value = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    cash_balance = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    invested_value = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    unrealized_pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m),
                    realized_pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m),
                    positions = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    position_count = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    total_exposure = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, defaultValue: 0m),
                    leverage = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: false, defaultValue: 1m),
                    var_1d = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "Value at risk over one day, in money."),
                    max_drawdown = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true, comment: "Fraction of the highest value so far, 0 to 1."),
                    total_return = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    daily_return = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    sharpe_ratio = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    volatility = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    beta = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    alpha = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    market_correlation = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    asset_allocation = table.Column<string>(type: "jsonb", nullable: true),
                    snapshot_trigger = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, defaultValue: "scheduled", comment: "What made it be taken: scheduled, trade, manual …")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_portfolio_snapshots_asset_allocation", "jsonb_typeof(asset_allocation) = 'object'");
                    table.CheckConstraint("chk_portfolio_snapshots_leverage", "leverage >= 0");
                    table.CheckConstraint("chk_portfolio_snapshots_market_correlation", "market_correlation BETWEEN -1 AND 1");
                    table.CheckConstraint("chk_portfolio_snapshots_max_drawdown", "max_drawdown BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_portfolio_snapshots_numbers", "'NaN'::numeric NOT IN (total_value, cash_balance, invested_value, unrealized_pnl, realized_pnl, total_exposure, leverage, var_1d, total_return, daily_return, sharpe_ratio, volatility, beta, alpha)");
                    table.CheckConstraint("chk_portfolio_snapshots_position_count", "position_count >= 0");
                    table.CheckConstraint("chk_portfolio_snapshots_positions", "jsonb_typeof(positions) IN ('array', 'object')");
                    table.CheckConstraint("chk_portfolio_snapshots_time", "isfinite(time)");
                    table.CheckConstraint("chk_portfolio_snapshots_total_exposure", "total_exposure >= 0");
                    table.CheckConstraint("chk_portfolio_snapshots_trigger", "btrim(snapshot_trigger) <> ''");
                    table.CheckConstraint("chk_portfolio_snapshots_var_1d", "var_1d >= 0");
                    table.CheckConstraint("chk_portfolio_snapshots_volatility", "volatility >= 0");
                    table.ForeignKey(
                        name: "fk_portfolio_snapshots_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What accounts and their strategies were worth over time. The services have no right to it: they read the view my_portfolio_snapshots and write through record_snapshot.");

            migrationBuilder.CreateTable(
                name: "system_logs",
                schema: "trading",
                columns: table => new
                {
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    id = table.Column<long>(type: "bigint", nullable: false, comment: "A number, not a uuid: fifty thousand rows a day compress to nearly nothing in it.")
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: true, comment: "Null: about no account in particular."),
                    service = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    component = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, comment: "May be null, and so is not part of the key."),
                    level = table.Column<SystemLogLevel>(type: "trading.log_level", nullable: false, defaultValueSql: "'info'"),
                    message = table.Column<string>(type: "text", nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: true),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true),
                    trade_id = table.Column<Guid>(type: "uuid", nullable: true),
                    order_id = table.Column<Guid>(type: "uuid", nullable: true),
                    user_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    session_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    request_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    execution_time_ms = table.Column<decimal>(type: "numeric(18,3)", precision: 18, scale: 3, nullable: true),
                    memory_usage_mb = table.Column<decimal>(type: "numeric(18,3)", precision: 18, scale: 3, nullable: true),
                    error_code = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    stack_trace = table.Column<string>(type: "text", nullable: true),
                    version = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "Of the program."),
                    environment = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    hostname = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_system_logs", x => new { x.time, x.id });
                    table.CheckConstraint("chk_system_logs_execution_time_ms", "execution_time_ms >= 0");
                    table.CheckConstraint("chk_system_logs_memory_usage_mb", "memory_usage_mb >= 0");
                    table.CheckConstraint("chk_system_logs_numbers", "'NaN'::numeric NOT IN (execution_time_ms, memory_usage_mb)");
                    table.CheckConstraint("chk_system_logs_service", "btrim(service) <> ''");
                    table.CheckConstraint("chk_system_logs_time", "isfinite(time)");
                    table.ForeignKey(
                        name: "fk_system_logs_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "What the services wrote about their work. They write through trading.log and read what is about their account in my_system_logs; all of it is the worker's.");

            migrationBuilder.CreateTable(
                name: "trades",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When it was executed."),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true),
                    order_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The order it is a fill of, brought forward by a trigger when the trade is inserted."),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    side = table.Column<TradeSide>(type: "trading.trade_side", nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    value = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, computedColumnSql: "quantity * price", stored: true),
                    fee = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, defaultValue: 0m),
                    net_value = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, computedColumnSql: "CASE WHEN side = 'buy' THEN quantity * price + fee ELSE quantity * price - fee END", stored: true, comment: "What it cost with the fee (buy), or brought after it (sell)."),
                    entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Average entry of what a closing trade closes."),
                    exit_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Null: the trade opened a position. Otherwise it closed one: a sell a long, a buy a short."),
                    pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "Before fees; of closing trades only."),
                    pnl_percentage = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: true),
                    stop_loss = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    take_profit = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    exchange_trade_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, comment: "Unique per account and exchange for all time: trade_keys. Recording it again gives the trade there is."),
                    exchange_order_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    market_conditions = table.Column<string>(type: "jsonb", nullable: true),
                    execution_latency_ms = table.Column<int>(type: "integer", nullable: true),
                    slippage = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Price minus the price expected, against the trader when positive."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trades", x => new { x.id, x.time });
                    table.CheckConstraint("chk_trades_exit", "exit_price IS NULL OR entry_price IS NOT NULL");
                    table.CheckConstraint("chk_trades_fee", "fee >= 0");
                    table.CheckConstraint("chk_trades_latency", "execution_latency_ms >= 0");
                    table.CheckConstraint("chk_trades_numbers", "'NaN'::numeric NOT IN (quantity, price, fee, entry_price, exit_price, pnl, pnl_percentage, stop_loss, take_profit, slippage)");
                    table.CheckConstraint("chk_trades_pnl", "coalesce(pnl, 0) = 0 OR (entry_price IS NOT NULL AND exit_price IS NOT NULL)");
                    table.CheckConstraint("chk_trades_prices", "price > 0 AND entry_price > 0 AND exit_price > 0 AND stop_loss > 0 AND take_profit > 0");
                    table.CheckConstraint("chk_trades_quantity", "quantity > 0");
                    table.CheckConstraint("chk_trades_stop_loss", "exit_price IS NOT NULL OR CASE side WHEN 'buy' THEN stop_loss < price ELSE stop_loss > price END");
                    table.CheckConstraint("chk_trades_stop_target", "CASE WHEN (side = 'buy') = (exit_price IS NULL) THEN stop_loss < take_profit ELSE stop_loss > take_profit END");
                    table.CheckConstraint("chk_trades_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_trades_take_profit", "exit_price IS NOT NULL OR CASE side WHEN 'buy' THEN take_profit > price ELSE take_profit < price END");
                    table.CheckConstraint("chk_trades_time", "isfinite(time)");
                    table.ForeignKey(
                        name: "fk_trades_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "Executions of all accounts. The services have no right to it: they read the view my_trades and write through fill_order and record_trade. Kept seven years whatever becomes of the account, hence no foreign key to it.");

            migrationBuilder.CreateTable(
                name: "strategy_probe_trades",
                schema: "trading",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    result_id = table.Column<Guid>(type: "uuid", nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    side = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    entry_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    exit_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    exit_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    pnl = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    pnl_std = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "Spread of the open P&L over the bars it was held."),
                    return_pct = table.Column<decimal>(type: "numeric(18,6)", precision: 18, scale: 6, nullable: false, comment: "Per cent."),
                    bars_held = table.Column<int>(type: "integer", nullable: true),
                    max_drawdown = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    max_profit = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true),
                    open_justification = table.Column<string>(type: "text", nullable: true),
                    close_justification = table.Column<string>(type: "text", nullable: true),
                    exit_reason = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    metrics = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_strategy_probe_trades", x => x.id);
                    table.CheckConstraint("chk_strategy_probe_trades_bars_held", "bars_held >= 0");
                    table.CheckConstraint("chk_strategy_probe_trades_max_drawdown", "max_drawdown >= 0");
                    table.CheckConstraint("chk_strategy_probe_trades_numbers", "'NaN'::numeric NOT IN (entry_price, exit_price, quantity, pnl, pnl_std, max_drawdown, max_profit, return_pct)");
                    table.CheckConstraint("chk_strategy_probe_trades_pnl_std", "pnl_std >= 0");
                    table.CheckConstraint("chk_strategy_probe_trades_prices", "entry_price > 0 AND exit_price > 0");
                    table.CheckConstraint("chk_strategy_probe_trades_quantity", "quantity > 0");
                    table.CheckConstraint("chk_strategy_probe_trades_side", "side IN ('long', 'short')");
                    table.CheckConstraint("chk_strategy_probe_trades_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_strategy_probe_trades_times", "exit_time >= entry_time");
                    table.ForeignKey(
                        name: "fk_strategy_probe_trades_result",
                        column: x => x.result_id,
                        principalSchema: "trading",
                        principalTable: "strategy_probe_results",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "The trades behind a probe result.");

            migrationBuilder.CreateIndex(
                name: "idx_order_keys_account_id_client_order_id",
                schema: "trading",
                table: "order_keys",
                columns: new[] { "account_id", "client_order_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_order_keys_account_id_exchange_exchange_order_id",
                schema: "trading",
                table: "order_keys",
                columns: new[] { "account_id", "exchange", "exchange_order_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_orders_account_id_open",
                schema: "trading",
                table: "orders",
                column: "account_id",
                filter: "status IN ('pending', 'partial')");

            migrationBuilder.CreateIndex(
                name: "idx_orders_account_id_symbol_time",
                schema: "trading",
                table: "orders",
                columns: new[] { "account_id", "symbol", "time" },
                descending: new[] { false, false, true });

            migrationBuilder.CreateIndex(
                name: "idx_orders_account_id_time",
                schema: "trading",
                table: "orders",
                columns: new[] { "account_id", "time" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_orders_parent_order_id",
                schema: "trading",
                table: "orders",
                column: "parent_order_id",
                filter: "parent_order_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_orders_strategy_id_time",
                schema: "trading",
                table: "orders",
                columns: new[] { "strategy_id", "time" },
                descending: new[] { false, true },
                filter: "strategy_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_portfolio_snapshots_strategy_id_time",
                schema: "trading",
                table: "portfolio_snapshots",
                columns: new[] { "strategy_id", "account_id", "time" },
                unique: true,
                descending: new[] { false, false, true })
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "idx_probe_strategies_name",
                schema: "trading",
                table: "probe_strategies",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_strategies_account_id_name",
                schema: "trading",
                table: "strategies",
                columns: new[] { "account_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_strategies_name_benchmark",
                schema: "trading",
                table: "strategies",
                column: "name",
                unique: true,
                filter: "is_benchmark");

            migrationBuilder.CreateIndex(
                name: "idx_strategies_symbols",
                schema: "trading",
                table: "strategies",
                column: "symbols")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "idx_strategy_probe_results_open_day_symbol",
                schema: "trading",
                table: "strategy_probe_results",
                columns: new[] { "open_day", "symbol" });

            migrationBuilder.CreateIndex(
                name: "idx_strategy_probe_results_slice",
                schema: "trading",
                table: "strategy_probe_results",
                columns: new[] { "run_id", "symbol", "strategy_id", "timeframe", "risk_profile", "open_day", "open_hour", "long_short" },
                unique: true)
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "idx_strategy_probe_results_strategy_id_open_day",
                schema: "trading",
                table: "strategy_probe_results",
                columns: new[] { "strategy_id", "open_day" });

            migrationBuilder.CreateIndex(
                name: "idx_strategy_probe_trades_result_id_entry_time",
                schema: "trading",
                table: "strategy_probe_trades",
                columns: new[] { "result_id", "entry_time" });

            migrationBuilder.CreateIndex(
                name: "idx_strategy_probe_trades_symbol_entry_time",
                schema: "trading",
                table: "strategy_probe_trades",
                columns: new[] { "symbol", "entry_time" });

            migrationBuilder.CreateIndex(
                name: "idx_system_logs_account_id_time",
                schema: "trading",
                table: "system_logs",
                columns: new[] { "account_id", "time" },
                descending: new[] { false, true },
                filter: "account_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_system_logs_request_id",
                schema: "trading",
                table: "system_logs",
                column: "request_id",
                filter: "request_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_system_logs_service_time",
                schema: "trading",
                table: "system_logs",
                columns: new[] { "service", "time" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_system_logs_strategy_id_time",
                schema: "trading",
                table: "system_logs",
                columns: new[] { "strategy_id", "time" },
                descending: new[] { false, true },
                filter: "strategy_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_system_logs_time_errors",
                schema: "trading",
                table: "system_logs",
                column: "time",
                descending: new bool[0],
                filter: "level IN ('error', 'critical')");

            migrationBuilder.CreateIndex(
                name: "idx_trade_keys_account_id_exchange_exchange_trade_id",
                schema: "trading",
                table: "trade_keys",
                columns: new[] { "account_id", "exchange", "exchange_trade_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trades_account_id_symbol_time",
                schema: "trading",
                table: "trades",
                columns: new[] { "account_id", "symbol", "time" },
                descending: new[] { false, false, true });

            migrationBuilder.CreateIndex(
                name: "idx_trades_account_id_time",
                schema: "trading",
                table: "trades",
                columns: new[] { "account_id", "time" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_trades_market_conditions",
                schema: "trading",
                table: "trades",
                column: "market_conditions")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "idx_trades_order_id",
                schema: "trading",
                table: "trades",
                column: "order_id",
                filter: "order_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_trades_strategy_id_time",
                schema: "trading",
                table: "trades",
                columns: new[] { "strategy_id", "time" },
                descending: new[] { false, true },
                filter: "strategy_id IS NOT NULL");

            migrationBuilder.Sql(SqlFile.Read("Trading.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("Trading.down.sql"));

            migrationBuilder.DropTable(
                name: "order_keys",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "orders",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "portfolio_snapshots",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "strategy_probe_trades",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "system_logs",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "trade_keys",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "trades",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "strategy_probe_results",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "strategies",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "probe_strategies",
                schema: "trading");

            migrationBuilder.AlterDatabase()
                .OldAnnotation("Npgsql:Enum:trading.asset_type", "commodity,crypto,forex,index,stock")
                .OldAnnotation("Npgsql:Enum:trading.log_level", "debug,info,warning,error,critical")
                .OldAnnotation("Npgsql:Enum:trading.order_side", "buy,sell")
                .OldAnnotation("Npgsql:Enum:trading.order_status", "pending,partial,filled,cancelled,rejected,expired")
                .OldAnnotation("Npgsql:Enum:trading.order_type", "limit,market,stop,stop_limit")
                .OldAnnotation("Npgsql:Enum:trading.strategy_status", "active,error,paused,stopped")
                .OldAnnotation("Npgsql:Enum:trading.strategy_type", "arbitrage,bollinger_bands,breakout,custom,ema_crossover,macd_momentum,ml_based,rsi_mean_reversion,sma_crossover")
                .OldAnnotation("Npgsql:Enum:trading.trade_side", "buy,sell");

            migrationBuilder.Sql(SqlFile.Read("Trading.drop.sql"));
        }
    }
}
