using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Wyckoff.MigrationService.Migrations
{
    /// <inheritdoc />
    public partial class Wyckoff : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "wyckoff");

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

            migrationBuilder.Sql(SqlFile.Read("Wyckoff.up.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlFile.Read("Wyckoff.down.sql"));

            migrationBuilder.DropTable(
                name: "allocation_plans",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "backtest_results",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "campaign_metrics",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "exit_orders",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "exit_rules",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "signal_status_log",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "watchlist",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "positions",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "signals",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "campaigns",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "patterns",
                schema: "wyckoff");

            migrationBuilder.DropTable(
                name: "trading_ranges",
                schema: "wyckoff");

            migrationBuilder.Sql(SqlFile.Read("Wyckoff.drop.sql"));
        }
    }
}
