using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using NpgsqlTypes;
using Wyckoff.Trading;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "wyckoff");

            migrationBuilder.EnsureSchema(
                name: "account");

            migrationBuilder.EnsureSchema(
                name: "audit");

            migrationBuilder.EnsureSchema(
                name: "market");

            migrationBuilder.EnsureSchema(
                name: "journal");

            migrationBuilder.EnsureSchema(
                name: "prediction");

            migrationBuilder.EnsureSchema(
                name: "public");

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
                name: "audit_trail",
                schema: "audit",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    event_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "<entity type>.created, .updated or .deleted"),
                    entity_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    entity_id = table.Column<string>(type: "text", nullable: false, comment: "Text, because ids are numbers in some schemas and UUIDs in others; the parts of a composite key are joined by '/'."),
                    account_id = table.Column<long>(type: "bigint", nullable: true, comment: "Whose row it was; NULL: nobody's. No foreign key: the entry outlives the account."),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "When the change was made: clock time, where created_at is the start of its transaction."),
                    actor = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "The setting app.actor, else the session's user."),
                    action = table.Column<string>(type: "text", nullable: false, comment: "INSERT, DELETE, or UPDATE and the columns it changed."),
                    metadata = table.Column<string>(type: "jsonb", nullable: true, comment: "old and new values of what changed, without the columns that are secret; hidden: the names of those that changed."),
                    correlation_id = table.Column<Guid>(type: "uuid", nullable: false, comment: "The setting app.correlation_id, else one made of the transaction."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_trail", x => x.id);
                    table.CheckConstraint("chk_audit_trail_action", "action <> ''");
                    table.CheckConstraint("chk_audit_trail_actor", "actor <> ''");
                    table.CheckConstraint("chk_audit_trail_entity_type", "entity_type <> ''");
                    table.CheckConstraint("chk_audit_trail_event_type", "event_type <> ''");
                    table.CheckConstraint("chk_audit_trail_metadata", "jsonb_typeof(metadata) = 'object'");
                },
                comment: "Every order, trade, signal, campaign and account change, in the transaction that made it. Append-only: triggers refuse UPDATE, DELETE and TRUNCATE to everybody.");

            migrationBuilder.CreateTable(
                name: "backtest_results",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    backtest_run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    start_date = table.Column<DateOnly>(type: "date", nullable: false),
                    end_date = table.Column<DateOnly>(type: "date", nullable: false),
                    total_patterns_detected = table.Column<int>(type: "integer", nullable: false),
                    true_positives = table.Column<int>(type: "integer", nullable: false),
                    false_positives = table.Column<int>(type: "integer", nullable: false),
                    false_negatives = table.Column<int>(type: "integer", nullable: false),
                    precision = table.Column<decimal>(type: "numeric(6,4)", precision: 6, scale: 4, nullable: false, comment: "0 to 1, as recall, win_rate and max_drawdown."),
                    recall = table.Column<decimal>(type: "numeric(6,4)", precision: 6, scale: 4, nullable: false),
                    total_signals_generated = table.Column<int>(type: "integer", nullable: false),
                    winning_signals = table.Column<int>(type: "integer", nullable: false),
                    losing_signals = table.Column<int>(type: "integer", nullable: false),
                    win_rate = table.Column<decimal>(type: "numeric(6,4)", precision: 6, scale: 4, nullable: false),
                    average_r_multiple = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: false),
                    max_drawdown = table.Column<decimal>(type: "numeric(6,4)", precision: 6, scale: 4, nullable: false),
                    config = table.Column<string>(type: "jsonb", nullable: false, comment: "What the detectors were set to."),
                    look_ahead_bias_check = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "The run was shown to know nothing before its time."),
                    pattern_performance = table.Column<string>(type: "jsonb", nullable: true),
                    monthly_returns = table.Column<string>(type: "jsonb", nullable: true),
                    drawdown_periods = table.Column<string>(type: "jsonb", nullable: true),
                    risk_metrics = table.Column<string>(type: "jsonb", nullable: true),
                    campaign_performance = table.Column<string>(type: "jsonb", nullable: true),
                    cost_summary = table.Column<string>(type: "jsonb", nullable: true),
                    equity_curve = table.Column<string>(type: "jsonb", nullable: true),
                    trades = table.Column<string>(type: "jsonb", nullable: true),
                    metrics = table.Column<string>(type: "jsonb", nullable: true),
                    execution_time_seconds = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_backtest_results", x => x.id);
                    table.CheckConstraint("chk_backtest_results_dates", "end_date >= start_date");
                    table.CheckConstraint("chk_backtest_results_execution_time_seconds", "execution_time_seconds >= 0");
                    table.CheckConstraint("chk_backtest_results_max_drawdown", "max_drawdown BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_backtest_results_patterns", "total_patterns_detected >= 0 AND true_positives >= 0 AND false_positives >= 0 AND false_negatives >= 0 AND true_positives + false_positives <= total_patterns_detected");
                    table.CheckConstraint("chk_backtest_results_precision", "\"precision\" BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_backtest_results_recall", "recall BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_backtest_results_signals", "winning_signals >= 0 AND losing_signals >= 0 AND winning_signals + losing_signals <= total_signals_generated");
                    table.CheckConstraint("chk_backtest_results_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_backtest_results_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_backtest_results_win_rate", "win_rate BETWEEN 0 AND 1");
                },
                comment: "What runs of the method over history found, and how well.");

            migrationBuilder.CreateTable(
                name: "bar_changes",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    committed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()", comment: "Shortly before the commit: readers go by version."),
                    range = table.Column<NpgsqlRange<DateTimeOffset>>(type: "tstzrange", nullable: false, comment: "From the first changed bar to the close of the last, re-derived ones included.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bar_changes", x => new { x.ticker_id, x.timeframe, x.version, x.committed_at });
                    table.CheckConstraint("chk_bar_changes_range", "NOT isempty(range)");
                    table.CheckConstraint("chk_bar_changes_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_bar_changes_version", "version >= 1");
                },
                comment: "Which bars a version changed; a stream resumes from here. Kept for a day. No foreign key to tickers: dropping a chunk would lock them.");

            migrationBuilder.CreateTable(
                name: "bars_15m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_15m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_15m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_15m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_15m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_15m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_15m_volume", "volume >= 0");
                },
                comment: "Bars of 15m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1d",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Session date at 00:00 UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1d_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1d_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1d_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1d_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1d_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1d_volume", "volume >= 0");
                },
                comment: "Bars of 1d. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1h",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1h_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1h_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1h_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1h_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1h_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1h_volume", "volume >= 0");
                },
                comment: "Bars of 1h. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_1m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_1m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_1m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_1m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_1m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_1m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_1m_volume", "volume >= 0");
                },
                comment: "Bars of 1m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_30m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_30m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_30m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_30m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_30m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_30m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_30m_volume", "volume >= 0");
                },
                comment: "Bars of 30m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_4h",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_4h_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_4h_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_4h_prices", "low > 0");
                    table.CheckConstraint("chk_bars_4h_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_4h_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_4h_volume", "volume >= 0");
                },
                comment: "Bars of 4h. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "bars_5m",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar, UTC."),
                    open = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    close = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    volume = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_count = table.Column<int>(type: "integer", nullable: true),
                    vwap = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "high - low"),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false, comment: "volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0."),
                    low_history = table.Column<bool>(type: "boolean", nullable: false, comment: "Fewer than 20 bars came before."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Provider, import, or 'aggregated'."),
                    quality_score = table.Column<decimal>(type: "numeric(3,2)", precision: 3, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_bars_5m_high", "high >= open AND high >= close AND high >= low");
                    table.CheckConstraint("chk_bars_5m_low", "low <= open AND low <= close");
                    table.CheckConstraint("chk_bars_5m_prices", "low > 0");
                    table.CheckConstraint("chk_bars_5m_quality_score", "quality_score BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_bars_5m_trade_count", "trade_count >= 0");
                    table.CheckConstraint("chk_bars_5m_volume", "volume >= 0");
                },
                comment: "Bars of 5m. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together.");

            migrationBuilder.CreateTable(
                name: "computed_features",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "That of the bar."),
                    feature_version = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Version of the set of features; several may stand side by side."),
                    features = table.Column<string>(type: "jsonb", nullable: false, comment: "Name of the feature → value."),
                    model_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "The hidden Markov model that assigned the state."),
                    state_id = table.Column<int>(type: "integer", nullable: true, comment: "Regime from 0; -1: out of distribution, unlike anything the model has seen."),
                    state_prob = table.Column<decimal>(type: "numeric(9,8)", precision: 9, scale: 8, nullable: true, comment: "Probability of the state, 0 to 1."),
                    log_likelihood = table.Column<decimal>(type: "numeric(24,8)", precision: 24, scale: 8, nullable: true, comment: "Logarithm of the likelihood of the observation under the model."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_computed_features_feature_version", "feature_version <> ''");
                    table.CheckConstraint("chk_computed_features_features", "jsonb_typeof(features) = 'object'");
                    table.CheckConstraint("chk_computed_features_state", "(state_id IS NULL OR model_id IS NOT NULL) AND (state_prob IS NULL OR state_id IS NOT NULL)");
                    table.CheckConstraint("chk_computed_features_state_id", "state_id >= -1");
                    table.CheckConstraint("chk_computed_features_state_prob", "state_prob BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_computed_features_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "What was computed from a bar, per version of the computation, and the regime a hidden Markov model assigned. No foreign key to tickers, as for bars.");

            migrationBuilder.CreateTable(
                name: "import_batches",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    file = table.Column<string>(type: "text", nullable: false, comment: "Name or path, as the importer was given it."),
                    sha256 = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, comment: "Of the file's bytes."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The source its bars carry."),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "What all rows are bars of; NULL when each says so itself."),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true, comment: "Of all rows; NULL when each says so itself."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    policy = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "skip", comment: "What becomes of bars that are there already."),
                    size = table.Column<long>(type: "bigint", nullable: true, comment: "Bytes of the file; NULL when it comes as a stream of unknown length."),
                    bytes_read = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "How many of them have been read."),
                    heartbeat_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When a part of it was last committed: one that runs and has been silent for long has died."),
                    rows_read = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_inserted = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_updated = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rows_skipped = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "Valid, and there already."),
                    rows_rejected = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "Kept in import_rejects."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_batches", x => x.id);
                    table.CheckConstraint("chk_import_batches_bytes_read", "bytes_read >= 0 AND size >= 0");
                    table.CheckConstraint("chk_import_batches_error_message", "(status = 'failed') = (error_message IS NOT NULL)");
                    table.CheckConstraint("chk_import_batches_finished_at", "(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL OR finished_at >= started_at)");
                    table.CheckConstraint("chk_import_batches_policy", "policy IN ('skip', 'replace', 'fail')");
                    table.CheckConstraint("chk_import_batches_rows", "least(rows_inserted, rows_updated, rows_skipped, rows_rejected) >= 0 AND rows_read = rows_inserted + rows_updated + rows_skipped + rows_rejected");
                    table.CheckConstraint("chk_import_batches_sha256", "sha256 ~ '^[0-9a-f]{64}$'");
                    table.CheckConstraint("chk_import_batches_status", "status IN ('running', 'completed', 'failed')");
                    table.CheckConstraint("chk_import_batches_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "Files that were imported, or are being.");

            migrationBuilder.CreateTable(
                name: "indicators",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "That of the bar."),
                    sma_20 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Mean close of 20 bars."),
                    sma_50 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Mean close of 50 bars."),
                    ema_12 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean close of 12 bars."),
                    ema_26 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean close of 26 bars."),
                    rsi_14 = table.Column<decimal>(type: "numeric(7,4)", precision: 7, scale: 4, nullable: true, comment: "Relative strength index of 14 bars, 0 to 100."),
                    macd = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "ema_12 - ema_26"),
                    macd_signal = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Exponential mean of macd over 9 bars."),
                    macd_histogram = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "macd - macd_signal"),
                    bb_upper = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: bb_middle plus two standard deviations of 20 closes."),
                    bb_middle = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: mean close of 20 bars."),
                    bb_lower = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Bollinger bands: bb_middle minus two standard deviations of 20 closes."),
                    volume_24h = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "Traded in the 24 hours up to the close of the bar."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_indicators_averages", "sma_20 > 0 AND sma_50 > 0 AND ema_12 > 0 AND ema_26 > 0");
                    table.CheckConstraint("chk_indicators_bb", "bb_lower <= bb_middle AND bb_middle <= bb_upper AND bb_lower <= bb_upper");
                    table.CheckConstraint("chk_indicators_rsi_14", "rsi_14 BETWEEN 0 AND 100");
                    table.CheckConstraint("chk_indicators_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_indicators_volume_24h", "volume_24h >= 0");
                },
                comment: "Customary indicators, one row per bar; NULL while there are too few bars for one. No foreign key to tickers, as for bars.");

            migrationBuilder.CreateTable(
                name: "leases",
                schema: "market",
                columns: table => new
                {
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "Of the work: feed/17, live/alpaca, …"),
                    holder = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false, comment: "Up by one with every holder. A holder's transactions check it, so that one who slept through his lease writes nothing."),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_leases", x => x.name);
                    table.CheckConstraint("chk_leases_name", "name <> ''");
                    table.CheckConstraint("chk_leases_version", "version >= 1");
                },
                comment: "Which instance of the Ingestor does a piece of work, and until when it may without asking again.");

            migrationBuilder.CreateTable(
                name: "markets",
                schema: "prediction",
                columns: table => new
                {
                    condition_id = table.Column<string>(type: "text", nullable: false, comment: "The exchange's id of the question."),
                    question = table.Column<string>(type: "text", nullable: false),
                    slug = table.Column<string>(type: "text", nullable: true),
                    market_type = table.Column<string>(type: "text", nullable: true),
                    outcomes = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'", comment: "The answers, in the order of clob_token_ids."),
                    clob_token_ids = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'", comment: "The token of each outcome; empty while the exchange has not said."),
                    active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    closed = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "No more trading; see resolutions for how it ended."),
                    end_date = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "When the question is due; text in the source document."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_markets", x => x.condition_id);
                    table.CheckConstraint("chk_markets_clob_token_ids", "cardinality(clob_token_ids) IN (0, cardinality(outcomes))");
                    table.CheckConstraint("chk_markets_condition_id", "condition_id <> ''");
                },
                comment: "Questions that are traded, one outcome token for each answer.");

            migrationBuilder.CreateTable(
                name: "migration_runs",
                schema: "public",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    from_version = table.Column<string>(type: "text", nullable: true, comment: "The newest migration before the run; NULL when there was none."),
                    to_version = table.Column<string>(type: "text", nullable: false, comment: "The newest migration after it."),
                    objects = table.Column<string>(type: "jsonb", nullable: true, comment: "Functions, views, triggers, policies and grants after the run, in the order in which they build on each other: [name, hash] each."),
                    objects_hash = table.Column<string>(type: "text", nullable: true, comment: "Over all of them; services wait for that of their build."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    duration_ms = table.Column<decimal>(type: "numeric(12,3)", precision: 12, scale: 3, nullable: false),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    error = table.Column<string>(type: "text", nullable: true),
                    product_version = table.Column<string>(type: "text", nullable: false, comment: "Of MigrationService.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_migration_runs", x => x.id);
                    table.CheckConstraint("chk_migration_runs_duration_ms", "duration_ms >= 0");
                    table.CheckConstraint("chk_migration_runs_objects", "outcome = 'failed' OR (objects IS NOT NULL AND objects_hash IS NOT NULL)");
                    table.CheckConstraint("chk_migration_runs_outcome", "outcome IN ('completed', 'failed')");
                },
                comment: "Every run that changed the schema, written in the transaction of the change; a failed one afterwards.");

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
                name: "orderbook_snapshots",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    bids = table.Column<string>(type: "jsonb", nullable: false, comment: "[{\"price\", \"size\"}, …], best first."),
                    asks = table.Column<string>(type: "jsonb", nullable: false, comment: "[{\"price\", \"size\"}, …], best first."),
                    spread = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Best ask less best bid; null when a side is empty."),
                    midpoint = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true)
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_orderbook_snapshots_asks", "jsonb_typeof(asks) = 'array'");
                    table.CheckConstraint("chk_orderbook_snapshots_bids", "jsonb_typeof(bids) = 'array'");
                    table.CheckConstraint("chk_orderbook_snapshots_midpoint", "midpoint BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_orderbook_snapshots_spread", "spread BETWEEN 0 AND 1");
                },
                comment: "Order books of tokens, polled; kept for good.");

            migrationBuilder.CreateTable(
                name: "price_snapshots",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "A probability."),
                    volume_24h = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: true, comment: "What the exchange says was traded in the 24 hours before.")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_price_snapshots_price", "price BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_price_snapshots_volume_24h", "volume_24h >= 0");
                },
                comment: "Prices of tokens, polled. No foreign key to markets: a token may be seen before its market is known.");

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
                name: "sync_payloads",
                schema: "market",
                columns: table => new
                {
                    sync_id = table.Column<long>(type: "bigint", nullable: false, comment: "The run in data_sync_log."),
                    page = table.Column<int>(type: "integer", nullable: false, comment: "Which answer of the run, from 1."),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    request = table.Column<string>(type: "text", nullable: false, comment: "Path and query of the request, without any key."),
                    content_type = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    encoding = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    bytes = table.Column<int>(type: "integer", nullable: false, comment: "Size before compression."),
                    payload = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_payloads", x => new { x.sync_id, x.page, x.received_at });
                    table.CheckConstraint("chk_sync_payloads_bytes", "bytes >= 0");
                    table.CheckConstraint("chk_sync_payloads_encoding", "encoding IN ('gzip', 'br')");
                    table.CheckConstraint("chk_sync_payloads_page", "page >= 1");
                },
                comment: "What providers sent, as it came, compressed. No foreign keys: dropping a chunk would lock what they refer to.");

            migrationBuilder.CreateTable(
                name: "tickers",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    exchange = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    asset_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "stock", comment: "stock, etf, crypto, forex, commodity, index …"),
                    timezone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, defaultValue: "America/New_York", comment: "IANA name; decides where this ticker's trading days begin."),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tickers", x => x.id);
                    table.CheckConstraint("chk_tickers_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                },
                comment: "What has bars: one row per symbol.");

            migrationBuilder.CreateTable(
                name: "trade_keys",
                schema: "prediction",
                columns: table => new
                {
                    trade_id = table.Column<string>(type: "text", nullable: false),
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trade_keys", x => x.trade_id);
                },
                comment: "One row per trade id: a unique key of a hypertable must contain the time, so uniqueness over all time needs a table of its own.");

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
                name: "trades",
                schema: "prediction",
                columns: table => new
                {
                    ts = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_id = table.Column<string>(type: "text", nullable: false),
                    side = table.Column<string>(type: "character varying(4)", maxLength: 4, nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    size = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    trade_id = table.Column<string>(type: "text", nullable: true, comment: "The exchange's; null when it gives none.")
                },
                constraints: table =>
                {
                    table.CheckConstraint("chk_trades_price", "price BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_trades_side", "side IN ('BUY', 'SELL')");
                    table.CheckConstraint("chk_trades_size", "size > 0");
                    table.CheckConstraint("chk_trades_trade_id", "trade_id <> ''");
                },
                comment: "Trades in tokens. A trade id is unique over all time by trade_keys, which a trigger fills.");

            migrationBuilder.CreateTable(
                name: "trading_ranges",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "Null while the range goes on."),
                    duration_bars = table.Column<int>(type: "integer", nullable: false),
                    creek_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "SUPPORT, as the source document has it; in the literature the creek is the resistance. Elsewhere we say support and resistance."),
                    ice_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "RESISTANCE, as the source document has it; in the literature the ice is the support. Elsewhere we say support and resistance."),
                    jump_target = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Where the cause says price will go: above the resistance after accumulation, below the support after distribution."),
                    cause_factor = table.Column<decimal>(type: "numeric(4,2)", precision: 4, scale: 2, nullable: false, comment: "Widths of the range to add for the target."),
                    range_width = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false),
                    phase = table.Column<string>(type: "character varying(1)", maxLength: 1, nullable: false),
                    strength_score = table.Column<int>(type: "integer", nullable: false),
                    touch_count_creek = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    touch_count_ice = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "Set: the range was found to be none, and is out of sight."),
                    version = table.Column<int>(type: "integer", rowVersion: true, nullable: false, defaultValue: 1, comment: "Counted up by every update; a writer names the version it has read."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trading_ranges", x => x.id);
                    table.CheckConstraint("chk_trading_ranges_cause_factor", "cause_factor BETWEEN 2.0 AND 3.0");
                    table.CheckConstraint("chk_trading_ranges_duration_bars", "duration_bars BETWEEN 15 AND 100");
                    table.CheckConstraint("chk_trading_ranges_jump_target", "jump_target > ice_level OR (jump_target < creek_level AND jump_target > 0)");
                    table.CheckConstraint("chk_trading_ranges_levels", "creek_level > 0 AND creek_level < ice_level");
                    table.CheckConstraint("chk_trading_ranges_phase", "phase IN ('A', 'B', 'C', 'D', 'E')");
                    table.CheckConstraint("chk_trading_ranges_range_width", "range_width > 0");
                    table.CheckConstraint("chk_trading_ranges_strength_score", "strength_score BETWEEN 60 AND 100");
                    table.CheckConstraint("chk_trading_ranges_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_trading_ranges_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_trading_ranges_times", "end_time >= start_time");
                    table.CheckConstraint("chk_trading_ranges_touch_counts", "touch_count_creek >= 0 AND touch_count_ice >= 0");
                    table.CheckConstraint("chk_trading_ranges_version", "version >= 1");
                },
                comment: "Sideways markets that qualified. Taken out of sight by deleted_at, since patterns and campaigns refer to them.");

            migrationBuilder.CreateTable(
                name: "user_accounts",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    external_user_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "The id by which the world outside knows the account."),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    email = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "In lower case, so that unique means unique."),
                    google_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "Google's 'sub': never reused, unlike the address."),
                    auth_provider = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, defaultValue: "google"),
                    profile_picture_url = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true),
                    phone = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    address = table.Column<string>(type: "text", nullable: true),
                    date_of_birth = table.Column<DateOnly>(type: "date", nullable: true),
                    gender = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true, comment: "A deactivated account cannot sign in; its rows stay."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_accounts", x => x.id);
                    table.CheckConstraint("chk_user_accounts_auth_provider", "auth_provider IN ('google', 'local')");
                    table.CheckConstraint("chk_user_accounts_date_of_birth", "date_of_birth >= '1900-01-01' AND isfinite(date_of_birth)");
                    table.CheckConstraint("chk_user_accounts_email", "email ~ '^[!-?[-~]+@[!-?[-~]+$'");
                    table.CheckConstraint("chk_user_accounts_external_user_id", "btrim(external_user_id) <> ''");
                    table.CheckConstraint("chk_user_accounts_google", "auth_provider <> 'google' OR google_id IS NOT NULL");
                    table.CheckConstraint("chk_user_accounts_google_id", "btrim(google_id) <> ''");
                    table.CheckConstraint("chk_user_accounts_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_user_accounts_profile_picture_url", "profile_picture_url ~ '^https?://'");
                },
                comment: "Who uses the platform. Made and found by account.sign_in(); an app sees only the one its transaction works for.");

            migrationBuilder.CreateTable(
                name: "waitlist",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    email = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "In lower case, so that unique means unique."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "waiting"),
                    referral_source = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "How they heard of the platform."),
                    notes = table.Column<string>(type: "text", nullable: true, comment: "The administrator's."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_waitlist", x => x.id);
                    table.CheckConstraint("chk_waitlist_email", "email ~ '^[!-?[-~]+@[!-?[-~]+$'");
                    table.CheckConstraint("chk_waitlist_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_waitlist_status", "status IN ('waiting', 'approved', 'rejected')");
                },
                comment: "Who asks for access. Filled by account.join_waitlist(), judged by hand.");

            migrationBuilder.CreateTable(
                name: "watchlist",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    asset_class = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "stock"),
                    priority = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "MEDIUM"),
                    min_confidence = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: true, comment: "Findings below it are not announced."),
                    enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    last_scanned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_watchlist", x => x.id);
                    table.CheckConstraint("chk_watchlist_min_confidence", "min_confidence BETWEEN 60 AND 100");
                    table.CheckConstraint("chk_watchlist_priority", "priority IN ('LOW', 'MEDIUM', 'HIGH')");
                    table.CheckConstraint("chk_watchlist_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_watchlist_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                },
                comment: "What the scanner looks at, for the whole installation.");

            migrationBuilder.CreateTable(
                name: "import_rejects",
                schema: "market",
                columns: table => new
                {
                    batch_id = table.Column<long>(type: "bigint", nullable: false),
                    line_number = table.Column<long>(type: "bigint", nullable: false, comment: "From 1, the header included; in a file without lines, the number of the row."),
                    text = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_rejects", x => new { x.batch_id, x.line_number });
                    table.CheckConstraint("chk_import_rejects_line_number", "line_number >= 1");
                    table.CheckConstraint("chk_import_rejects_reason", "reason <> ''");
                    table.ForeignKey(
                        name: "fk_import_rejects_batch",
                        column: x => x.batch_id,
                        principalSchema: "market",
                        principalTable: "import_batches",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Rows that an import did not take, as they stood in the file, and why.");

            migrationBuilder.CreateTable(
                name: "resolutions",
                schema: "prediction",
                columns: table => new
                {
                    condition_id = table.Column<string>(type: "text", nullable: false),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    winner_token_id = table.Column<string>(type: "text", nullable: true, comment: "Null when nobody won (void)."),
                    resolved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    payout_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "What a winning token paid."),
                    detection_method = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "How it was found out: by a price of 1, by the exchange's word …"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resolutions", x => x.condition_id);
                    table.CheckConstraint("chk_resolutions_detection_method", "detection_method <> ''");
                    table.CheckConstraint("chk_resolutions_payout_price", "payout_price BETWEEN 0 AND 1");
                    table.ForeignKey(
                        name: "fk_resolutions_market",
                        column: x => x.condition_id,
                        principalSchema: "prediction",
                        principalTable: "markets",
                        principalColumn: "condition_id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "How closed markets ended.");

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
                name: "bar_windows",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "No bar is before. May be too early where bars were deleted; NULL when nobody has kept count."),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "No bar is here or after. May be too late where bars were deleted; NULL when nobody has kept count."),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()", comment: "When the version was counted up, shortly before the commit: what Last-Modified says.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bar_windows", x => new { x.ticker_id, x.timeframe });
                    table.CheckConstraint("chk_bar_windows_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_bar_windows_until", "since < until AND (since IS NULL) = (until IS NULL)");
                    table.CheckConstraint("chk_bar_windows_version", "version >= 1");
                    table.ForeignKey(
                        name: "fk_bar_windows_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "The version of all bars of a ticker and timeframe: up by one with every transaction that changes them. Written by market.record_change.");

            migrationBuilder.CreateTable(
                name: "data_sync_log",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The provider."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "success, partial (some of what was asked came) or failed."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    last_sync_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When the run ended."),
                    first_synced_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "The oldest bar stored by then."),
                    last_synced_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "The newest bar stored by then."),
                    bars_fetched = table.Column<int>(type: "integer", nullable: false, defaultValue: 0, comment: "Bars that came in this run."),
                    total_bars = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L, comment: "All bars stored by then."),
                    error_message = table.Column<string>(type: "text", nullable: true, comment: "What went wrong: exactly when status is not success.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_sync_log", x => x.id);
                    table.CheckConstraint("chk_data_sync_log_bars_fetched", "bars_fetched >= 0");
                    table.CheckConstraint("chk_data_sync_log_error_message", "(status = 'success') = (error_message IS NULL)");
                    table.CheckConstraint("chk_data_sync_log_last_sync_at", "last_sync_at >= started_at");
                    table.CheckConstraint("chk_data_sync_log_status", "status IN ('success', 'partial', 'failed')");
                    table.CheckConstraint("chk_data_sync_log_synced", "first_synced_timestamp <= last_synced_timestamp AND (first_synced_timestamp IS NULL) = (last_synced_timestamp IS NULL)");
                    table.CheckConstraint("chk_data_sync_log_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_data_sync_log_total_bars", "total_bars >= 0");
                    table.ForeignKey(
                        name: "fk_data_sync_log_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "One row per sync run of a ticker and timeframe, written when it has ended; sync_status shows the latest of each.");

            migrationBuilder.CreateTable(
                name: "feeds",
                schema: "market",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    provider = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "Name of the provider: the source its bars carry."),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "How far back the bars are wanted."),
                    every_seconds = table.Column<int>(type: "integer", nullable: false, defaultValue: 3600, comment: "How often what is missing is fetched."),
                    live = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "Also from the provider's live stream."),
                    enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    next_due = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feeds", x => x.id);
                    table.CheckConstraint("chk_feeds_every_seconds", "every_seconds >= 1");
                    table.CheckConstraint("chk_feeds_provider", "provider <> ''");
                    table.CheckConstraint("chk_feeds_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_feeds_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Bars that the Ingestor keeps current.");

            migrationBuilder.CreateTable(
                name: "indicator_windows",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    computed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_indicator_windows", x => new { x.ticker_id, x.timeframe });
                    table.CheckConstraint("chk_indicator_windows_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_indicator_windows_version", "version >= 0");
                    table.ForeignKey(
                        name: "fk_indicator_windows_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Up to which version of bar_windows the indicators of a ticker and timeframe are computed.");

            migrationBuilder.CreateTable(
                name: "sync_coverage",
                schema: "market",
                columns: table => new
                {
                    ticker_id = table.Column<int>(type: "integer", nullable: false),
                    timeframe = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, comment: "The provider, or the import."),
                    covered = table.Column<NpgsqlRange<DateTimeOffset>[]>(type: "tstzmultirange", nullable: false, defaultValueSql: "'{}'", comment: "Half-open; ranges that touch are one."),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_coverage", x => new { x.ticker_id, x.timeframe, x.source });
                    table.CheckConstraint("chk_sync_coverage_covered", "NOT lower_inf(covered) AND NOT upper_inf(covered)");
                    table.CheckConstraint("chk_sync_coverage_source", "source <> ''");
                    table.CheckConstraint("chk_sync_coverage_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_sync_coverage_ticker",
                        column: x => x.ticker_id,
                        principalSchema: "market",
                        principalTable: "tickers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What a source has been asked and has answered, so that missing = requested - covered, and nothing is asked twice.");

            migrationBuilder.CreateTable(
                name: "campaigns",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "For people: SYMBOL-YYYY-MM-DD."),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    trading_range_id = table.Column<Guid>(type: "uuid", nullable: true),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    phase = table.Column<string>(type: "character varying(1)", maxLength: 1, nullable: true),
                    total_allocation = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, comment: "Percent of the portfolio this campaign may take: at most 5, and so many percent at most are in its open positions."),
                    current_risk = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: false),
                    total_risk = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: true),
                    entries = table.Column<string>(type: "jsonb", nullable: false, comment: "[{\"price\", \"size\", \"timestamp\"}, …]; the positions table is the truth."),
                    average_entry = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Weighted by size."),
                    total_shares = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    total_pnl = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: true),
                    jump_achieved = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    invalidation_reason = table.Column<string>(type: "text", nullable: true),
                    invalidated_by = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    time_based_invalidation_override = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "Somebody decided that the campaign may go on past its time, and says why in time_override_reason."),
                    time_override_reason = table.Column<string>(type: "text", nullable: true),
                    version = table.Column<int>(type: "integer", rowVersion: true, nullable: false, defaultValue: 1, comment: "Counted up by every update; a writer names the version it has read."),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaigns", x => x.id);
                    table.CheckConstraint("chk_campaigns_average_entry", "average_entry > 0");
                    table.CheckConstraint("chk_campaigns_completed_at", "(status IN ('COMPLETED', 'INVALIDATED')) = (completed_at IS NOT NULL) AND coalesce(completed_at >= started_at, true)");
                    table.CheckConstraint("chk_campaigns_entries", "jsonb_typeof(entries) = 'array'");
                    table.CheckConstraint("chk_campaigns_invalidation", "status <> 'INVALIDATED' OR coalesce(invalidation_reason, '') <> ''");
                    table.CheckConstraint("chk_campaigns_phase", "phase IN ('A', 'B', 'C', 'D', 'E')");
                    table.CheckConstraint("chk_campaigns_risk", "current_risk >= 0 AND coalesce(total_risk >= 0, true)");
                    table.CheckConstraint("chk_campaigns_status", "status IN ('ACTIVE', 'MARKUP', 'COMPLETED', 'INVALIDATED')");
                    table.CheckConstraint("chk_campaigns_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_campaigns_time_override", "NOT time_based_invalidation_override OR coalesce(time_override_reason, '') <> ''");
                    table.CheckConstraint("chk_campaigns_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.CheckConstraint("chk_campaigns_total_allocation", "total_allocation BETWEEN 0 AND 5.0");
                    table.CheckConstraint("chk_campaigns_total_shares", "total_shares >= 0");
                    table.CheckConstraint("chk_campaigns_version", "version >= 1");
                    table.ForeignKey(
                        name: "fk_campaigns_trading_range",
                        column: x => x.trading_range_id,
                        principalSchema: "wyckoff",
                        principalTable: "trading_ranges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                },
                comment: "Several entries into one trading range under one budget.");

            migrationBuilder.CreateTable(
                name: "patterns",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    pattern_type = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    detection_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "When it could first be known: the close of the bar that showed it, or later."),
                    pattern_bar_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, comment: "Open of the bar it is about."),
                    confidence_score = table.Column<int>(type: "integer", nullable: false),
                    phase = table.Column<string>(type: "character varying(1)", maxLength: 1, nullable: false),
                    trading_range_id = table.Column<Guid>(type: "uuid", nullable: true),
                    entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    stop_loss = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    invalidation_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Beyond it the pattern was none."),
                    volume_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false),
                    spread_ratio = table.Column<decimal>(type: "numeric(10,4)", precision: 10, scale: 4, nullable: false),
                    test_confirmed = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false, comment: "A low-volume test held; a spring asks for one before it becomes a signal."),
                    test_bar_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    is_tradeable = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    rejection_reason = table.Column<string>(type: "text", nullable: true),
                    rejection_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rejected_by_session_filter = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    session = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "Trading session of the bar, for markets that have several a day."),
                    metadata = table.Column<string>(type: "jsonb", nullable: false, comment: "What only this type of pattern has; its form is counted by metadata_version."),
                    metadata_version = table.Column<int>(type: "integer", nullable: false, defaultValue: 1),
                    vsa_events = table.Column<string>(type: "jsonb", nullable: true, comment: "Effort-against-result findings nearby."),
                    preliminary_events = table.Column<string>(type: "jsonb", nullable: true, comment: "Events that led to it."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_patterns", x => x.id);
                    table.CheckConstraint("chk_patterns_confidence_score", "confidence_score BETWEEN 70 AND 95");
                    table.CheckConstraint("chk_patterns_detection_time", "detection_time >= pattern_bar_timestamp + CASE timeframe WHEN '1m' THEN INTERVAL '1 minutes' WHEN '5m' THEN INTERVAL '5 minutes' WHEN '15m' THEN INTERVAL '15 minutes' WHEN '30m' THEN INTERVAL '30 minutes' WHEN '1h' THEN INTERVAL '60 minutes' WHEN '4h' THEN INTERVAL '240 minutes' WHEN '1d' THEN INTERVAL '600 minutes' END");
                    table.CheckConstraint("chk_patterns_metadata", "jsonb_typeof(metadata) = 'object' AND metadata_version >= 1");
                    table.CheckConstraint("chk_patterns_pattern_type", "pattern_type IN ('SPRING', 'SOS', 'LPS', 'ST', 'UT', 'UTAD', 'SOW', 'LPSY')");
                    table.CheckConstraint("chk_patterns_phase", "phase IN ('A', 'B', 'C', 'D', 'E')");
                    table.CheckConstraint("chk_patterns_prices", "entry_price > 0 AND stop_loss > 0 AND invalidation_level > 0");
                    table.CheckConstraint("chk_patterns_ratios", "volume_ratio >= 0 AND spread_ratio >= 0");
                    table.CheckConstraint("chk_patterns_rejection", "(rejection_reason IS NOT NULL OR (rejection_timestamp IS NULL AND NOT rejected_by_session_filter)) AND (rejection_reason IS NULL OR NOT is_tradeable)");
                    table.CheckConstraint("chk_patterns_side", "(stop_loss < entry_price AND invalidation_level < entry_price AND pattern_type IN ('SPRING', 'SOS', 'LPS', 'ST')) OR (stop_loss > entry_price AND invalidation_level > entry_price AND pattern_type IN ('UT', 'UTAD', 'SOW', 'LPSY', 'ST'))");
                    table.CheckConstraint("chk_patterns_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_patterns_test", "coalesce(test_bar_timestamp > pattern_bar_timestamp, NOT test_confirmed)");
                    table.CheckConstraint("chk_patterns_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_patterns_trading_range",
                        column: x => x.trading_range_id,
                        principalSchema: "wyckoff",
                        principalTable: "trading_ranges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                },
                comment: "Events of the method that qualified. symbol is text without a foreign key, as in the source document: a finding outlives its ticker, and backtests find in what is no longer kept.");

            migrationBuilder.CreateTable(
                name: "api_keys",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "What its owner calls it."),
                    prefix = table.Column<string>(type: "character varying(11)", maxLength: 11, nullable: false, comment: "The first characters of the key, to tell keys apart."),
                    key_hash = table.Column<byte[]>(type: "bytea", nullable: false, comment: "SHA-256 of the whole key."),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "NULL: never."),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true, comment: "To the minute."),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                    table.CheckConstraint("chk_api_keys_expires_at", "expires_at > created_at");
                    table.CheckConstraint("chk_api_keys_key_hash", "octet_length(key_hash) = 32");
                    table.CheckConstraint("chk_api_keys_name", "btrim(name) <> ''");
                    table.CheckConstraint("chk_api_keys_prefix", "prefix ~ '^wk_[A-Za-z0-9_-]{8}$'");
                    table.CheckConstraint("chk_api_keys_revoked_at", "revoked_at >= created_at");
                    table.ForeignKey(
                        name: "fk_api_keys_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Keys with which programs act for an account. Only hashes: a key is shown once, when it is made.");

            migrationBuilder.CreateTable(
                name: "snaptrade_users",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_account_id = table.Column<long>(type: "bigint", nullable: false),
                    snaptrade_user_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    snaptrade_user_secret = table.Column<string>(type: "text", nullable: false, comment: "Encrypted, with keys that are not in this database; text, since the encrypted form is longer than 255."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_snaptrade_users", x => x.id);
                    table.UniqueConstraint("idx_snaptrade_users_user_account_id_id", x => new { x.user_account_id, x.id });
                    table.CheckConstraint("chk_snaptrade_users_snaptrade_user_id", "btrim(snaptrade_user_id) <> ''");
                    table.CheckConstraint("chk_snaptrade_users_snaptrade_user_secret", "snaptrade_user_secret ~ '^CfDJ8[A-Za-z0-9_-]{80,}$'");
                    table.ForeignKey(
                        name: "fk_snaptrade_users_account",
                        column: x => x.user_account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Who an account is at SnapTrade.");

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
                    table.ForeignKey(
                        name: "fk_strategies_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "Ways of trading, run by a bot or written down for the journal. Total figures are kept by triggers on trades and cover the whole life of the strategy, also what retention has dropped.");

            migrationBuilder.CreateTable(
                name: "user_profiles",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_account_id = table.Column<long>(type: "bigint", nullable: false),
                    profile = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "account_balance, default_timeframes, experience_level, trading_style, primary_markets, account_size_range, evaluation_controls"),
                    risk_profile = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "max_position_size_pct, max_risk_per_trade_pct, max_daily_loss_pct, min_risk_reward_ratio, max_open_positions, stop_loss_required"),
                    site_prefs = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "theme, sidebar_collapsed, notifications_enabled, language"),
                    stats = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "The trader's personal baselines, as last computed."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_profiles", x => x.id);
                    table.CheckConstraint("chk_user_profiles_max_daily_loss_pct", "risk_profile -> 'max_daily_loss_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_max_open_positions", "risk_profile -> 'max_open_positions' BETWEEN '0' AND '100000'");
                    table.CheckConstraint("chk_user_profiles_max_position_size_pct", "risk_profile -> 'max_position_size_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_max_risk_per_trade_pct", "risk_profile -> 'max_risk_per_trade_pct' BETWEEN '0' AND '100'");
                    table.CheckConstraint("chk_user_profiles_min_risk_reward_ratio", "risk_profile -> 'min_risk_reward_ratio' BETWEEN '0' AND '100000'");
                    table.CheckConstraint("chk_user_profiles_profile", "jsonb_typeof(profile) = 'object'");
                    table.CheckConstraint("chk_user_profiles_risk_profile", "jsonb_typeof(risk_profile) = 'object'");
                    table.CheckConstraint("chk_user_profiles_site_prefs", "jsonb_typeof(site_prefs) = 'object'");
                    table.CheckConstraint("chk_user_profiles_stats", "jsonb_typeof(stats) = 'object'");
                    table.CheckConstraint("chk_user_profiles_stop_loss_required", "risk_profile -> 'stop_loss_required' IN ('true', 'false')");
                    table.ForeignKey(
                        name: "fk_user_profiles_account",
                        column: x => x.user_account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Trading, risk and site preferences: one row per account.");

            migrationBuilder.CreateTable(
                name: "user_rules",
                schema: "account",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    rule_code = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "Such as RS001."),
                    evaluator = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, comment: "Which evaluator reads this rule."),
                    parameters = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'", comment: "Thresholds and severity."),
                    is_enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_rules", x => x.id);
                    table.CheckConstraint("chk_user_rules_evaluator", "btrim(evaluator) <> ''");
                    table.CheckConstraint("chk_user_rules_parameters", "jsonb_typeof(parameters) = 'object'");
                    table.CheckConstraint("chk_user_rules_rule_code", "btrim(rule_code) <> ''");
                    table.CheckConstraint("chk_user_rules_severity", "parameters -> 'severity' IN ('\"info\"', '\"warn\"', '\"critical\"')");
                    table.ForeignKey(
                        name: "fk_user_rules_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "An account's own settings of the evaluators' rules.");

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

            migrationBuilder.CreateTable(
                name: "campaign_metrics",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    total_return_pct = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    total_r_achieved = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: false),
                    duration_days = table.Column<int>(type: "integer", nullable: false),
                    max_drawdown = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "A size: never negative."),
                    total_positions = table.Column<int>(type: "integer", nullable: false),
                    winning_positions = table.Column<int>(type: "integer", nullable: false),
                    losing_positions = table.Column<int>(type: "integer", nullable: false),
                    win_rate = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, comment: "Percent."),
                    average_entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    average_exit_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    expected_jump_target = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    actual_high_reached = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    target_achievement_pct = table.Column<decimal>(type: "numeric(7,2)", precision: 7, scale: 2, nullable: true),
                    expected_r = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: true),
                    actual_r_achieved = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: true),
                    phase_c_avg_r = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: true),
                    phase_d_avg_r = table.Column<decimal>(type: "numeric(8,4)", precision: 8, scale: 4, nullable: true),
                    phase_c_positions = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    phase_d_positions = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    phase_c_win_rate = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: true),
                    phase_d_win_rate = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: true),
                    calculation_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaign_metrics", x => x.id);
                    table.CheckConstraint("chk_campaign_metrics_counts", "winning_positions >= 0 AND losing_positions >= 0 AND winning_positions + losing_positions <= total_positions");
                    table.CheckConstraint("chk_campaign_metrics_duration_days", "duration_days >= 0");
                    table.CheckConstraint("chk_campaign_metrics_max_drawdown", "max_drawdown >= 0");
                    table.CheckConstraint("chk_campaign_metrics_phase_counts", "phase_c_positions >= 0 AND phase_d_positions >= 0 AND phase_c_positions + phase_d_positions <= total_positions");
                    table.CheckConstraint("chk_campaign_metrics_prices", "coalesce(average_entry_price > 0, true) AND coalesce(average_exit_price > 0, true) AND coalesce(expected_jump_target > 0, true) AND coalesce(actual_high_reached > 0, true)");
                    table.CheckConstraint("chk_campaign_metrics_rates", "win_rate BETWEEN 0 AND 100 AND coalesce(phase_c_win_rate BETWEEN 0 AND 100, true) AND coalesce(phase_d_win_rate BETWEEN 0 AND 100, true)");
                    table.ForeignKey(
                        name: "fk_campaign_metrics_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What came of campaigns.");

            migrationBuilder.CreateTable(
                name: "exit_rules",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: false),
                    target_1_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    target_2_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    target_3_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    t1_exit_pct = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, defaultValue: 50m, comment: "Percent of the position to close there; the three add up to 100."),
                    t2_exit_pct = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, defaultValue: 30m),
                    t3_exit_pct = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, defaultValue: 20m),
                    trail_to_breakeven_on_t1 = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    trail_to_t1_on_t2 = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    spring_low = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    ice_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Resistance, as in trading_ranges."),
                    creek_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true, comment: "Support, as in trading_ranges."),
                    utad_high = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    jump_target = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_exit_rules", x => x.id);
                    table.CheckConstraint("chk_exit_rules_exit_pcts", "t1_exit_pct + t2_exit_pct + t3_exit_pct = 100");
                    table.CheckConstraint("chk_exit_rules_levels", "target_1_level > 0 AND target_2_level > 0 AND target_3_level > 0");
                    table.CheckConstraint("chk_exit_rules_order", "(target_1_level <= target_2_level AND target_2_level <= target_3_level) OR (target_1_level >= target_2_level AND target_2_level >= target_3_level)");
                    table.CheckConstraint("chk_exit_rules_range", "creek_level < ice_level");
                    table.CheckConstraint("chk_exit_rules_t1_exit_pct", "t1_exit_pct BETWEEN 0 AND 100");
                    table.CheckConstraint("chk_exit_rules_t2_exit_pct", "t2_exit_pct BETWEEN 0 AND 100");
                    table.CheckConstraint("chk_exit_rules_t3_exit_pct", "t3_exit_pct BETWEEN 0 AND 100");
                    table.ForeignKey(
                        name: "fk_exit_rules_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "How a campaign is to be left: three targets, and how much of it at each.");

            migrationBuilder.CreateTable(
                name: "signals",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    signal_type = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "LONG"),
                    pattern_id = table.Column<Guid>(type: "uuid", nullable: true),
                    pattern_type = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    phase = table.Column<string>(type: "character varying(1)", maxLength: 1, nullable: true),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    timeframe = table.Column<string>(type: "character varying(5)", maxLength: 5, nullable: false),
                    generated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    stop_loss = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    target_1 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    target_2 = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    position_size = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Shares."),
                    risk_amount = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: false),
                    r_multiple = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: false, comment: "Reward over risk."),
                    confidence_score = table.Column<int>(type: "integer", nullable: false),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: true),
                    campaign_allocation = table.Column<decimal>(type: "numeric(5,4)", precision: 5, scale: 4, nullable: false, defaultValue: 0m, comment: "Part of the campaign's allocation, 0 to 1."),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "PENDING"),
                    notification_sent = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    approval_chain = table.Column<string>(type: "jsonb", nullable: false, comment: "What each stage of validation said: volume, phase, levels, risk, strategy."),
                    validation_results = table.Column<string>(type: "jsonb", nullable: true),
                    exit_date = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    exit_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    trade_outcome = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_signals", x => x.id);
                    table.CheckConstraint("chk_signals_approval_chain", "jsonb_typeof(approval_chain) IN ('array', 'object')");
                    table.CheckConstraint("chk_signals_campaign_allocation", "campaign_allocation BETWEEN 0 AND 1");
                    table.CheckConstraint("chk_signals_confidence_score", "confidence_score BETWEEN 70 AND 95");
                    table.CheckConstraint("chk_signals_exit", "CASE WHEN status IN ('STOPPED', 'TARGET_HIT') THEN coalesce(exit_date >= generated_at AND exit_price > 0, false) ELSE exit_date IS NULL AND exit_price IS NULL END");
                    table.CheckConstraint("chk_signals_pattern_type", "pattern_type IN ('SPRING', 'SOS', 'LPS', 'ST', 'UT', 'UTAD', 'SOW', 'LPSY')");
                    table.CheckConstraint("chk_signals_phase", "phase IN ('A', 'B', 'C', 'D', 'E')");
                    table.CheckConstraint("chk_signals_position_size", "position_size > 0");
                    table.CheckConstraint("chk_signals_prices", "entry_price > 0 AND stop_loss > 0 AND target_1 > 0 AND target_2 > 0");
                    table.CheckConstraint("chk_signals_r_multiple", "r_multiple >= 2.0");
                    table.CheckConstraint("chk_signals_risk_amount", "risk_amount > 0");
                    table.CheckConstraint("chk_signals_side", "CASE signal_type WHEN 'LONG' THEN stop_loss < entry_price AND entry_price < target_1 AND target_1 <= target_2 ELSE stop_loss > entry_price AND entry_price > target_1 AND target_1 >= target_2 END");
                    table.CheckConstraint("chk_signals_signal_type", "signal_type IN ('LONG', 'SHORT')");
                    table.CheckConstraint("chk_signals_status", "status IN ('PENDING', 'APPROVED', 'REJECTED', 'FILLED', 'STOPPED', 'TARGET_HIT', 'EXPIRED', 'CANCELLED')");
                    table.CheckConstraint("chk_signals_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_signals_timeframe", "timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d')");
                    table.ForeignKey(
                        name: "fk_signals_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_signals_pattern",
                        column: x => x.pattern_id,
                        principalSchema: "wyckoff",
                        principalTable: "patterns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                },
                comment: "Trades to take. Every change of status is in signal_status_log, by trigger. symbol is text without a foreign key, as in patterns.");

            migrationBuilder.CreateTable(
                name: "broker_connections",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false, comment: "The account of snaptrade_user_id, for the policy to see."),
                    snaptrade_user_id = table.Column<long>(type: "bigint", nullable: false),
                    brokerage_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    brokerage_slug = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    authorization_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "SnapTrade's id of the connection."),
                    meta = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    is_active = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_broker_connections", x => x.id);
                    table.UniqueConstraint("idx_broker_connections_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_broker_connections_authorization_id", "btrim(authorization_id) <> ''");
                    table.CheckConstraint("chk_broker_connections_brokerage_name", "btrim(brokerage_name) <> ''");
                    table.CheckConstraint("chk_broker_connections_brokerage_slug", "btrim(brokerage_slug) <> ''");
                    table.CheckConstraint("chk_broker_connections_meta", "jsonb_typeof(meta) = 'object'");
                    table.ForeignKey(
                        name: "fk_broker_connections_snaptrade_user",
                        columns: x => new { x.account_id, x.snaptrade_user_id },
                        principalSchema: "journal",
                        principalTable: "snaptrade_users",
                        principalColumns: new[] { "user_account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Brokerage accounts connected through SnapTrade. One with fills cannot be deleted, since the ledger keeps them: it is deactivated.");

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
                name: "allocation_plans",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: false),
                    signal_id = table.Column<Guid>(type: "uuid", nullable: false),
                    pattern_type = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    bmad_allocation_pct = table.Column<decimal>(type: "numeric(5,4)", precision: 5, scale: 4, nullable: false, comment: "0 to 1; the three that follow are percent."),
                    target_risk_pct = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false),
                    actual_risk_pct = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false),
                    position_size_shares = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    allocation_used = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false),
                    remaining_budget = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false),
                    is_rebalanced = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    rebalance_reason = table.Column<string>(type: "text", nullable: true),
                    approved = table.Column<bool>(type: "boolean", nullable: false),
                    rejection_reason = table.Column<string>(type: "text", nullable: true),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_allocation_plans", x => x.id);
                    table.CheckConstraint("chk_allocation_plans_actual_risk_pct", "actual_risk_pct BETWEEN 0 AND 10.0");
                    table.CheckConstraint("chk_allocation_plans_allocation_used", "allocation_used BETWEEN 0 AND 5.0");
                    table.CheckConstraint("chk_allocation_plans_bmad_allocation_pct", "bmad_allocation_pct BETWEEN 0 AND 1.0");
                    table.CheckConstraint("chk_allocation_plans_budget", "allocation_used + remaining_budget <= 5.0");
                    table.CheckConstraint("chk_allocation_plans_pattern_type", "pattern_type IN ('SPRING', 'SOS', 'LPS')");
                    table.CheckConstraint("chk_allocation_plans_position_size_shares", "position_size_shares >= 0 AND (NOT approved OR position_size_shares > 0)");
                    table.CheckConstraint("chk_allocation_plans_rebalance", "NOT is_rebalanced OR coalesce(rebalance_reason, '') <> ''");
                    table.CheckConstraint("chk_allocation_plans_rejection", "approved OR coalesce(rejection_reason, '') <> ''");
                    table.CheckConstraint("chk_allocation_plans_remaining_budget", "remaining_budget BETWEEN 0 AND 5.0");
                    table.CheckConstraint("chk_allocation_plans_target_risk_pct", "target_risk_pct BETWEEN 0 AND 5.0");
                    table.ForeignKey(
                        name: "fk_allocation_plans_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_allocation_plans_signal",
                        column: x => x.signal_id,
                        principalSchema: "wyckoff",
                        principalTable: "signals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "How a signal's share of a campaign was worked out.");

            migrationBuilder.CreateTable(
                name: "journal_entries",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false, comment: "The day it is about."),
                    entry_type = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    content = table.Column<string>(type: "text", nullable: false),
                    trade_id = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true, comment: "The trade it is about, as the trader names it."),
                    tags = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    mood = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The Wyckoff campaign it is about."),
                    signal_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The signal it is about."),
                    wyckoff_checklist = table.Column<string>(type: "jsonb", nullable: true, comment: "Which points of the method the trader ticked off."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_journal_entries", x => x.id);
                    table.CheckConstraint("chk_journal_entries_content", "btrim(content) <> ''");
                    table.CheckConstraint("chk_journal_entries_date", "isfinite(date)");
                    table.CheckConstraint("chk_journal_entries_entry_type", "btrim(entry_type) <> ''");
                    table.CheckConstraint("chk_journal_entries_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_journal_entries_tags", "jsonb_typeof(tags) = 'array'");
                    table.CheckConstraint("chk_journal_entries_wyckoff_checklist", "jsonb_typeof(wyckoff_checklist) = 'object'");
                    table.ForeignKey(
                        name: "fk_journal_entries_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_journal_entries_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_journal_entries_signal",
                        column: x => x.signal_id,
                        principalSchema: "wyckoff",
                        principalTable: "signals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "The trader's journal.");

            migrationBuilder.CreateTable(
                name: "positions",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: false),
                    signal_id = table.Column<Guid>(type: "uuid", nullable: true),
                    pattern_type = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    side = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "LONG"),
                    entry_date = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    entry_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    shares = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    stop_loss = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "May be trailed past the entry, but not past the target."),
                    target_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    current_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    current_pnl = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: true),
                    status = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "OPEN"),
                    allocation_percent = table.Column<decimal>(type: "numeric(5,2)", precision: 5, scale: 2, nullable: false, comment: "Percent of the portfolio."),
                    risk_amount = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: false),
                    exit_date = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    exit_price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: true),
                    realized_pnl = table.Column<decimal>(type: "numeric(12,2)", precision: 12, scale: 2, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_positions", x => x.id);
                    table.CheckConstraint("chk_positions_allocation_percent", "allocation_percent BETWEEN 0 AND 5.0");
                    table.CheckConstraint("chk_positions_exit", "CASE status WHEN 'CLOSED' THEN coalesce(exit_date >= entry_date AND exit_price > 0, false) ELSE exit_date IS NULL AND exit_price IS NULL AND realized_pnl IS NULL END");
                    table.CheckConstraint("chk_positions_pattern_type", "pattern_type IN ('SPRING', 'SOS', 'LPS', 'ST', 'UT', 'UTAD', 'SOW', 'LPSY')");
                    table.CheckConstraint("chk_positions_prices", "entry_price > 0 AND stop_loss > 0 AND target_price > 0 AND coalesce(current_price > 0, true)");
                    table.CheckConstraint("chk_positions_risk_amount", "risk_amount >= 0");
                    table.CheckConstraint("chk_positions_shares", "shares > 0");
                    table.CheckConstraint("chk_positions_side", "CASE side WHEN 'LONG' THEN target_price > entry_price AND target_price > stop_loss ELSE target_price < entry_price AND target_price < stop_loss END");
                    table.CheckConstraint("chk_positions_side_word", "side IN ('LONG', 'SHORT')");
                    table.CheckConstraint("chk_positions_status", "status IN ('OPEN', 'CLOSED')");
                    table.ForeignKey(
                        name: "fk_positions_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_positions_signal",
                        column: x => x.signal_id,
                        principalSchema: "wyckoff",
                        principalTable: "signals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                },
                comment: "Entries of campaigns. The open ones of a campaign never take more than its total_allocation: a trigger sees to it.");

            migrationBuilder.CreateTable(
                name: "signal_status_log",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    signal_id = table.Column<Guid>(type: "uuid", nullable: false),
                    previous_state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "Null when the signal was made."),
                    new_state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    transition_reason = table.Column<string>(type: "text", nullable: true, comment: "What the writer had set as app.transition_reason."),
                    actor = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false, comment: "What the writer had set as app.actor, else who it was logged in as."),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_signal_status_log", x => x.id);
                    table.CheckConstraint("chk_signal_status_log_states", "new_state IN ('PENDING', 'APPROVED', 'REJECTED', 'FILLED', 'STOPPED', 'TARGET_HIT', 'EXPIRED', 'CANCELLED') AND previous_state IS DISTINCT FROM new_state");
                    table.ForeignKey(
                        name: "fk_signal_status_log_signal",
                        column: x => x.signal_id,
                        principalSchema: "wyckoff",
                        principalTable: "signals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Every status a signal has had; written by a trigger on signals, and by nothing else.");

            migrationBuilder.CreateTable(
                name: "trade_fills",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    broker_connection_id = table.Column<long>(type: "bigint", nullable: true, comment: "NULL: entered by hand or imported from a file."),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    symbol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    side = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false),
                    price = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Zero: expired, assigned or given."),
                    fees = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, defaultValue: 0m, comment: "Negative: a rebate."),
                    executed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    broker = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    asset_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, defaultValue: "equity"),
                    currency = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, defaultValue: "USD"),
                    order_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "The broker's."),
                    venue = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    external_trade_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true, comment: "The broker's id of the fill: what makes a second sync change nothing."),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    import_batch_id = table.Column<long>(type: "bigint", nullable: true, comment: "No foreign key: import batches may be cleared away, and a fill does not change."),
                    raw_data = table.Column<string>(type: "jsonb", nullable: true, comment: "What the broker sent."),
                    tags = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_trade_fills", x => x.id);
                    table.UniqueConstraint("idx_trade_fills_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_trade_fills_asset_type", "asset_type IN ('equity', 'option', 'crypto')");
                    table.CheckConstraint("chk_trade_fills_currency", "currency ~ '^[A-Z]{3,10}$'");
                    table.CheckConstraint("chk_trade_fills_executed_at", "isfinite(executed_at)");
                    table.CheckConstraint("chk_trade_fills_external_trade_id", "btrim(external_trade_id) <> ''");
                    table.CheckConstraint("chk_trade_fills_fees", "fees <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_price", "price >= 0 AND price <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
                    table.CheckConstraint("chk_trade_fills_raw_data", "jsonb_typeof(raw_data) = 'object'");
                    table.CheckConstraint("chk_trade_fills_side", "side IN ('buy', 'sell')");
                    table.CheckConstraint("chk_trade_fills_source", "source IN ('broker_synced', 'manual')");
                    table.CheckConstraint("chk_trade_fills_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
                    table.CheckConstraint("chk_trade_fills_synced", "source <> 'broker_synced' OR external_trade_id IS NOT NULL");
                    table.CheckConstraint("chk_trade_fills_tags", "jsonb_typeof(tags) = 'array'");
                    table.ForeignKey(
                        name: "fk_trade_fills_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_trade_fills_broker_connection",
                        columns: x => new { x.account_id, x.broker_connection_id },
                        principalSchema: "journal",
                        principalTable: "broker_connections",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Executed fills: an immutable ledger. Triggers refuse UPDATE and TRUNCATE to everybody, and DELETE except in the cascade of the account.");

            migrationBuilder.CreateTable(
                name: "exit_orders",
                schema: "wyckoff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "public.uuid_v7()"),
                    campaign_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position_id = table.Column<Guid>(type: "uuid", nullable: false),
                    order_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    exit_level = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false),
                    shares = table.Column<decimal>(type: "numeric(18,8)", precision: 18, scale: 8, nullable: false, comment: "Whole numbers in the source document, where positions may have fractions."),
                    reason = table.Column<string>(type: "text", nullable: false),
                    triggered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    executed = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    executed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_exit_orders", x => x.id);
                    table.CheckConstraint("chk_exit_orders_executed", "executed = (executed_at IS NOT NULL) AND coalesce(executed_at >= triggered_at, true)");
                    table.CheckConstraint("chk_exit_orders_exit_level", "exit_level > 0");
                    table.CheckConstraint("chk_exit_orders_order_type", "order_type IN ('PARTIAL_EXIT', 'STOP_LOSS', 'INVALIDATION')");
                    table.CheckConstraint("chk_exit_orders_shares", "shares > 0");
                    table.ForeignKey(
                        name: "fk_exit_orders_campaign",
                        column: x => x.campaign_id,
                        principalSchema: "wyckoff",
                        principalTable: "campaigns",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_exit_orders_position",
                        column: x => x.position_id,
                        principalSchema: "wyckoff",
                        principalTable: "positions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Exits that a campaign's rule called for.");

            migrationBuilder.CreateTable(
                name: "campaign_fills",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false, comment: "The account of the fill, for the policy to see."),
                    group_id = table.Column<long>(type: "bigint", nullable: false, comment: "The campaign: the id of its first fill."),
                    fill_id = table.Column<long>(type: "bigint", nullable: false),
                    quantity = table.Column<decimal>(type: "numeric(28,8)", precision: 28, scale: 8, nullable: false, comment: "As much of the fill as counts in this campaign: one that turns a position over is split between two."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()", comment: "When the grouping was rebuilt.")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaign_fills", x => x.id);
                    table.CheckConstraint("chk_campaign_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
                    table.ForeignKey(
                        name: "fk_campaign_fills_fill",
                        columns: x => new { x.account_id, x.fill_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_campaign_fills_group",
                        columns: x => new { x.account_id, x.group_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "Which fills make up a campaign: from flat to flat, first in, first out. Derived from trade_fills and rebuilt from them.");

            migrationBuilder.CreateTable(
                name: "decision_contexts",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    fill_id = table.Column<long>(type: "bigint", nullable: false),
                    context_type = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    strategy_id = table.Column<Guid>(type: "uuid", nullable: true, comment: "The strategy it followed: of the same account, or a benchmark."),
                    hypothesis = table.Column<string>(type: "text", nullable: true),
                    exit_intent = table.Column<string>(type: "jsonb", nullable: true, comment: "Planned exit conditions."),
                    feelings_then = table.Column<string>(type: "jsonb", nullable: true, comment: "At the time of the decision."),
                    feelings_now = table.Column<string>(type: "jsonb", nullable: true, comment: "Looking back."),
                    notes = table.Column<string>(type: "text", nullable: true),
                    inferred_context = table.Column<string>(type: "jsonb", nullable: true, comment: "What the platform made of it without asking."),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_decision_contexts", x => x.id);
                    table.UniqueConstraint("idx_decision_contexts_account_id_id", x => new { x.account_id, x.id });
                    table.CheckConstraint("chk_decision_contexts_context_type", "context_type IN ('entry', 'add', 'reduce', 'exit', 'idea', 'post_trade_reflection')");
                    table.CheckConstraint("chk_decision_contexts_exit_intent", "jsonb_typeof(exit_intent) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_feelings_now", "jsonb_typeof(feelings_now) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_feelings_then", "jsonb_typeof(feelings_then) = 'object'");
                    table.CheckConstraint("chk_decision_contexts_inferred_context", "jsonb_typeof(inferred_context) = 'object'");
                    table.ForeignKey(
                        name: "fk_decision_contexts_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_decision_contexts_fill",
                        columns: x => new { x.account_id, x.fill_id },
                        principalSchema: "journal",
                        principalTable: "trade_fills",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_decision_contexts_strategy",
                        column: x => x.strategy_id,
                        principalSchema: "trading",
                        principalTable: "strategies",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                },
                comment: "What the trader thought and felt: at most one per fill.");

            migrationBuilder.CreateTable(
                name: "campaign_checks",
                schema: "journal",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    decision_context_id = table.Column<long>(type: "bigint", nullable: false),
                    account_id = table.Column<long>(type: "bigint", nullable: false),
                    check_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false, comment: "Such as RS001."),
                    check_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    severity = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    passed = table.Column<bool>(type: "boolean", nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'"),
                    nudge_text = table.Column<string>(type: "text", nullable: true, comment: "What the trader is told."),
                    acknowledged = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    trader_action = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, comment: "What the trader then did; only after acknowledging."),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    check_phase = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_campaign_checks", x => x.id);
                    table.CheckConstraint("chk_campaign_checks_acknowledged", "trader_action IS NULL OR acknowledged");
                    table.CheckConstraint("chk_campaign_checks_check_phase", "check_phase IN ('pre_trade', 'at_entry', 'during', 'at_exit', 'post_trade')");
                    table.CheckConstraint("chk_campaign_checks_check_type", "btrim(check_type) <> ''");
                    table.CheckConstraint("chk_campaign_checks_details", "jsonb_typeof(details) = 'object'");
                    table.CheckConstraint("chk_campaign_checks_severity", "severity IN ('info', 'warn', 'critical')");
                    table.CheckConstraint("chk_campaign_checks_trader_action", "trader_action IN ('proceeded', 'modified', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_campaign_checks_account",
                        column: x => x.account_id,
                        principalSchema: "account",
                        principalTable: "user_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_campaign_checks_decision_context",
                        columns: x => new { x.account_id, x.decision_context_id },
                        principalSchema: "journal",
                        principalTable: "decision_contexts",
                        principalColumns: new[] { "account_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                },
                comment: "What behavioural checks found about a decision; those it passed are kept too.");

            migrationBuilder.CreateIndex(
                name: "idx_allocation_plans_campaign_id_timestamp",
                schema: "wyckoff",
                table: "allocation_plans",
                columns: new[] { "campaign_id", "timestamp" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_allocation_plans_signal_id",
                schema: "wyckoff",
                table: "allocation_plans",
                column: "signal_id");

            migrationBuilder.CreateIndex(
                name: "idx_api_keys_account_id",
                schema: "account",
                table: "api_keys",
                column: "account_id");

            migrationBuilder.CreateIndex(
                name: "idx_api_keys_key_hash",
                schema: "account",
                table: "api_keys",
                column: "key_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_account_id_timestamp",
                schema: "audit",
                table: "audit_trail",
                columns: new[] { "account_id", "timestamp" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_correlation_id",
                schema: "audit",
                table: "audit_trail",
                column: "correlation_id");

            migrationBuilder.CreateIndex(
                name: "idx_audit_trail_entity_type_entity_id_timestamp",
                schema: "audit",
                table: "audit_trail",
                columns: new[] { "entity_type", "entity_id", "timestamp" });

            migrationBuilder.CreateIndex(
                name: "idx_backtest_results_backtest_run_id",
                schema: "wyckoff",
                table: "backtest_results",
                column: "backtest_run_id");

            migrationBuilder.CreateIndex(
                name: "idx_backtest_results_symbol_timeframe_created_at",
                schema: "wyckoff",
                table: "backtest_results",
                columns: new[] { "symbol", "timeframe", "created_at" },
                descending: new[] { false, false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_15m_ticker_id_timestamp",
                schema: "market",
                table: "bars_15m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1d_ticker_id_timestamp",
                schema: "market",
                table: "bars_1d",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1h_ticker_id_timestamp",
                schema: "market",
                table: "bars_1h",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_1m_ticker_id_timestamp",
                schema: "market",
                table: "bars_1m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_30m_ticker_id_timestamp",
                schema: "market",
                table: "bars_30m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_4h_ticker_id_timestamp",
                schema: "market",
                table: "bars_4h",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_bars_5m_ticker_id_timestamp",
                schema: "market",
                table: "bars_5m",
                columns: new[] { "ticker_id", "timestamp" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_broker_connections_account_id_snaptrade_user_id",
                schema: "journal",
                table: "broker_connections",
                columns: new[] { "account_id", "snaptrade_user_id" });

            migrationBuilder.CreateIndex(
                name: "idx_broker_connections_authorization_id",
                schema: "journal",
                table: "broker_connections",
                column: "authorization_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_campaign_checks_account_id_checked_at",
                schema: "journal",
                table: "campaign_checks",
                columns: new[] { "account_id", "checked_at" },
                descending: new[] { false, true },
                filter: "NOT passed AND NOT acknowledged");

            migrationBuilder.CreateIndex(
                name: "idx_campaign_checks_account_id_decision_context_id",
                schema: "journal",
                table: "campaign_checks",
                columns: new[] { "account_id", "decision_context_id" });

            migrationBuilder.CreateIndex(
                name: "idx_campaign_fills_account_id_fill_id",
                schema: "journal",
                table: "campaign_fills",
                columns: new[] { "account_id", "fill_id" });

            migrationBuilder.CreateIndex(
                name: "idx_campaign_fills_account_id_group_id_fill_id",
                schema: "journal",
                table: "campaign_fills",
                columns: new[] { "account_id", "group_id", "fill_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_campaign_metrics_campaign_id",
                schema: "wyckoff",
                table: "campaign_metrics",
                column: "campaign_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_campaign_metrics_symbol_completed_at",
                schema: "wyckoff",
                table: "campaign_metrics",
                columns: new[] { "symbol", "completed_at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_campaigns_started_at",
                schema: "wyckoff",
                table: "campaigns",
                column: "started_at",
                descending: new bool[0],
                filter: "completed_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "idx_campaigns_symbol_started_at",
                schema: "wyckoff",
                table: "campaigns",
                columns: new[] { "symbol", "started_at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_campaigns_trading_range_id",
                schema: "wyckoff",
                table: "campaigns",
                column: "trading_range_id");

            migrationBuilder.CreateIndex(
                name: "idx_computed_features_ticker_id_timeframe_timestamp_version",
                schema: "market",
                table: "computed_features",
                columns: new[] { "ticker_id", "timeframe", "timestamp", "feature_version" },
                unique: true,
                descending: new[] { false, false, true, false });

            migrationBuilder.CreateIndex(
                name: "idx_data_sync_log_ticker_id_timeframe_last_sync_at",
                schema: "market",
                table: "data_sync_log",
                columns: new[] { "ticker_id", "timeframe", "last_sync_at", "id" },
                descending: new[] { false, false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_decision_contexts_account_id_fill_id",
                schema: "journal",
                table: "decision_contexts",
                columns: new[] { "account_id", "fill_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_decision_contexts_strategy_id",
                schema: "journal",
                table: "decision_contexts",
                column: "strategy_id",
                filter: "strategy_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_exit_orders_campaign_id_triggered_at",
                schema: "wyckoff",
                table: "exit_orders",
                columns: new[] { "campaign_id", "triggered_at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_exit_orders_position_id",
                schema: "wyckoff",
                table: "exit_orders",
                column: "position_id");

            migrationBuilder.CreateIndex(
                name: "idx_exit_orders_triggered_at",
                schema: "wyckoff",
                table: "exit_orders",
                column: "triggered_at",
                filter: "NOT executed");

            migrationBuilder.CreateIndex(
                name: "idx_exit_rules_campaign_id",
                schema: "wyckoff",
                table: "exit_rules",
                column: "campaign_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_feeds_next_due",
                schema: "market",
                table: "feeds",
                column: "next_due",
                filter: "enabled");

            migrationBuilder.CreateIndex(
                name: "idx_feeds_ticker_id_timeframe_provider",
                schema: "market",
                table: "feeds",
                columns: new[] { "ticker_id", "timeframe", "provider" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_sha256",
                schema: "market",
                table: "import_batches",
                column: "sha256",
                filter: "status = 'completed'");

            migrationBuilder.CreateIndex(
                name: "idx_import_batches_started_at",
                schema: "market",
                table: "import_batches",
                column: "started_at",
                descending: new bool[0]);

            migrationBuilder.CreateIndex(
                name: "idx_indicators_ticker_id_timeframe_timestamp",
                schema: "market",
                table: "indicators",
                columns: new[] { "ticker_id", "timeframe", "timestamp" },
                unique: true,
                descending: new[] { false, false, true });

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_account_id_date_id",
                schema: "journal",
                table: "journal_entries",
                columns: new[] { "account_id", "date", "id" },
                descending: new[] { false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_account_id_trade_id",
                schema: "journal",
                table: "journal_entries",
                columns: new[] { "account_id", "trade_id" },
                filter: "trade_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_campaign_id",
                schema: "journal",
                table: "journal_entries",
                column: "campaign_id",
                filter: "campaign_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_journal_entries_signal_id",
                schema: "journal",
                table: "journal_entries",
                column: "signal_id",
                filter: "signal_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_markets_clob_token_ids",
                schema: "prediction",
                table: "markets",
                column: "clob_token_ids")
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:StorageParameter:fastupdate", false);

            migrationBuilder.CreateIndex(
                name: "idx_markets_end_date",
                schema: "prediction",
                table: "markets",
                column: "end_date",
                filter: "active AND NOT closed");

            migrationBuilder.CreateIndex(
                name: "idx_markets_slug",
                schema: "prediction",
                table: "markets",
                column: "slug");

            migrationBuilder.CreateIndex(
                name: "idx_markets_updated_at",
                schema: "prediction",
                table: "markets",
                column: "updated_at",
                filter: "closed");

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
                name: "idx_orderbook_snapshots_token_id_ts",
                schema: "prediction",
                table: "orderbook_snapshots",
                columns: new[] { "token_id", "ts" },
                unique: true,
                descending: new[] { false, true });

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
                name: "idx_patterns_detection_time",
                schema: "wyckoff",
                table: "patterns",
                column: "detection_time",
                descending: new bool[0]);

            migrationBuilder.CreateIndex(
                name: "idx_patterns_metadata",
                schema: "wyckoff",
                table: "patterns",
                column: "metadata")
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:IndexOperators", new[] { "jsonb_path_ops" });

            migrationBuilder.CreateIndex(
                name: "idx_patterns_symbol",
                schema: "wyckoff",
                table: "patterns",
                columns: new[] { "symbol", "pattern_bar_timestamp" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_patterns_trading_range_id",
                schema: "wyckoff",
                table: "patterns",
                column: "trading_range_id");

            migrationBuilder.CreateIndex(
                name: "idx_patterns_type_phase",
                schema: "wyckoff",
                table: "patterns",
                columns: new[] { "pattern_type", "phase" });

            migrationBuilder.CreateIndex(
                name: "idx_portfolio_snapshots_strategy_id_time",
                schema: "trading",
                table: "portfolio_snapshots",
                columns: new[] { "strategy_id", "account_id", "time" },
                unique: true,
                descending: new[] { false, false, true })
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "idx_positions_campaign_id_status",
                schema: "wyckoff",
                table: "positions",
                columns: new[] { "campaign_id", "status" });

            migrationBuilder.CreateIndex(
                name: "idx_positions_entry_date",
                schema: "wyckoff",
                table: "positions",
                column: "entry_date",
                filter: "status = 'OPEN'");

            migrationBuilder.CreateIndex(
                name: "idx_positions_signal_id",
                schema: "wyckoff",
                table: "positions",
                column: "signal_id");

            migrationBuilder.CreateIndex(
                name: "idx_price_snapshots_token_id_ts",
                schema: "prediction",
                table: "price_snapshots",
                columns: new[] { "token_id", "ts" },
                unique: true,
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_probe_strategies_name",
                schema: "trading",
                table: "probe_strategies",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_resolutions_resolved_at",
                schema: "prediction",
                table: "resolutions",
                column: "resolved_at");

            migrationBuilder.CreateIndex(
                name: "idx_signal_status_log_signal_id_created_at",
                schema: "wyckoff",
                table: "signal_status_log",
                columns: new[] { "signal_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "idx_signals_campaign_id",
                schema: "wyckoff",
                table: "signals",
                column: "campaign_id");

            migrationBuilder.CreateIndex(
                name: "idx_signals_generated_at",
                schema: "wyckoff",
                table: "signals",
                column: "generated_at",
                filter: "NOT notification_sent");

            migrationBuilder.CreateIndex(
                name: "idx_signals_pattern_id",
                schema: "wyckoff",
                table: "signals",
                column: "pattern_id");

            migrationBuilder.CreateIndex(
                name: "idx_signals_status",
                schema: "wyckoff",
                table: "signals",
                columns: new[] { "status", "generated_at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_signals_symbol_generated_at",
                schema: "wyckoff",
                table: "signals",
                columns: new[] { "symbol", "generated_at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "idx_snaptrade_users_snaptrade_user_id",
                schema: "journal",
                table: "snaptrade_users",
                column: "snaptrade_user_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_snaptrade_users_user_account_id",
                schema: "journal",
                table: "snaptrade_users",
                column: "user_account_id",
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
                name: "idx_tickers_symbol",
                schema: "market",
                table: "tickers",
                column: "symbol",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_broker_connection_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "broker_connection_id" },
                filter: "broker_connection_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_executed_at_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "executed_at", "id" },
                descending: new[] { false, true, true });

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_external_trade_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "external_trade_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trade_fills_account_id_symbol_executed_at_id",
                schema: "journal",
                table: "trade_fills",
                columns: new[] { "account_id", "symbol", "executed_at", "id" });

            migrationBuilder.CreateIndex(
                name: "idx_trade_keys_account_id_exchange_exchange_trade_id",
                schema: "trading",
                table: "trade_keys",
                columns: new[] { "account_id", "exchange", "exchange_trade_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_trades_token_id_ts",
                schema: "prediction",
                table: "trades",
                columns: new[] { "token_id", "ts" },
                descending: new[] { false, true });

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

            migrationBuilder.CreateIndex(
                name: "idx_trading_ranges_phase_strength_score",
                schema: "wyckoff",
                table: "trading_ranges",
                columns: new[] { "phase", "strength_score" },
                descending: new[] { false, true },
                filter: "deleted_at IS NULL AND end_time IS NULL");

            migrationBuilder.CreateIndex(
                name: "idx_trading_ranges_symbol_timeframe_start_time",
                schema: "wyckoff",
                table: "trading_ranges",
                columns: new[] { "symbol", "timeframe", "start_time" },
                descending: new[] { false, false, true },
                filter: "deleted_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_email",
                schema: "account",
                table: "user_accounts",
                column: "email",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_external_user_id",
                schema: "account",
                table: "user_accounts",
                column: "external_user_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_accounts_google_id",
                schema: "account",
                table: "user_accounts",
                column: "google_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_profiles_user_account_id",
                schema: "account",
                table: "user_profiles",
                column: "user_account_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_user_rules_account_id_evaluator_rule_code",
                schema: "account",
                table: "user_rules",
                columns: new[] { "account_id", "evaluator", "rule_code" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_waitlist_email",
                schema: "account",
                table: "waitlist",
                column: "email",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "idx_waitlist_status_created_at",
                schema: "account",
                table: "waitlist",
                columns: new[] { "status", "created_at" });

            migrationBuilder.CreateIndex(
                name: "idx_watchlist_last_scanned_at",
                schema: "wyckoff",
                table: "watchlist",
                column: "last_scanned_at",
                filter: "enabled");

            migrationBuilder.CreateIndex(
                name: "idx_watchlist_symbol_timeframe",
                schema: "wyckoff",
                table: "watchlist",
                columns: new[] { "symbol", "timeframe" },
                unique: true);

            // EF's own table of migrations, which no model describes.
            migrationBuilder.Sql(
                """
                ALTER TABLE public.schema_migrations RENAME CONSTRAINT "PK_schema_migrations" TO pk_schema_migrations;
                COMMENT ON TABLE public.schema_migrations IS 'The migrations that are in, kept by EF Core.';
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "allocation_plans",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "api_keys",
                schema: "account");

            migrationBuilder.DropTable(
                name: "audit_trail",
                schema: "audit");

            migrationBuilder.DropTable(
                name: "backtest_results",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "bar_changes",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bar_windows",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_15m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1d",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1h",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_1m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_30m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_4h",
                schema: "market");

            migrationBuilder.DropTable(
                name: "bars_5m",
                schema: "market");

            migrationBuilder.DropTable(
                name: "campaign_checks",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "campaign_fills",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "campaign_metrics",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "computed_features",
                schema: "market");

            migrationBuilder.DropTable(
                name: "data_sync_log",
                schema: "market");

            migrationBuilder.DropTable(
                name: "exit_orders",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "exit_rules",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "feeds",
                schema: "market");

            migrationBuilder.DropTable(
                name: "import_rejects",
                schema: "market");

            migrationBuilder.DropTable(
                name: "indicator_windows",
                schema: "market");

            migrationBuilder.DropTable(
                name: "indicators",
                schema: "market");

            migrationBuilder.DropTable(
                name: "journal_entries",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "leases",
                schema: "market");

            migrationBuilder.DropTable(
                name: "migration_runs",
                schema: "public");

            migrationBuilder.DropTable(
                name: "order_keys",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "orderbook_snapshots",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "orders",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "portfolio_snapshots",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "price_snapshots",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "resolutions",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "signal_status_log",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "strategy_probe_trades",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "sync_coverage",
                schema: "market");

            migrationBuilder.DropTable(
                name: "sync_payloads",
                schema: "market");

            migrationBuilder.DropTable(
                name: "system_logs",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "trade_keys",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "trade_keys",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "trades",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "trades",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "user_profiles",
                schema: "account");

            migrationBuilder.DropTable(
                name: "user_rules",
                schema: "account");

            migrationBuilder.DropTable(
                name: "waitlist",
                schema: "account");

            migrationBuilder.DropTable(
                name: "watchlist",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "decision_contexts",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "positions",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "import_batches",
                schema: "market");

            migrationBuilder.DropTable(
                name: "markets",
                schema: "prediction");

            migrationBuilder.DropTable(
                name: "strategy_probe_results",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "tickers",
                schema: "market");

            migrationBuilder.DropTable(
                name: "trade_fills",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "strategies",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "signals",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "probe_strategies",
                schema: "trading");

            migrationBuilder.DropTable(
                name: "broker_connections",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "campaigns",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "patterns",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "snaptrade_users",
                schema: "journal");

            migrationBuilder.DropTable(
                name: "trading_ranges",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "user_accounts",
                schema: "account");
        }
    }
}
