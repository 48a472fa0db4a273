using FsCheck;
using FsCheck.Fluent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Findings;
using Wyckoff.Primitives;
using static Wyckoff.Tests.ConnectionCommands;

namespace Wyckoff.Tests.Findings;

public sealed class FindingsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Range = "00000000-0000-7000-8000-000000000001";
    private const string PatternId = "00000000-0000-7000-8000-000000000002";
    private const string CampaignId = "00000000-0000-7000-8000-000000000003";
    private const string SignalId = "00000000-0000-7000-8000-000000000004";
    private const string PositionId = "00000000-0000-7000-8000-000000000005";

    // Every row refers only to rows above it.
    private static readonly Dictionary<string, ValidRow> _valid = new ValidRow[]
    {
        new(
            "wyckoff.trading_ranges",
            $"id = '{Range}'; symbol = 'AAPL'; timeframe = '1d'; start_time = '2024-01-02'; end_time = '2024-03-01'; "
                + "duration_bars = 40; creek_level = 100; ice_level = 110; jump_target = 130; cause_factor = 2.0; range_width = 10; "
                + "phase = 'C'; strength_score = 80"
        ),
        new(
            "wyckoff.patterns",
            $"id = '{PatternId}'; pattern_type = 'SPRING'; symbol = 'AAPL'; timeframe = '1d'; detection_time = '2024-03-03'; "
                + $"pattern_bar_timestamp = '2024-03-01'; confidence_score = 80; phase = 'C'; trading_range_id = '{Range}'; "
                + "entry_price = 101; stop_loss = 97; invalidation_level = 95; volume_ratio = 0.5; spread_ratio = 0.9; "
                + "metadata = '{}'"
        ),
        new(
            "wyckoff.campaigns",
            $"id = '{CampaignId}'; campaign_id = 'AAPL-2024-01-02'; symbol = 'AAPL'; timeframe = '1d'; "
                + $"trading_range_id = '{Range}'; status = 'ACTIVE'; total_allocation = 5; current_risk = 100; entries = '[]'; "
                + "started_at = '2024-03-03'"
        ),
        new(
            "wyckoff.signals",
            $"id = '{SignalId}'; signal_type = 'LONG'; pattern_id = '{PatternId}'; symbol = 'AAPL'; timeframe = '1d'; "
                + "generated_at = '2024-03-03'; entry_price = 101; stop_loss = 97; target_1 = 110; target_2 = 130; "
                + $"position_size = 100; risk_amount = 400; r_multiple = 2.25; confidence_score = 80; campaign_id = '{CampaignId}'; "
                + "campaign_allocation = 0.4; status = 'PENDING'; approval_chain = '[]'"
        ),
        new(
            "wyckoff.positions",
            $"id = '{PositionId}'; campaign_id = '{CampaignId}'; signal_id = '{SignalId}'; pattern_type = 'SPRING'; "
                + "side = 'LONG'; entry_date = '2024-03-04'; entry_price = 101; shares = 100; stop_loss = 97; target_price = 130; "
                + "status = 'OPEN'; allocation_percent = 2; risk_amount = 400"
        ),
        new(
            "wyckoff.allocation_plans",
            $"campaign_id = '{CampaignId}'; signal_id = '{SignalId}'; pattern_type = 'SPRING'; bmad_allocation_pct = 0.4; "
                + "target_risk_pct = 0.5; actual_risk_pct = 0.5; position_size_shares = 100; allocation_used = 2; "
                + "remaining_budget = 3; approved = true; timestamp = '2024-03-03'"
        ),
        new(
            "wyckoff.exit_rules",
            $"campaign_id = '{CampaignId}'; target_1_level = 110; target_2_level = 120; target_3_level = 130; t1_exit_pct = 50; "
                + "t2_exit_pct = 30; t3_exit_pct = 20"
        ),
        new(
            "wyckoff.exit_orders",
            $"campaign_id = '{CampaignId}'; position_id = '{PositionId}'; order_type = 'PARTIAL_EXIT'; exit_level = 110; "
                + "shares = 50; reason = 'T1'; triggered_at = '2024-04-01'"
        ),
        new(
            "wyckoff.campaign_metrics",
            $"campaign_id = '{CampaignId}'; symbol = 'AAPL'; total_return_pct = 3; total_r_achieved = 2; duration_days = 30; "
                + "max_drawdown = 1; total_positions = 2; winning_positions = 1; losing_positions = 1; win_rate = 50; "
                + "calculation_timestamp = now()"
        ),
        new("wyckoff.watchlist", "symbol = 'AAPL'; timeframe = '1d'"),
        new(
            "wyckoff.backtest_results",
            "backtest_run_id = public.uuid_v7(); symbol = 'AAPL'; timeframe = '1d'; start_date = '2023-01-01'; "
                + "end_date = '2023-12-31'; total_patterns_detected = 10; true_positives = 7; false_positives = 3; "
                + "false_negatives = 2; \"precision\" = 0.7; recall = 0.77; total_signals_generated = 5; winning_signals = 3; "
                + "losing_signals = 2; win_rate = 0.6; average_r_multiple = 2; max_drawdown = 0.1; config = '{}'"
        ),
    }.ToDictionary(row => row.Table, StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables => [.. _valid.Keys];

    [Theory, MemberData(nameof(Tables))]
    public async Task The_app_role_can_insert_a_valid_row(string table) =>
        Assert.Null(await ValidRow.BrokenByAsync(database.App, InsertReferencedRows(table) + _valid[table].Insert(), Token));

    [Theory]
    [InlineData("trading_ranges", "symbol = 'aapl'", "chk_trading_ranges_symbol")]
    [InlineData("trading_ranges", "timeframe = '2h'", "chk_trading_ranges_timeframe")]
    [InlineData("trading_ranges", "end_time = '2024-01-01'", "chk_trading_ranges_times")]
    [InlineData("trading_ranges", "duration_bars = 14", "chk_trading_ranges_duration_bars")]
    [InlineData("trading_ranges", "duration_bars = 101", "chk_trading_ranges_duration_bars")]
    [InlineData("trading_ranges", "creek_level = 110", "chk_trading_ranges_levels")]
    [InlineData("trading_ranges", "creek_level = 0", "chk_trading_ranges_levels")]
    [InlineData("trading_ranges", "jump_target = 105", "chk_trading_ranges_jump_target")]
    [InlineData("trading_ranges", "jump_target = -1", "chk_trading_ranges_jump_target")]
    [InlineData("trading_ranges", "cause_factor = 1.99", "chk_trading_ranges_cause_factor")]
    [InlineData("trading_ranges", "cause_factor = 3.01", "chk_trading_ranges_cause_factor")]
    [InlineData("trading_ranges", "range_width = 0", "chk_trading_ranges_range_width")]
    [InlineData("trading_ranges", "phase = 'F'", "chk_trading_ranges_phase")]
    [InlineData("trading_ranges", "strength_score = 59", "chk_trading_ranges_strength_score")]
    [InlineData("trading_ranges", "strength_score = 101", "chk_trading_ranges_strength_score")]
    [InlineData("trading_ranges", "touch_count_creek = -1", "chk_trading_ranges_touch_counts")]
    [InlineData("trading_ranges", "touch_count_ice = -1", "chk_trading_ranges_touch_counts")]
    [InlineData("trading_ranges", "version = 0", "chk_trading_ranges_version")]
    [InlineData("patterns", "symbol = ''", "chk_patterns_symbol")]
    [InlineData("patterns", "timeframe = '1D'", "chk_patterns_timeframe")]
    [InlineData("patterns", "pattern_type = 'FLAG'", "chk_patterns_pattern_type")]
    [InlineData("patterns", "detection_time = '2024-03-01 09:59Z'", "chk_patterns_detection_time")]
    [InlineData("patterns", "timeframe = '1h'; detection_time = '2024-03-01 00:59Z'", "chk_patterns_detection_time")]
    [InlineData("patterns", "confidence_score = 69", "chk_patterns_confidence_score")]
    [InlineData("patterns", "confidence_score = 96", "chk_patterns_confidence_score")]
    [InlineData("patterns", "phase = 'X'", "chk_patterns_phase")]
    [InlineData("patterns", "invalidation_level = 0", "chk_patterns_prices")]
    [InlineData("patterns", "stop_loss = 101", "chk_patterns_side")]
    [InlineData("patterns", "invalidation_level = 102", "chk_patterns_side")]
    [InlineData("patterns", "pattern_type = 'UTAD'", "chk_patterns_side")]
    [InlineData("patterns", "stop_loss = 105; invalidation_level = 106", "chk_patterns_side")]
    [InlineData("patterns", "volume_ratio = -0.1", "chk_patterns_ratios")]
    [InlineData("patterns", "spread_ratio = -0.1", "chk_patterns_ratios")]
    [InlineData("patterns", "test_confirmed = true", "chk_patterns_test")]
    [InlineData("patterns", "test_confirmed = true; test_bar_timestamp = '2024-03-01'", "chk_patterns_test")]
    [InlineData("patterns", "rejection_reason = 'no'", "chk_patterns_rejection")]
    [InlineData("patterns", "is_tradeable = false; rejected_by_session_filter = true", "chk_patterns_rejection")]
    [InlineData("patterns", "metadata = '[]'", "chk_patterns_metadata")]
    [InlineData("patterns", "metadata_version = 0", "chk_patterns_metadata")]
    [InlineData("campaigns", "symbol = 'A B'", "chk_campaigns_symbol")]
    [InlineData("campaigns", "timeframe = ''", "chk_campaigns_timeframe")]
    [InlineData("campaigns", "status = 'DONE'", "chk_campaigns_status")]
    [InlineData("campaigns", "phase = 'X'", "chk_campaigns_phase")]
    [InlineData("campaigns", "total_allocation = 5.01", "chk_campaigns_total_allocation")]
    [InlineData("campaigns", "total_allocation = -0.01", "chk_campaigns_total_allocation")]
    [InlineData("campaigns", "current_risk = -1", "chk_campaigns_risk")]
    [InlineData("campaigns", "total_risk = -1", "chk_campaigns_risk")]
    [InlineData("campaigns", "entries = '{}'", "chk_campaigns_entries")]
    [InlineData("campaigns", "average_entry = 0", "chk_campaigns_average_entry")]
    [InlineData("campaigns", "total_shares = -1", "chk_campaigns_total_shares")]
    [InlineData("campaigns", "status = 'COMPLETED'", "chk_campaigns_completed_at")]
    [InlineData("campaigns", "completed_at = '2024-05-01'", "chk_campaigns_completed_at")]
    [InlineData("campaigns", "status = 'COMPLETED'; completed_at = '2024-01-01'", "chk_campaigns_completed_at")]
    [InlineData("campaigns", "status = 'INVALIDATED'; completed_at = '2024-05-01'", "chk_campaigns_invalidation")]
    [InlineData("campaigns", "time_based_invalidation_override = true", "chk_campaigns_time_override")]
    [InlineData("campaigns", "version = 0", "chk_campaigns_version")]
    [InlineData("signals", "symbol = 'aapl'; pattern_id = NULL", "chk_signals_symbol")]
    [InlineData("signals", "timeframe = 'x'", "chk_signals_timeframe")]
    [InlineData("signals", "signal_type = 'BOTH'; stop_loss = 140; target_1 = 100; target_2 = 90", "chk_signals_signal_type")]
    [InlineData("signals", "pattern_type = 'FLAG'", "chk_signals_pattern_type")]
    [InlineData("signals", "phase = 'X'", "chk_signals_phase")]
    [InlineData("signals", "stop_loss = 0", "chk_signals_prices")]
    [InlineData("signals", "stop_loss = 101", "chk_signals_side")]
    [InlineData("signals", "target_1 = 101", "chk_signals_side")]
    [InlineData("signals", "target_2 = 109", "chk_signals_side")]
    [InlineData("signals", "signal_type = 'SHORT'", "chk_signals_side")]
    [InlineData("signals", "signal_type = 'SHORT'; stop_loss = 105; target_1 = 90; target_2 = 95", "chk_signals_side")]
    [InlineData("signals", "position_size = 0", "chk_signals_position_size")]
    [InlineData("signals", "risk_amount = 0", "chk_signals_risk_amount")]
    [InlineData("signals", "r_multiple = 1.99", "chk_signals_r_multiple")]
    [InlineData("signals", "confidence_score = 69", "chk_signals_confidence_score")]
    [InlineData("signals", "confidence_score = 96", "chk_signals_confidence_score")]
    [InlineData("signals", "campaign_allocation = 1.0001", "chk_signals_campaign_allocation")]
    [InlineData("signals", "status = 'MAYBE'", "chk_signals_status")]
    [InlineData("signals", "status = 'STOPPED'", "chk_signals_exit")]
    [InlineData("signals", "status = 'STOPPED'; exit_price = 97; exit_date = '2024-03-02'", "chk_signals_exit")]
    [InlineData("signals", "exit_price = 97", "chk_signals_exit")]
    [InlineData("signals", "approval_chain = '1'", "chk_signals_approval_chain")]
    [InlineData("signals", "generated_at = '2024-03-02'", "chk_signals_pattern")]
    [InlineData("signals", "symbol = 'TSLA'", "chk_signals_pattern")]
    [InlineData("positions", "pattern_type = 'FLAG'", "chk_positions_pattern_type")]
    [InlineData("positions", "side = 'UP'; target_price = 90; stop_loss = 103", "chk_positions_side_word")]
    [InlineData("positions", "status = 'HALF'", "chk_positions_status")]
    [InlineData("positions", "current_price = 0", "chk_positions_prices")]
    [InlineData("positions", "shares = 0", "chk_positions_shares")]
    [InlineData("positions", "target_price = 101", "chk_positions_side")]
    [InlineData("positions", "stop_loss = 130", "chk_positions_side")]
    [InlineData("positions", "side = 'SHORT'", "chk_positions_side")]
    [InlineData("positions", "allocation_percent = 5.01", "chk_positions_allocation_percent")]
    [InlineData("positions", "allocation_percent = -1", "chk_positions_allocation_percent")]
    [InlineData("positions", "risk_amount = -1", "chk_positions_risk_amount")]
    [InlineData("positions", "status = 'CLOSED'", "chk_positions_exit")]
    [InlineData("positions", "status = 'CLOSED'; exit_price = 110; exit_date = '2024-03-03'", "chk_positions_exit")]
    [InlineData("positions", "exit_price = 110; exit_date = '2024-03-05'", "chk_positions_exit")]
    [InlineData("allocation_plans", "pattern_type = 'UTAD'", "chk_allocation_plans_pattern_type")]
    [InlineData("allocation_plans", "bmad_allocation_pct = 1.0001", "chk_allocation_plans_bmad_allocation_pct")]
    [InlineData("allocation_plans", "target_risk_pct = 5.01", "chk_allocation_plans_target_risk_pct")]
    [InlineData("allocation_plans", "actual_risk_pct = 10.01", "chk_allocation_plans_actual_risk_pct")]
    [InlineData("allocation_plans", "position_size_shares = 0", "chk_allocation_plans_position_size_shares")]
    [InlineData("allocation_plans", "allocation_used = 5.01; remaining_budget = 0", "chk_allocation_plans_allocation_used")]
    [InlineData("allocation_plans", "allocation_used = 0; remaining_budget = -0.01", "chk_allocation_plans_remaining_budget")]
    [InlineData("allocation_plans", "remaining_budget = 3.01", "chk_allocation_plans_budget")]
    [InlineData("allocation_plans", "is_rebalanced = true", "chk_allocation_plans_rebalance")]
    [InlineData("allocation_plans", "approved = false", "chk_allocation_plans_rejection")]
    [InlineData("exit_rules", "target_1_level = 0", "chk_exit_rules_levels")]
    [InlineData("exit_rules", "target_2_level = 140", "chk_exit_rules_order")]
    [InlineData("exit_rules", "t1_exit_pct = -1; t2_exit_pct = 81", "chk_exit_rules_t1_exit_pct")]
    [InlineData("exit_rules", "t2_exit_pct = -1; t1_exit_pct = 81", "chk_exit_rules_t2_exit_pct")]
    [InlineData("exit_rules", "t3_exit_pct = -1; t1_exit_pct = 71", "chk_exit_rules_t3_exit_pct")]
    [InlineData("exit_rules", "t3_exit_pct = 19.99", "chk_exit_rules_exit_pcts")]
    [InlineData("exit_rules", "creek_level = 110; ice_level = 100", "chk_exit_rules_range")]
    [InlineData("exit_orders", "order_type = 'EXIT'", "chk_exit_orders_order_type")]
    [InlineData("exit_orders", "exit_level = 0", "chk_exit_orders_exit_level")]
    [InlineData("exit_orders", "shares = 0", "chk_exit_orders_shares")]
    [InlineData("exit_orders", "executed = true", "chk_exit_orders_executed")]
    [InlineData("exit_orders", "executed = true; executed_at = '2024-03-31'", "chk_exit_orders_executed")]
    [InlineData("campaign_metrics", "losing_positions = 2", "chk_campaign_metrics_counts")]
    [InlineData("campaign_metrics", "phase_c_positions = 3", "chk_campaign_metrics_phase_counts")]
    [InlineData("campaign_metrics", "win_rate = 101", "chk_campaign_metrics_rates")]
    [InlineData("campaign_metrics", "phase_c_win_rate = -1", "chk_campaign_metrics_rates")]
    [InlineData("campaign_metrics", "duration_days = -1", "chk_campaign_metrics_duration_days")]
    [InlineData("campaign_metrics", "max_drawdown = -1", "chk_campaign_metrics_max_drawdown")]
    [InlineData("campaign_metrics", "average_exit_price = 0", "chk_campaign_metrics_prices")]
    [InlineData("watchlist", "symbol = 'x'", "chk_watchlist_symbol")]
    [InlineData("watchlist", "timeframe = 'x'", "chk_watchlist_timeframe")]
    [InlineData("watchlist", "priority = 'URGENT'", "chk_watchlist_priority")]
    [InlineData("watchlist", "min_confidence = 59", "chk_watchlist_min_confidence")]
    [InlineData("watchlist", "min_confidence = 101", "chk_watchlist_min_confidence")]
    [InlineData("backtest_results", "symbol = 'x'", "chk_backtest_results_symbol")]
    [InlineData("backtest_results", "timeframe = 'x'", "chk_backtest_results_timeframe")]
    [InlineData("backtest_results", "end_date = '2022-12-31'", "chk_backtest_results_dates")]
    [InlineData("backtest_results", "false_positives = 4", "chk_backtest_results_patterns")]
    [InlineData("backtest_results", "false_negatives = -1", "chk_backtest_results_patterns")]
    [InlineData("backtest_results", "losing_signals = 3", "chk_backtest_results_signals")]
    [InlineData("backtest_results", "\"precision\" = 1.1", "chk_backtest_results_precision")]
    [InlineData("backtest_results", "recall = -0.1", "chk_backtest_results_recall")]
    [InlineData("backtest_results", "win_rate = 1.1", "chk_backtest_results_win_rate")]
    [InlineData("backtest_results", "max_drawdown = -0.1", "chk_backtest_results_max_drawdown")]
    [InlineData("backtest_results", "execution_time_seconds = -1", "chk_backtest_results_execution_time_seconds")]
    public async Task An_invalid_row_violates_the_expected_check(string table, string overrides, string constraint)
    {
        table = "wyckoff." + table;
        Assert.Equal(
            constraint,
            await ValidRow.BrokenByAsync(database.App, InsertReferencedRows(table) + _valid[table].Insert(overrides), Token)
        );
    }

    [Fact]
    public async Task Every_check_constraint_has_an_invalid_row()
    {
        var test = typeof(FindingsTests).GetMethod(nameof(An_invalid_row_violates_the_expected_check))!;
        // Only the trigger writes to this table, so no invalid row can be inserted.
        Assert.Equal(["chk_signal_status_log_states"], await CheckConstraints.UntestedAsync(database, "wyckoff", test));
    }

    [Theory]
    [InlineData("trading_ranges", "fk_patterns_trading_range", "wyckoff.patterns")]
    [InlineData("trading_ranges", "fk_campaigns_trading_range", "wyckoff.campaigns")]
    [InlineData("patterns", "fk_signals_pattern", "wyckoff.signals")]
    [InlineData("campaigns", "fk_positions_campaign", "wyckoff.positions")]
    [InlineData("signals", "fk_positions_signal", "wyckoff.positions")]
    public async Task A_referenced_row_cannot_be_deleted(string table, string constraint, string from)
    {
        var id = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["trading_ranges"] = Range,
            ["patterns"] = PatternId,
            ["campaigns"] = CampaignId,
            ["signals"] = SignalId,
        }[table];
        // Deletes the pattern, so that only the campaign refers to the trading range.
        var rows =
            InsertReferencedRows(from)
            + _valid[from].Insert()
            + ";"
            + (from == "wyckoff.campaigns" ? $"DELETE FROM wyckoff.patterns WHERE id = '{PatternId}';" : "");
        Assert.Equal(
            constraint,
            await ValidRow.BrokenByAsync(database.App, rows + $"DELETE FROM wyckoff.{table} WHERE id = '{id}'", Token)
        );
    }

    [Fact]
    public async Task Deleting_a_campaign_deletes_its_plans_and_rules_and_keeps_its_signals()
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(
            connection,
            string.Join(
                ';',
                _valid.Values.Where(row => row.Table is not "wyckoff.positions" and not "wyckoff.exit_orders").Select(row => row.Insert())
            )
        );
        await ExecuteAsync(connection, $"DELETE FROM wyckoff.campaigns WHERE id = '{CampaignId}'");
        Assert.Equal(
            "0 0 0 1 t",
            await TextAsync(
                connection,
                $"""
                SELECT concat_ws(' ',
                    (SELECT count(*) FROM wyckoff.allocation_plans WHERE campaign_id = '{CampaignId}'),
                    (SELECT count(*) FROM wyckoff.exit_rules WHERE campaign_id = '{CampaignId}'),
                    (SELECT count(*) FROM wyckoff.campaign_metrics WHERE campaign_id = '{CampaignId}'),
                    (SELECT count(*) FROM wyckoff.signals WHERE id = '{SignalId}'),
                    (SELECT campaign_id IS NULL FROM wyckoff.signals WHERE id = '{SignalId}'))
                """
            )
        );

        await ExecuteAsync(connection, $"DELETE FROM wyckoff.signals WHERE id = '{SignalId}'");
        Assert.Equal(
            "0",
            await TextAsync(connection, $"SELECT count(*)::text FROM wyckoff.signal_status_log WHERE signal_id = '{SignalId}'")
        );
    }

    [Fact]
    public async Task Deleting_a_position_deletes_its_exit_orders()
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(
            connection,
            string.Join(';', _valid.Values.Select(row => row.Insert())) + $"; DELETE FROM wyckoff.positions WHERE id = '{PositionId}'"
        );
        Assert.Equal(
            "0",
            await TextAsync(connection, $"SELECT count(*)::text FROM wyckoff.exit_orders WHERE position_id = '{PositionId}'")
        );
    }

    [Theory]
    [InlineData("America/New_York", "2024-03-02 04:59Z", "chk_patterns_detection_time")]
    [InlineData("America/New_York", "2024-03-02 05:00Z", null)]
    [InlineData("Asia/Tokyo", "2024-03-01 14:59Z", "chk_patterns_detection_time")]
    [InlineData("Asia/Tokyo", "2024-03-01 15:00Z", null)]
    public async Task A_daily_pattern_is_accepted_once_the_day_has_closed_in_the_time_zone_of_its_ticker(
        string zone,
        string detected,
        string? constraint
    )
    {
        var rows =
            $"INSERT INTO market.tickers (symbol, timezone) VALUES ('AAPL', '{zone}');"
            + InsertReferencedRows("wyckoff.patterns")
            + _valid["wyckoff.patterns"].Insert($"detection_time = '{detected}'");
        Assert.Equal(constraint, await ValidRow.BrokenByAsync(database.App, rows, Token));
    }

    [Fact]
    public async Task Every_signal_status_is_logged_with_actor_and_reason()
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, InsertReferencedRows("wyckoff.signals") + _valid["wyckoff.signals"].Insert());
        await ExecuteAsync(
            connection,
            $"""
            SELECT set_config('app.actor', 'mia', true), set_config('app.transition_reason', 'looks good', true);
            UPDATE wyckoff.trade_signals SET status = 'APPROVED' WHERE id = '{SignalId}';
            UPDATE wyckoff.signals SET notification_sent = true WHERE id = '{SignalId}'
            """
        );
        Assert.Equal(
            "-PENDING wyckoff_app -, PENDING-APPROVED mia looks good",
            await TextAsync(
                connection,
                $"""
                SELECT string_agg(
                           concat_ws(' ', coalesce(previous_state, '') || '-' || new_state, actor, coalesce(transition_reason, '-')),
                           ', ' ORDER BY created_at)
                  FROM wyckoff.signal_status_log WHERE signal_id = '{SignalId}'
                """
            )
        );
    }

    [Fact]
    public async Task Signal_status_transitions_are_the_same_in_code_and_database()
    {
        foreach (var from in Enum.GetValues<SignalStatus>())
        {
            foreach (var to in Enum.GetValues<SignalStatus>().Where(to => to != from))
            {
                var rows =
                    InsertReferencedRows("wyckoff.signals")
                    + _valid["wyckoff.signals"]
                        .Insert($"status = '{StatusText(from)}'{(IsExit(from) ? "; exit_price = 97; exit_date = '2024-03-09'" : "")}")
                    + ";"
                    + $"""
                        UPDATE wyckoff.signals
                           SET status = '{StatusText(to)}',
                               exit_price = {(IsExit(to) ? "97" : "NULL")},
                               exit_date = {(IsExit(to) ? "'2024-03-09'" : "NULL")}
                         WHERE id = '{SignalId}'
                        """;
                Assert.Equal(
                    Signal.MayBecome(from, to) ? null : "chk_signals_status_change",
                    await ValidRow.BrokenByAsync(database.App, rows, Token)
                );
            }
        }

        static bool IsExit(SignalStatus status) => status is SignalStatus.Stopped or SignalStatus.TargetHit;
        static string StatusText(SignalStatus status) =>
            status == SignalStatus.TargetHit ? "TARGET_HIT" : status.ToString().ToUpperInvariant();
    }

    [Fact]
    public async Task The_app_role_cannot_write_the_status_log()
    {
        foreach (
            var sql in new[]
            {
                "INSERT INTO wyckoff.signal_status_log (signal_id, new_state, actor) VALUES (public.uuid_v7(), 'PENDING', 'x')",
                "UPDATE wyckoff.signal_status_log SET actor = 'x'",
                "DELETE FROM wyckoff.signal_status_log",
                "TRUNCATE wyckoff.signal_status_log",
                "SELECT wyckoff.log_signal_status()",
            }
        )
        {
            Assert.NotNull(await ValidRow.BrokenByAsync(database.App, sql, Token));
        }

        Assert.Equal("42501", await ValidRow.BrokenByAsync(database.Reader, "DELETE FROM wyckoff.watchlist", Token));
        Assert.Equal("42501", await ValidRow.BrokenByAsync(database.App, "CREATE TABLE wyckoff.mine (x int)", Token));
    }

    [Fact]
    public async Task Twenty_concurrent_writers_cannot_exceed_the_allocation_of_a_campaign()
    {
        var campaign = Guid.CreateVersion7();
        var other = Guid.CreateVersion7();
        await using (var connection = await database.App.OpenConnectionAsync(Token))
        {
            await ExecuteAsync(
                connection,
                _valid["wyckoff.campaigns"].Insert($"id = '{campaign}'; trading_range_id = NULL; campaign_id = 'RACE'")
            );
            await ExecuteAsync(
                connection,
                _valid["wyckoff.campaigns"].Insert($"id = '{other}'; trading_range_id = NULL; campaign_id = 'RACE2'")
            );
        }

        // Every statement touches both campaigns, half of them in reverse order. Locking the campaigns in row order would deadlock.
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async i =>
                {
                    var (first, second) = i % 2 == 0 ? (campaign, other) : (other, campaign);
                    await using var command = database.App.CreateCommand(
                        $"""
                        INSERT INTO wyckoff.positions (
                            campaign_id, pattern_type, entry_date, entry_price, shares, stop_loss, target_price, allocation_percent,
                            risk_amount)
                        SELECT c, 'SPRING', '2024-03-04', 101, 100, 97, 130, 0.7, 400
                          FROM unnest(ARRAY['{first}', '{second}']::uuid[]) AS c
                        """
                    );
                    try
                    {
                        await command.ExecuteNonQueryAsync(Token);
                        return "ok";
                    }
                    catch (PostgresException e)
                    {
                        return e.ConstraintName ?? e.SqlState;
                    }
                })
        );

        Assert.Equal(7, results.Count(result => result == "ok"));
        Assert.All(results, result => Assert.Contains(result, new[] { "ok", "chk_positions_campaign_allocation" }));
        Assert.Equal(
            "4.90 4.90 1",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(allocated::text, ' ') || ' ' || max(version)
                  FROM (
                      SELECT sum(p.allocation_percent) AS allocated, max(c.version) AS version
                        FROM wyckoff.positions p JOIN wyckoff.campaigns c ON c.id = p.campaign_id
                       WHERE c.campaign_id LIKE 'RACE%' GROUP BY c.id) t
                """
            )
        );

        // The allocation of a campaign cannot be reduced below the sum of its open positions. Closed positions do not count.
        Assert.Equal(
            "chk_positions_campaign_allocation",
            await ValidRow.BrokenByAsync(
                database.App,
                $"UPDATE wyckoff.campaigns SET total_allocation = 4.8 WHERE id = '{campaign}'",
                Token
            )
        );
        Assert.Equal(
            "chk_positions_campaign_allocation",
            await ValidRow.BrokenByAsync(
                database.App,
                $"""
                UPDATE wyckoff.positions SET allocation_percent = 0.9
                 WHERE id = (SELECT min(id::text)::uuid FROM wyckoff.positions WHERE campaign_id = '{campaign}')
                """,
                Token
            )
        );
        Assert.Null(
            await ValidRow.BrokenByAsync(
                database.App,
                $"""
                UPDATE wyckoff.positions SET status = 'CLOSED', exit_price = 110, exit_date = '2024-04-01'
                 WHERE campaign_id = '{campaign}';
                UPDATE wyckoff.campaigns SET total_allocation = 1 WHERE id = '{campaign}'
                """,
                Token
            )
        );
        await database.ExecuteAsync(
            $"""
            DELETE FROM wyckoff.positions WHERE campaign_id IN ('{campaign}', '{other}');
            DELETE FROM wyckoff.campaigns WHERE id IN ('{campaign}', '{other}')
            """
        );
    }

    [Fact]
    public async Task A_stale_update_is_refused_and_a_deleted_range_is_hidden()
    {
        await using var first = database.Context();
        await using var second = database.Context();
        var range = new TradingRange(
            "AAPL",
            Timeframe.Day1,
            new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero),
            40,
            100,
            110,
            130,
            2,
            10,
            WyckoffPhase.B,
            80
        );
        first.Add(range);
        await first.SaveChangesAsync(Token);
        Assert.Equal(1, range.Version);

        var same = await second.Set<TradingRange>().SingleAsync(r => r.Id == range.Id, Token);
        range.Develop(45, 85, WyckoffPhase.C, 3, 3);
        await first.SaveChangesAsync(Token);
        Assert.Equal(2, range.Version);
        same.Develop(41, 70, WyckoffPhase.D, 1, 1);
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => second.SaveChangesAsync(Token));

        // A deleted range is hidden by a query filter but still stored.
        range.Delete(new(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));
        await first.SaveChangesAsync(Token);
        await using var third = database.Context();
        Assert.False(await third.Set<TradingRange>().AnyAsync(r => r.Id == range.Id, Token));
        Assert.True(await third.Set<TradingRange>().IgnoreQueryFilters().AnyAsync(r => r.Id == range.Id, Token));
    }

    [Fact]
    public async Task Findings_round_trip_through_the_database()
    {
        var at = new DateTimeOffset(2024, 3, 4, 2, 0, 0, TimeSpan.FromHours(2));
        var pattern = new Pattern(
            PatternType.Utad,
            "tsla",
            Timeframe.Hour1,
            at.AddHours(-1),
            at,
            88,
            WyckoffPhase.D,
            200.12345678m,
            210,
            215,
            1.6m,
            1.2m,
            metadata: """{"ice_penetration": 0.7}"""
        );
        var campaign = new Campaign("TSLA", Timeframe.Hour1, at, 4.5m);
        var signal = new Signal(
            Direction.Short,
            "TSLA",
            Timeframe.Hour1,
            at,
            200.12345678m,
            210,
            180,
            170,
            10,
            98.77m,
            2.04m,
            88,
            pattern.Id
        );
        signal.Join(campaign.Id, 0.4m);
        var rule = new ExitRule
        {
            CampaignId = campaign.Id,
            Target1Level = 180,
            Target2Level = 175,
            Target3Level = 170,
            T1ExitPct = 100,
            T2ExitPct = 0,
            T3ExitPct = 0,
        };
        await using (var context = database.Context())
        {
            context.AddRange(
                pattern,
                campaign,
                signal,
                rule,
                new WatchlistEntry
                {
                    Symbol = "WATCHED",
                    Timeframe = Timeframe.Minute5,
                    Priority = WatchPriority.Low,
                    Enabled = false,
                }
            );
            await context.SaveChangesAsync(Token);
            signal.Approve();
            await context.SaveChangesAsync(Token);
            signal.Fill();
            await context.SaveChangesAsync(Token);
        }

        await using var read = database.Context();
        var back = await read.Set<Signal>().SingleAsync(s => s.Id == signal.Id, Token);
        Assert.Equal(
            (SignalStatus.Filled, Direction.Short, 200.12345678m, TimeSpan.Zero, at),
            (back.Status, back.SignalType, back.EntryPrice, back.GeneratedAt.Offset, back.GeneratedAt)
        );
        Assert.Equal(0m, (await read.Set<ExitRule>().SingleAsync(r => r.Id == rule.Id, Token)).T2ExitPct);
        var watched = await read.Set<WatchlistEntry>().SingleAsync(w => w.Symbol == "WATCHED", Token);
        Assert.Equal((WatchPriority.Low, false), (watched.Priority, watched.Enabled));
        Assert.Equal(3, await read.Set<SignalStatusChange>().CountAsync(c => c.SignalId == signal.Id, Token));
        Assert.Equal("TSLA", (await read.Set<Pattern>().SingleAsync(p => p.Id == pattern.Id, Token)).Symbol);
    }

    [Fact]
    public void Signal_rules_are_the_same_in_code_and_database()
    {
        // Values near the limits, where code and database could differ: rounding of the last decimal and the largest value that fits.
        var price = Gen.OneOf(
            Gen.Choose(0, 40).Select(i => i * 5m),
            Gen.Choose(1, 3).Select(i => (i * 50m) + 0.000000004m),
            Gen.Choose(1, 3).Select(i => (i * 50m) - 0.000000005m),
            Gen.Elements(9_999_999_999.99999999m, 10_000_000_000m, -1m)
        );
        var signal =
            from levels in Gen.ArrayOf(price, 4)
            from ordered in Gen.Choose(0, 6)
            from size in Gen.Elements(0m, 0.000000004m, 0.000000005m, 1m, 100m)
            from risk in Gen.Elements(0m, 0.004m, 0.005m, 400m, 9_999_999_999.994m, 9_999_999_999.995m)
            from r in Gen.Elements(1.99m, 1.994m, 1.995m, 2m, 5m, 9_999.994m, 9_999.995m)
            from confidence in Gen.Elements(69, 70, 80, 95, 96)
            from side in Gen.Elements(Direction.Long, Direction.Short)
            select (
                Levels: ordered == 0 ? levels : Sorted(levels, side),
                Size: ordered >= 3 ? 100m : size,
                Risk: ordered >= 3 ? 400m : risk,
                R: ordered >= 3 ? 3m : r,
                Confidence: ordered >= 3 ? 80 : confidence,
                Side: side
            );
        var (valid, invalid) = (0, 0);
        using var connection = database.App.OpenConnection();
        using var transaction = connection.BeginTransaction();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(600),
            Prop.ForAll(
                signal.ToArbitrary(),
                s =>
                {
                    var acceptedByCode = true;
                    try
                    {
                        _ = new Signal(
                            s.Side,
                            "AAPL",
                            Timeframe.Day1,
                            DateTimeOffset.UnixEpoch,
                            s.Levels[1],
                            s.Levels[0],
                            s.Levels[2],
                            s.Levels[3],
                            s.Size,
                            s.Risk,
                            s.R,
                            s.Confidence
                        );
                    }
                    catch (FindingException)
                    {
                        acceptedByCode = false;
                    }

                    var acceptedByDatabase = true;
                    transaction.Save("one");
                    using var insert = new NpgsqlCommand(
                        """
                        INSERT INTO wyckoff.signals (
                            signal_type, symbol, timeframe, generated_at, stop_loss, entry_price, target_1, target_2, position_size,
                            risk_amount, r_multiple, confidence_score, approval_chain)
                        VALUES ($1, 'AAPL', '1d', '1970-01-01', $2, $3, $4, $5, $6, $7, $8, $9, '[]')
                        """,
                        connection
                    );
                    foreach (
                        var value in new object[]
                        {
                            s.Side == Direction.Long ? "LONG" : "SHORT",
                            s.Levels[0],
                            s.Levels[1],
                            s.Levels[2],
                            s.Levels[3],
                            s.Size,
                            s.Risk,
                            s.R,
                            s.Confidence,
                        }
                    )
                    {
                        insert.Parameters.Add(new() { Value = value });
                    }

                    try
                    {
                        insert.ExecuteNonQuery();
                    }
                    catch (PostgresException)
                    {
                        acceptedByDatabase = false;
                    }

                    transaction.Rollback("one");
                    (valid, invalid) = acceptedByCode ? (valid + 1, invalid) : (valid, invalid + 1);
                    return acceptedByCode == acceptedByDatabase;
                }
            )
        );
        Assert.True(valid > 20 && invalid > 20, $"{valid} valid, {invalid} invalid");

        static decimal[] Sorted(decimal[] levels, Direction side) =>
            side == Direction.Long ? [.. levels.Order()] : [.. levels.OrderDescending()];
    }

    [Fact]
    public async Task Database_generated_ids_sort_by_time()
    {
        Assert.Equal(
            "t 7",
            await database.ScalarAsync<string>(
                """
                SELECT concat_ws(' ', a < b, substr(a::text, 15, 1))
                  FROM (SELECT public.uuid_v7() AS a, pg_sleep(0.005), public.uuid_v7() AS b) t
                """
            )
        );
    }

    // Returns the INSERTs of the rows that a row of the table can refer to.
    private static string InsertReferencedRows(string table) =>
        string.Concat(
            _valid.Values.TakeWhile(row => row.Table != table && row.Table != "wyckoff.allocation_plans").Select(row => row.Insert() + ";")
        );
}
