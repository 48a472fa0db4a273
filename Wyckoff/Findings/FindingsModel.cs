using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Wyckoff.Primitives;

namespace Wyckoff.Findings;

/// <summary>The tables of schema <c>wyckoff</c>.</summary>
public static class FindingsModel
{
    public const string Schema = "wyckoff";

    private const string NewId = "public.uuid_v7()";

    private const string LongPattern = "'SPRING', 'SOS', 'LPS', 'ST'";
    private const string ShortPattern = "'UT', 'UTAD', 'SOW', 'LPSY', 'ST'";

    private static readonly string _timeframeCheck =
        $"timeframe IN ({string.Join(", ", Timeframe.Stored.Select(timeframe => $"'{timeframe}'"))})";
    private static readonly ValueConverter<Timeframe, string> _timeframeConverter = new(
        timeframe => timeframe.Name,
        name => Timeframe.Parse(name)
    );

    public static void Configure(ModelBuilder model)
    {
        TradingRange(model.Entity<TradingRange>());
        Pattern(model.Entity<Pattern>());
        Campaign(model.Entity<Campaign>());
        Signal(model.Entity<Signal>());
        SignalStatusChange(model.Entity<SignalStatusChange>());
        Position(model.Entity<Position>());
        AllocationPlan(model.Entity<AllocationPlan>());
        ExitRule(model.Entity<ExitRule>());
        ExitOrder(model.Entity<ExitOrder>());
        CampaignMetrics(model.Entity<CampaignMetrics>());
        Watchlist(model.Entity<WatchlistEntry>());
        BacktestResult(model.Entity<BacktestResult>());
    }

    private static void TradingRange(EntityTypeBuilder<TradingRange> range)
    {
        range.ToTable(
            "trading_ranges",
            Schema,
            table =>
            {
                table.HasComment(
                    "Sideways markets that qualified. Taken out of sight by deleted_at, since patterns and campaigns refer to them."
                );
                Instrument(table, "trading_ranges");
                table.HasCheckConstraint("chk_trading_ranges_times", "end_time >= start_time");
                table.HasCheckConstraint("chk_trading_ranges_duration_bars", "duration_bars BETWEEN 15 AND 100");
                table.HasCheckConstraint("chk_trading_ranges_levels", "creek_level > 0 AND creek_level < ice_level");
                table.HasCheckConstraint(
                    "chk_trading_ranges_jump_target",
                    "jump_target > ice_level OR (jump_target < creek_level AND jump_target > 0)"
                );
                table.HasCheckConstraint("chk_trading_ranges_cause_factor", "cause_factor BETWEEN 2.0 AND 3.0");
                table.HasCheckConstraint("chk_trading_ranges_range_width", "range_width > 0");
                table.HasCheckConstraint("chk_trading_ranges_phase", EnumColumn.Check<WyckoffPhase>("phase"));
                table.HasCheckConstraint("chk_trading_ranges_strength_score", "strength_score BETWEEN 60 AND 100");
                table.HasCheckConstraint("chk_trading_ranges_touch_counts", "touch_count_creek >= 0 AND touch_count_ice >= 0");
                table.HasCheckConstraint("chk_trading_ranges_version", "version >= 1");
            }
        );
        Identity(range.Property(r => r.Id));
        range.HasKey(r => r.Id).HasName("pk_trading_ranges");
        InstrumentColumns(range.Property(r => r.Symbol), range.Property(r => r.Timeframe));
        range.Property(r => r.EndTime).HasComment("Null while the range goes on.");
        Price(range.Property(r => r.CreekLevel))
            .HasComment(
                "SUPPORT, as the source document has it; in the literature the creek is the resistance. "
                    + "Elsewhere we say support and resistance."
            );
        Price(range.Property(r => r.IceLevel))
            .HasComment(
                "RESISTANCE, as the source document has it; in the literature the ice is the support. "
                    + "Elsewhere we say support and resistance."
            );
        Price(range.Property(r => r.JumpTarget))
            .HasComment(
                "Where the cause says price will go: above the resistance after accumulation, below the support after distribution."
            );
        range.Property(r => r.CauseFactor).HasPrecision(4, 2).HasComment("Widths of the range to add for the target.");
        range.Property(r => r.RangeWidth).HasPrecision(10, 4);
        range.Property(r => r.Phase).AsEnumText(1);
        range.Property(r => r.TouchCountCreek).HasDefaultValue(0);
        range.Property(r => r.TouchCountIce).HasDefaultValue(0);
        range.Property(r => r.DeletedAt).HasComment("Set: the range was found to be none, and is out of sight.");
        Versioned(range.Property(r => r.Version));
        Times(range.Property(r => r.CreatedAt), range.Property(r => r.UpdatedAt));
        range.HasQueryFilter(r => r.DeletedAt == null);
        range
            .HasIndex(r => new
            {
                r.Symbol,
                r.Timeframe,
                r.StartTime,
            })
            .IsDescending(false, false, true)
            .HasFilter("deleted_at IS NULL")
            .HasDatabaseName("idx_trading_ranges_symbol_timeframe_start_time");
        range
            .HasIndex(r => new { r.Phase, r.StrengthScore })
            .IsDescending(false, true)
            .HasFilter("deleted_at IS NULL AND end_time IS NULL")
            .HasDatabaseName("idx_trading_ranges_phase_strength_score");
    }

    private static void Pattern(EntityTypeBuilder<Pattern> pattern)
    {
        pattern.ToTable(
            "patterns",
            Schema,
            table =>
            {
                table.HasComment(
                    "Events of the method that qualified. symbol is text without a foreign key, as in the source document: "
                        + "a finding outlives its ticker, and backtests find in what is no longer kept."
                );
                Instrument(table, "patterns");
                table.HasCheckConstraint("chk_patterns_pattern_type", EnumColumn.Check<PatternType>("pattern_type"));
                table.HasCheckConstraint("chk_patterns_detection_time", DetectionTime());
                table.HasCheckConstraint("chk_patterns_confidence_score", "confidence_score BETWEEN 70 AND 95");
                table.HasCheckConstraint("chk_patterns_phase", EnumColumn.Check<WyckoffPhase>("phase"));
                table.HasCheckConstraint("chk_patterns_prices", "entry_price > 0 AND stop_loss > 0 AND invalidation_level > 0");
                table.HasCheckConstraint(
                    "chk_patterns_side",
                    $"(stop_loss < entry_price AND invalidation_level < entry_price AND pattern_type IN ({LongPattern})) "
                        + $"OR (stop_loss > entry_price AND invalidation_level > entry_price AND pattern_type IN ({ShortPattern}))"
                );
                table.HasCheckConstraint("chk_patterns_ratios", "volume_ratio >= 0 AND spread_ratio >= 0");
                table.HasCheckConstraint("chk_patterns_test", "coalesce(test_bar_timestamp > pattern_bar_timestamp, NOT test_confirmed)");
                table.HasCheckConstraint(
                    "chk_patterns_rejection",
                    "(rejection_reason IS NOT NULL OR (rejection_timestamp IS NULL AND NOT rejected_by_session_filter)) "
                        + "AND (rejection_reason IS NULL OR NOT is_tradeable)"
                );
                table.HasCheckConstraint("chk_patterns_metadata", "jsonb_typeof(metadata) = 'object' AND metadata_version >= 1");
            }
        );
        Identity(pattern.Property(p => p.Id));
        pattern.HasKey(p => p.Id).HasName("pk_patterns");
        pattern.Property(p => p.PatternType).AsEnumText(10);
        InstrumentColumns(pattern.Property(p => p.Symbol), pattern.Property(p => p.Timeframe));
        pattern.Property(p => p.DetectionTime).HasComment("When it could first be known: the close of the bar that showed it, or later.");
        pattern.Property(p => p.PatternBarTimestamp).HasComment("Open of the bar it is about.");
        pattern.Property(p => p.Phase).AsEnumText(1);
        Price(pattern.Property(p => p.EntryPrice));
        Price(pattern.Property(p => p.StopLoss));
        Price(pattern.Property(p => p.InvalidationLevel)).HasComment("Beyond it the pattern was none.");
        pattern.Property(p => p.VolumeRatio).HasPrecision(10, 4);
        pattern.Property(p => p.SpreadRatio).HasPrecision(10, 4);
        pattern
            .Property(p => p.TestConfirmed)
            .HasDefaultValue(false)
            .HasComment("A low-volume test held; a spring asks for one before it becomes a signal.");
        pattern.Property(p => p.IsTradeable).HasDefaultValue(true).HasSentinel(true);
        pattern.Property(p => p.RejectedBySessionFilter).HasDefaultValue(false);
        pattern.Property(p => p.Session).HasMaxLength(20).HasComment("Trading session of the bar, for markets that have several a day.");
        pattern
            .Property(p => p.Metadata)
            .HasColumnType("jsonb")
            .HasComment("What only this type of pattern has; its form is counted by metadata_version.");
        pattern.Property(p => p.MetadataVersion).HasDefaultValue(1).HasSentinel(1);
        pattern.Property(p => p.VsaEvents).HasColumnType("jsonb").HasComment("Effort-against-result findings nearby.");
        pattern.Property(p => p.PreliminaryEvents).HasColumnType("jsonb").HasComment("Events that led to it.");
        pattern.Property(p => p.CreatedAt).HasDefaultValueSql("now()");
        pattern
            .HasOne<TradingRange>()
            .WithMany()
            .HasForeignKey(p => p.TradingRangeId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_patterns_trading_range");
        pattern.HasIndex(p => p.TradingRangeId).HasDatabaseName("idx_patterns_trading_range_id");
        pattern.HasIndex(p => new { p.Symbol, p.PatternBarTimestamp }).IsDescending(false, true).HasDatabaseName("idx_patterns_symbol");
        pattern.HasIndex(p => new { p.PatternType, p.Phase }).HasDatabaseName("idx_patterns_type_phase");
        pattern.HasIndex(p => p.DetectionTime).IsDescending().HasDatabaseName("idx_patterns_detection_time");
        pattern.HasIndex(p => p.Metadata).HasMethod("gin").HasOperators("jsonb_path_ops").HasDatabaseName("idx_patterns_metadata");
    }

    // In minutes: an interval of a day has another length when the clocks change.
    private static string DetectionTime() =>
        "detection_time >= pattern_bar_timestamp + CASE timeframe "
        + string.Join(' ', Timeframe.Stored.Select(t => $"WHEN '{t}' THEN INTERVAL '{MinutesToEarliestClose(t)} minutes'"))
        + " END";

    private static string MinutesToEarliestClose(Timeframe timeframe) =>
        (FindingRules.EarliestClose(timeframe, DateTimeOffset.UnixEpoch) - DateTimeOffset.UnixEpoch).TotalMinutes.ToString(
            CultureInfo.InvariantCulture
        );

    private static void Campaign(EntityTypeBuilder<Campaign> campaign)
    {
        campaign.ToTable(
            "campaigns",
            Schema,
            table =>
            {
                table.HasComment("Several entries into one trading range under one budget.");
                Instrument(table, "campaigns");
                table.HasCheckConstraint("chk_campaigns_status", EnumColumn.Check<CampaignStatus>("status"));
                table.HasCheckConstraint("chk_campaigns_phase", EnumColumn.Check<WyckoffPhase>("phase"));
                table.HasCheckConstraint("chk_campaigns_total_allocation", "total_allocation BETWEEN 0 AND 5.0");
                table.HasCheckConstraint("chk_campaigns_risk", "current_risk >= 0 AND coalesce(total_risk >= 0, true)");
                table.HasCheckConstraint("chk_campaigns_entries", "jsonb_typeof(entries) = 'array'");
                table.HasCheckConstraint("chk_campaigns_average_entry", "average_entry > 0");
                table.HasCheckConstraint("chk_campaigns_total_shares", "total_shares >= 0");
                table.HasCheckConstraint(
                    "chk_campaigns_completed_at",
                    "(status IN ('COMPLETED', 'INVALIDATED')) = (completed_at IS NOT NULL) AND coalesce(completed_at >= started_at, true)"
                );
                table.HasCheckConstraint(
                    "chk_campaigns_invalidation",
                    "status <> 'INVALIDATED' OR coalesce(invalidation_reason, '') <> ''"
                );
                table.HasCheckConstraint(
                    "chk_campaigns_time_override",
                    "NOT time_based_invalidation_override OR coalesce(time_override_reason, '') <> ''"
                );
                table.HasCheckConstraint("chk_campaigns_version", "version >= 1");
            }
        );
        Identity(campaign.Property(c => c.Id));
        campaign.HasKey(c => c.Id).HasName("pk_campaigns");
        campaign.Property(c => c.CampaignId).HasMaxLength(50).HasComment("For people: SYMBOL-YYYY-MM-DD.");
        InstrumentColumns(campaign.Property(c => c.Symbol), campaign.Property(c => c.Timeframe));
        campaign.Property(c => c.Status).AsEnumText(20);
        campaign.Property(c => c.Phase).AsEnumText(1);
        campaign
            .Property(c => c.TotalAllocation)
            .HasPrecision(5, 2)
            .HasComment(
                "Percent of the portfolio this campaign may take: at most 5, and so many percent at most are in its open positions."
            );
        campaign.Property(c => c.CurrentRisk).HasPrecision(12, 2);
        campaign.Property(c => c.TotalRisk).HasPrecision(12, 2);
        campaign
            .Property(c => c.Entries)
            .HasColumnType("jsonb")
            .HasComment("[{\"price\", \"size\", \"timestamp\"}, …]; the positions table is the truth.");
        Price(campaign.Property(c => c.AverageEntry)).HasComment("Weighted by size.");
        Price(campaign.Property(c => c.TotalShares));
        campaign.Property(c => c.TotalPnl).HasPrecision(12, 2);
        campaign.Property(c => c.JumpAchieved).HasDefaultValue(false);
        campaign.Property(c => c.InvalidatedBy).HasMaxLength(20);
        campaign
            .Property(c => c.TimeBasedInvalidationOverride)
            .HasDefaultValue(false)
            .HasComment("Somebody decided that the campaign may go on past its time, and says why in time_override_reason.");
        Versioned(campaign.Property(c => c.Version));
        Times(campaign.Property(c => c.CreatedAt), campaign.Property(c => c.UpdatedAt));
        campaign
            .HasOne<TradingRange>()
            .WithMany()
            .HasForeignKey(c => c.TradingRangeId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_campaigns_trading_range");
        campaign.HasIndex(c => c.TradingRangeId).HasDatabaseName("idx_campaigns_trading_range_id");
        campaign.HasIndex(c => new { c.Symbol, c.StartedAt }).IsDescending(false, true).HasDatabaseName("idx_campaigns_symbol_started_at");
        campaign.HasIndex(c => c.StartedAt).IsDescending().HasFilter("completed_at IS NULL").HasDatabaseName("idx_campaigns_started_at");
    }

    private static void Signal(EntityTypeBuilder<Signal> signal)
    {
        signal.ToTable(
            "signals",
            Schema,
            table =>
            {
                table.HasComment(
                    "Trades to take. Every change of status is in signal_status_log, by trigger. "
                        + "symbol is text without a foreign key, as in patterns."
                );
                Instrument(table, "signals");
                table.HasCheckConstraint("chk_signals_signal_type", EnumColumn.Check<Direction>("signal_type"));
                table.HasCheckConstraint("chk_signals_pattern_type", EnumColumn.Check<PatternType>("pattern_type"));
                table.HasCheckConstraint("chk_signals_phase", EnumColumn.Check<WyckoffPhase>("phase"));
                table.HasCheckConstraint("chk_signals_prices", "entry_price > 0 AND stop_loss > 0 AND target_1 > 0 AND target_2 > 0");
                table.HasCheckConstraint(
                    "chk_signals_side",
                    "CASE signal_type WHEN 'LONG' THEN stop_loss < entry_price AND entry_price < target_1 "
                        + "AND target_1 <= target_2 ELSE stop_loss > entry_price AND entry_price > target_1 "
                        + "AND target_1 >= target_2 END"
                );
                table.HasCheckConstraint("chk_signals_position_size", "position_size > 0");
                table.HasCheckConstraint("chk_signals_risk_amount", "risk_amount > 0");
                table.HasCheckConstraint("chk_signals_r_multiple", "r_multiple >= 2.0");
                table.HasCheckConstraint("chk_signals_confidence_score", "confidence_score BETWEEN 70 AND 95");
                table.HasCheckConstraint("chk_signals_campaign_allocation", "campaign_allocation BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_signals_status", EnumColumn.Check<SignalStatus>("status"));
                table.HasCheckConstraint(
                    "chk_signals_exit",
                    "CASE WHEN status IN ('STOPPED', 'TARGET_HIT') THEN coalesce(exit_date >= generated_at "
                        + "AND exit_price > 0, false) ELSE exit_date IS NULL AND exit_price IS NULL END"
                );
                table.HasCheckConstraint("chk_signals_approval_chain", "jsonb_typeof(approval_chain) IN ('array', 'object')");
            }
        );
        Identity(signal.Property(s => s.Id));
        signal.HasKey(s => s.Id).HasName("pk_signals");
        signal.Property(s => s.SignalType).AsEnumText(10).HasDefaultValue(Direction.Long);
        signal.Property(s => s.PatternType).AsEnumText(10);
        signal.Property(s => s.Phase).AsEnumText(1);
        InstrumentColumns(signal.Property(s => s.Symbol), signal.Property(s => s.Timeframe));
        Price(signal.Property(s => s.EntryPrice));
        Price(signal.Property(s => s.StopLoss));
        Price(signal.Property(s => s.Target1)).HasColumnName("target_1");
        Price(signal.Property(s => s.Target2)).HasColumnName("target_2");
        Price(signal.Property(s => s.PositionSize)).HasComment("Shares.");
        signal.Property(s => s.RiskAmount).HasPrecision(12, 2);
        signal.Property(s => s.RMultiple).HasPrecision(6, 2).HasComment("Reward over risk.");
        signal
            .Property(s => s.CampaignAllocation)
            .HasPrecision(5, 4)
            .HasDefaultValue(0m)
            .HasComment("Part of the campaign's allocation, 0 to 1.");
        signal.Property(s => s.Status).AsEnumText(20).HasDefaultValue(SignalStatus.Pending);
        signal.Property(s => s.NotificationSent).HasDefaultValue(false);
        signal
            .Property(s => s.ApprovalChain)
            .HasColumnType("jsonb")
            .HasComment("What each stage of validation said: volume, phase, levels, risk, strategy.");
        signal.Property(s => s.ValidationResults).HasColumnType("jsonb");
        Price(signal.Property(s => s.ExitPrice));
        signal.Property(s => s.TradeOutcome).HasColumnType("jsonb");
        Times(signal.Property(s => s.CreatedAt), signal.Property(s => s.UpdatedAt));
        signal
            .HasOne<Pattern>()
            .WithMany()
            .HasForeignKey(s => s.PatternId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_signals_pattern");
        signal
            .HasOne<Campaign>()
            .WithMany()
            .HasForeignKey(s => s.CampaignId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_signals_campaign");
        signal.HasIndex(s => s.PatternId).HasDatabaseName("idx_signals_pattern_id");
        signal.HasIndex(s => s.CampaignId).HasDatabaseName("idx_signals_campaign_id");
        signal.HasIndex(s => new { s.Status, s.GeneratedAt }).IsDescending(false, true).HasDatabaseName("idx_signals_status");
        signal.HasIndex(s => new { s.Symbol, s.GeneratedAt }).IsDescending(false, true).HasDatabaseName("idx_signals_symbol_generated_at");
        signal.HasIndex(s => s.GeneratedAt).HasFilter("NOT notification_sent").HasDatabaseName("idx_signals_generated_at");
    }

    private static void SignalStatusChange(EntityTypeBuilder<SignalStatusChange> change)
    {
        change.ToTable(
            "signal_status_log",
            Schema,
            table =>
            {
                table.HasComment("Every status a signal has had; written by a trigger on signals, and by nothing else.");
                table.HasCheckConstraint(
                    "chk_signal_status_log_states",
                    $"{EnumColumn.Check<SignalStatus>("new_state")} AND previous_state IS DISTINCT FROM new_state"
                );
            }
        );
        Identity(change.Property(c => c.Id));
        change.HasKey(c => c.Id).HasName("pk_signal_status_log");
        change.Property(c => c.PreviousState).AsEnumText(20).HasComment("Null when the signal was made.");
        change.Property(c => c.NewState).AsEnumText(20);
        change.Property(c => c.TransitionReason).HasComment("What the writer had set as app.transition_reason.");
        change.Property(c => c.Actor).HasMaxLength(255).HasComment("What the writer had set as app.actor, else who it was logged in as.");
        change.Property(c => c.Metadata).HasColumnType("jsonb");
        change.Property(c => c.CreatedAt).HasDefaultValueSql("clock_timestamp()");
        change
            .HasOne<Signal>()
            .WithMany()
            .HasForeignKey(c => c.SignalId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_signal_status_log_signal");
        change.HasIndex(c => new { c.SignalId, c.CreatedAt }).HasDatabaseName("idx_signal_status_log_signal_id_created_at");
    }

    private static void Position(EntityTypeBuilder<Position> position)
    {
        position.ToTable(
            "positions",
            Schema,
            table =>
            {
                table.HasComment(
                    "Entries of campaigns. The open ones of a campaign never take more than its total_allocation: a trigger sees to it."
                );
                table.HasCheckConstraint("chk_positions_pattern_type", EnumColumn.Check<PatternType>("pattern_type"));
                table.HasCheckConstraint("chk_positions_side_word", EnumColumn.Check<Direction>("side"));
                table.HasCheckConstraint("chk_positions_status", EnumColumn.Check<PositionStatus>("status"));
                table.HasCheckConstraint(
                    "chk_positions_prices",
                    "entry_price > 0 AND stop_loss > 0 AND target_price > 0 AND coalesce(current_price > 0, true)"
                );
                table.HasCheckConstraint("chk_positions_shares", "shares > 0");
                table.HasCheckConstraint(
                    "chk_positions_side",
                    "CASE side WHEN 'LONG' THEN target_price > entry_price AND target_price > stop_loss "
                        + "ELSE target_price < entry_price AND target_price < stop_loss END"
                );
                table.HasCheckConstraint("chk_positions_allocation_percent", "allocation_percent BETWEEN 0 AND 5.0");
                table.HasCheckConstraint("chk_positions_risk_amount", "risk_amount >= 0");
                table.HasCheckConstraint(
                    "chk_positions_exit",
                    "CASE status WHEN 'CLOSED' THEN coalesce(exit_date >= entry_date AND exit_price > 0, false) "
                        + "ELSE exit_date IS NULL AND exit_price IS NULL AND realized_pnl IS NULL END"
                );
            }
        );
        Identity(position.Property(p => p.Id));
        position.HasKey(p => p.Id).HasName("pk_positions");
        position.Property(p => p.PatternType).AsEnumText(10);
        position.Property(p => p.Side).AsEnumText(10).HasDefaultValue(Direction.Long);
        Price(position.Property(p => p.EntryPrice));
        Price(position.Property(p => p.Shares));
        Price(position.Property(p => p.StopLoss)).HasComment("May be trailed past the entry, but not past the target.");
        Price(position.Property(p => p.TargetPrice));
        Price(position.Property(p => p.CurrentPrice));
        position.Property(p => p.CurrentPnl).HasPrecision(12, 2);
        position.Property(p => p.Status).AsEnumText(10).HasDefaultValue(PositionStatus.Open);
        position.Property(p => p.AllocationPercent).HasPrecision(5, 2).HasComment("Percent of the portfolio.");
        position.Property(p => p.RiskAmount).HasPrecision(12, 2);
        Price(position.Property(p => p.ExitPrice));
        position.Property(p => p.RealizedPnl).HasPrecision(12, 2);
        Times(position.Property(p => p.CreatedAt), position.Property(p => p.UpdatedAt));
        position
            .HasOne<Campaign>()
            .WithMany()
            .HasForeignKey(p => p.CampaignId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_positions_campaign");
        position
            .HasOne<Signal>()
            .WithMany()
            .HasForeignKey(p => p.SignalId)
            .OnDelete(DeleteBehavior.Restrict)
            .HasConstraintName("fk_positions_signal");
        position.HasIndex(p => new { p.CampaignId, p.Status }).HasDatabaseName("idx_positions_campaign_id_status");
        position.HasIndex(p => p.SignalId).HasDatabaseName("idx_positions_signal_id");
        position.HasIndex(p => p.EntryDate).HasFilter("status = 'OPEN'").HasDatabaseName("idx_positions_entry_date");
    }

    private static void AllocationPlan(EntityTypeBuilder<AllocationPlan> plan)
    {
        plan.ToTable(
            "allocation_plans",
            Schema,
            table =>
            {
                table.HasComment("How a signal's share of a campaign was worked out.");
                table.HasCheckConstraint("chk_allocation_plans_pattern_type", "pattern_type IN ('SPRING', 'SOS', 'LPS')");
                table.HasCheckConstraint("chk_allocation_plans_bmad_allocation_pct", "bmad_allocation_pct BETWEEN 0 AND 1.0");
                table.HasCheckConstraint("chk_allocation_plans_target_risk_pct", "target_risk_pct BETWEEN 0 AND 5.0");
                table.HasCheckConstraint("chk_allocation_plans_actual_risk_pct", "actual_risk_pct BETWEEN 0 AND 10.0");
                table.HasCheckConstraint(
                    "chk_allocation_plans_position_size_shares",
                    "position_size_shares >= 0 AND (NOT approved OR position_size_shares > 0)"
                );
                table.HasCheckConstraint("chk_allocation_plans_allocation_used", "allocation_used BETWEEN 0 AND 5.0");
                table.HasCheckConstraint("chk_allocation_plans_remaining_budget", "remaining_budget BETWEEN 0 AND 5.0");
                table.HasCheckConstraint("chk_allocation_plans_budget", "allocation_used + remaining_budget <= 5.0");
                table.HasCheckConstraint("chk_allocation_plans_rebalance", "NOT is_rebalanced OR coalesce(rebalance_reason, '') <> ''");
                table.HasCheckConstraint("chk_allocation_plans_rejection", "approved OR coalesce(rejection_reason, '') <> ''");
            }
        );
        Identity(plan.Property(p => p.Id));
        plan.HasKey(p => p.Id).HasName("pk_allocation_plans");
        plan.Property(p => p.PatternType).AsEnumText(10);
        plan.Property(p => p.BmadAllocationPct).HasPrecision(5, 4).HasComment("0 to 1; the three that follow are percent.");
        plan.Property(p => p.TargetRiskPct).HasPrecision(5, 2);
        plan.Property(p => p.ActualRiskPct).HasPrecision(5, 2);
        Price(plan.Property(p => p.PositionSizeShares));
        plan.Property(p => p.AllocationUsed).HasPrecision(5, 2);
        plan.Property(p => p.RemainingBudget).HasPrecision(5, 2);
        plan.Property(p => p.IsRebalanced).HasDefaultValue(false);
        plan.HasOne<Campaign>()
            .WithMany()
            .HasForeignKey(p => p.CampaignId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_allocation_plans_campaign");
        plan.HasOne<Signal>()
            .WithMany()
            .HasForeignKey(p => p.SignalId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_allocation_plans_signal");
        plan.HasIndex(p => new { p.CampaignId, p.Timestamp })
            .IsDescending(false, true)
            .HasDatabaseName("idx_allocation_plans_campaign_id_timestamp");
        plan.HasIndex(p => p.SignalId).HasDatabaseName("idx_allocation_plans_signal_id");
    }

    private static void ExitRule(EntityTypeBuilder<ExitRule> rule)
    {
        rule.ToTable(
            "exit_rules",
            Schema,
            table =>
            {
                table.HasComment("How a campaign is to be left: three targets, and how much of it at each.");
                table.HasCheckConstraint("chk_exit_rules_levels", "target_1_level > 0 AND target_2_level > 0 AND target_3_level > 0");
                table.HasCheckConstraint(
                    "chk_exit_rules_order",
                    "(target_1_level <= target_2_level AND target_2_level <= target_3_level) "
                        + "OR (target_1_level >= target_2_level AND target_2_level >= target_3_level)"
                );
                table.HasCheckConstraint("chk_exit_rules_t1_exit_pct", "t1_exit_pct BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_exit_rules_t2_exit_pct", "t2_exit_pct BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_exit_rules_t3_exit_pct", "t3_exit_pct BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_exit_rules_exit_pcts", "t1_exit_pct + t2_exit_pct + t3_exit_pct = 100");
                table.HasCheckConstraint("chk_exit_rules_range", "creek_level < ice_level");
            }
        );
        Identity(rule.Property(r => r.Id));
        rule.HasKey(r => r.Id).HasName("pk_exit_rules");
        Price(rule.Property(r => r.Target1Level)).HasColumnName("target_1_level");
        Price(rule.Property(r => r.Target2Level)).HasColumnName("target_2_level");
        Price(rule.Property(r => r.Target3Level)).HasColumnName("target_3_level");
        rule.Property(r => r.T1ExitPct)
            .HasColumnName("t1_exit_pct")
            .HasPrecision(5, 2)
            .HasDefaultValue(50m)
            .HasComment("Percent of the position to close there; the three add up to 100.");
        rule.Property(r => r.T2ExitPct).HasColumnName("t2_exit_pct").HasPrecision(5, 2).HasDefaultValue(30m);
        rule.Property(r => r.T3ExitPct).HasColumnName("t3_exit_pct").HasPrecision(5, 2).HasDefaultValue(20m);
        foreach (var percent in new[] { rule.Property(r => r.T1ExitPct), rule.Property(r => r.T2ExitPct), rule.Property(r => r.T3ExitPct) })
        {
            percent.ValueGeneratedNever();
        }

        rule.Property(r => r.TrailToBreakevenOnT1).HasColumnName("trail_to_breakeven_on_t1").HasDefaultValue(true).HasSentinel(true);
        rule.Property(r => r.TrailToT1OnT2).HasColumnName("trail_to_t1_on_t2").HasDefaultValue(true).HasSentinel(true);
        Price(rule.Property(r => r.SpringLow));
        Price(rule.Property(r => r.IceLevel)).HasComment("Resistance, as in trading_ranges.");
        Price(rule.Property(r => r.CreekLevel)).HasComment("Support, as in trading_ranges.");
        Price(rule.Property(r => r.UtadHigh));
        Price(rule.Property(r => r.JumpTarget));
        Times(rule.Property(r => r.CreatedAt), rule.Property(r => r.UpdatedAt));
        rule.HasOne<Campaign>()
            .WithOne()
            .HasForeignKey<ExitRule>(r => r.CampaignId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_exit_rules_campaign");
        rule.HasIndex(r => r.CampaignId).IsUnique().HasDatabaseName("idx_exit_rules_campaign_id");
    }

    private static void ExitOrder(EntityTypeBuilder<ExitOrder> order)
    {
        order.ToTable(
            "exit_orders",
            Schema,
            table =>
            {
                table.HasComment("Exits that a campaign's rule called for.");
                table.HasCheckConstraint("chk_exit_orders_order_type", EnumColumn.Check<ExitOrderType>("order_type"));
                table.HasCheckConstraint("chk_exit_orders_exit_level", "exit_level > 0");
                table.HasCheckConstraint("chk_exit_orders_shares", "shares > 0");
                table.HasCheckConstraint(
                    "chk_exit_orders_executed",
                    "executed = (executed_at IS NOT NULL) AND coalesce(executed_at >= triggered_at, true)"
                );
            }
        );
        Identity(order.Property(o => o.Id));
        order.HasKey(o => o.Id).HasName("pk_exit_orders");
        order.Property(o => o.OrderType).AsEnumText(20);
        Price(order.Property(o => o.ExitLevel));
        Price(order.Property(o => o.Shares)).HasComment("Whole numbers in the source document, where positions may have fractions.");
        order.Property(o => o.Executed).HasDefaultValue(false);
        order.Property(o => o.CreatedAt).HasDefaultValueSql("now()");
        order
            .HasOne<Campaign>()
            .WithMany()
            .HasForeignKey(o => o.CampaignId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_exit_orders_campaign");
        order
            .HasOne<Position>()
            .WithMany()
            .HasForeignKey(o => o.PositionId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_exit_orders_position");
        order
            .HasIndex(o => new { o.CampaignId, o.TriggeredAt })
            .IsDescending(false, true)
            .HasDatabaseName("idx_exit_orders_campaign_id_triggered_at");
        order.HasIndex(o => o.PositionId).HasDatabaseName("idx_exit_orders_position_id");
        order.HasIndex(o => o.TriggeredAt).HasFilter("NOT executed").HasDatabaseName("idx_exit_orders_triggered_at");
    }

    private static void CampaignMetrics(EntityTypeBuilder<CampaignMetrics> metrics)
    {
        metrics.ToTable(
            "campaign_metrics",
            Schema,
            table =>
            {
                table.HasComment("What came of campaigns.");
                table.HasCheckConstraint(
                    "chk_campaign_metrics_counts",
                    "winning_positions >= 0 AND losing_positions >= 0 AND winning_positions + losing_positions <= total_positions"
                );
                table.HasCheckConstraint(
                    "chk_campaign_metrics_phase_counts",
                    "phase_c_positions >= 0 AND phase_d_positions >= 0 AND phase_c_positions + phase_d_positions <= total_positions"
                );
                table.HasCheckConstraint(
                    "chk_campaign_metrics_rates",
                    "win_rate BETWEEN 0 AND 100 AND coalesce(phase_c_win_rate BETWEEN 0 AND 100, true) "
                        + "AND coalesce(phase_d_win_rate BETWEEN 0 AND 100, true)"
                );
                table.HasCheckConstraint("chk_campaign_metrics_duration_days", "duration_days >= 0");
                table.HasCheckConstraint("chk_campaign_metrics_max_drawdown", "max_drawdown >= 0");
                table.HasCheckConstraint(
                    "chk_campaign_metrics_prices",
                    "coalesce(average_entry_price > 0, true) AND coalesce(average_exit_price > 0, true) "
                        + "AND coalesce(expected_jump_target > 0, true) AND coalesce(actual_high_reached > 0, true)"
                );
            }
        );
        Identity(metrics.Property(m => m.Id));
        metrics.HasKey(m => m.Id).HasName("pk_campaign_metrics");
        metrics.Property(m => m.Symbol).HasMaxLength(Symbol.MaxLength);
        Price(metrics.Property(m => m.TotalReturnPct));
        metrics.Property(m => m.TotalRAchieved).HasPrecision(8, 4);
        Price(metrics.Property(m => m.MaxDrawdown)).HasComment("A size: never negative.");
        metrics.Property(m => m.WinRate).HasPrecision(5, 2).HasComment("Percent.");
        Price(metrics.Property(m => m.AverageEntryPrice));
        Price(metrics.Property(m => m.AverageExitPrice));
        Price(metrics.Property(m => m.ExpectedJumpTarget));
        Price(metrics.Property(m => m.ActualHighReached));
        metrics.Property(m => m.TargetAchievementPct).HasPrecision(7, 2);
        metrics.Property(m => m.ExpectedR).HasPrecision(8, 4);
        metrics.Property(m => m.ActualRAchieved).HasPrecision(8, 4);
        metrics.Property(m => m.PhaseCAvgR).HasColumnName("phase_c_avg_r").HasPrecision(8, 4);
        metrics.Property(m => m.PhaseDAvgR).HasColumnName("phase_d_avg_r").HasPrecision(8, 4);
        metrics.Property(m => m.PhaseCPositions).HasDefaultValue(0);
        metrics.Property(m => m.PhaseDPositions).HasDefaultValue(0);
        metrics.Property(m => m.PhaseCWinRate).HasPrecision(5, 2);
        metrics.Property(m => m.PhaseDWinRate).HasPrecision(5, 2);
        Times(metrics.Property(m => m.CreatedAt), metrics.Property(m => m.UpdatedAt));
        metrics
            .HasOne<Campaign>()
            .WithOne()
            .HasForeignKey<CampaignMetrics>(m => m.CampaignId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_campaign_metrics_campaign");
        metrics.HasIndex(m => m.CampaignId).IsUnique().HasDatabaseName("idx_campaign_metrics_campaign_id");
        metrics
            .HasIndex(m => new { m.Symbol, m.CompletedAt })
            .IsDescending(false, true)
            .HasDatabaseName("idx_campaign_metrics_symbol_completed_at");
    }

    private static void Watchlist(EntityTypeBuilder<WatchlistEntry> entry)
    {
        entry.ToTable(
            "watchlist",
            Schema,
            table =>
            {
                table.HasComment("What the scanner looks at, for the whole installation.");
                Instrument(table, "watchlist");
                table.HasCheckConstraint("chk_watchlist_priority", EnumColumn.Check<WatchPriority>("priority"));
                table.HasCheckConstraint("chk_watchlist_min_confidence", "min_confidence BETWEEN 60 AND 100");
            }
        );
        Identity(entry.Property(w => w.Id));
        entry.HasKey(w => w.Id).HasName("pk_watchlist");
        InstrumentColumns(entry.Property(w => w.Symbol), entry.Property(w => w.Timeframe));
        entry.Property(w => w.AssetClass).HasMaxLength(20).HasDefaultValue("stock");
        entry.Property(w => w.Priority).AsEnumText(10).HasDefaultValue(WatchPriority.Medium).HasSentinel(WatchPriority.Medium);
        entry.Property(w => w.MinConfidence).HasPrecision(5, 2).HasComment("Findings below it are not announced.");
        entry.Property(w => w.Enabled).HasDefaultValue(true).HasSentinel(true);
        Times(entry.Property(w => w.CreatedAt), entry.Property(w => w.UpdatedAt));
        entry.HasIndex(w => new { w.Symbol, w.Timeframe }).IsUnique().HasDatabaseName("idx_watchlist_symbol_timeframe");
        entry.HasIndex(w => w.LastScannedAt).HasFilter("enabled").HasDatabaseName("idx_watchlist_last_scanned_at");
    }

    private static void BacktestResult(EntityTypeBuilder<BacktestResult> result)
    {
        result.ToTable(
            "backtest_results",
            Schema,
            table =>
            {
                table.HasComment("What runs of the method over history found, and how well.");
                Instrument(table, "backtest_results");
                table.HasCheckConstraint("chk_backtest_results_dates", "end_date >= start_date");
                table.HasCheckConstraint(
                    "chk_backtest_results_patterns",
                    "total_patterns_detected >= 0 AND true_positives >= 0 AND false_positives >= 0 AND false_negatives >= 0 "
                        + "AND true_positives + false_positives <= total_patterns_detected"
                );
                table.HasCheckConstraint(
                    "chk_backtest_results_signals",
                    "winning_signals >= 0 AND losing_signals >= 0 AND winning_signals + losing_signals <= total_signals_generated"
                );
                table.HasCheckConstraint("chk_backtest_results_precision", "\"precision\" BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_backtest_results_recall", "recall BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_backtest_results_win_rate", "win_rate BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_backtest_results_max_drawdown", "max_drawdown BETWEEN 0 AND 1");
                table.HasCheckConstraint("chk_backtest_results_execution_time_seconds", "execution_time_seconds >= 0");
            }
        );
        Identity(result.Property(r => r.Id));
        result.HasKey(r => r.Id).HasName("pk_backtest_results");
        InstrumentColumns(result.Property(r => r.Symbol), result.Property(r => r.Timeframe));
        result.Property(r => r.Precision).HasPrecision(6, 4).HasComment("0 to 1, as recall, win_rate and max_drawdown.");
        result.Property(r => r.Recall).HasPrecision(6, 4);
        result.Property(r => r.WinRate).HasPrecision(6, 4);
        result.Property(r => r.AverageRMultiple).HasPrecision(6, 2);
        result.Property(r => r.MaxDrawdown).HasPrecision(6, 4);
        result.Property(r => r.Config).HasColumnType("jsonb").HasComment("What the detectors were set to.");
        result.Property(r => r.LookAheadBiasCheck).HasDefaultValue(false).HasComment("The run was shown to know nothing before its time.");
        foreach (
            var detail in new[]
            {
                nameof(Findings.BacktestResult.PatternPerformance),
                nameof(Findings.BacktestResult.MonthlyReturns),
                nameof(Findings.BacktestResult.DrawdownPeriods),
                nameof(Findings.BacktestResult.RiskMetrics),
                nameof(Findings.BacktestResult.CampaignPerformance),
                nameof(Findings.BacktestResult.CostSummary),
                nameof(Findings.BacktestResult.EquityCurve),
                nameof(Findings.BacktestResult.Trades),
                nameof(Findings.BacktestResult.Metrics),
            }
        )
        {
            result.Property<string?>(detail).HasColumnType("jsonb");
        }

        result.Property(r => r.ExecutionTimeSeconds).HasPrecision(10, 4);
        Times(result.Property(r => r.CreatedAt), result.Property(r => r.UpdatedAt));
        result.HasIndex(r => r.BacktestRunId).HasDatabaseName("idx_backtest_results_backtest_run_id");
        result
            .HasIndex(r => new
            {
                r.Symbol,
                r.Timeframe,
                r.CreatedAt,
            })
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_backtest_results_symbol_timeframe_created_at");
    }

    private static void Instrument<T>(TableBuilder<T> table, string name)
        where T : class
    {
        table.HasCheckConstraint($"chk_{name}_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
        table.HasCheckConstraint($"chk_{name}_timeframe", _timeframeCheck);
    }

    private static void InstrumentColumns(PropertyBuilder<string> symbol, PropertyBuilder<Timeframe> timeframe)
    {
        symbol.HasMaxLength(Symbol.MaxLength);
        timeframe.HasMaxLength(5).HasConversion(_timeframeConverter);
    }

    // The application creates the id; the default serves rows that are inserted with SQL.
    private static void Identity(PropertyBuilder<Guid> id) => id.HasDefaultValueSql(NewId).ValueGeneratedNever();

    // A trigger increments the version, and EF adds it to the WHERE clause of every update, so a stale update changes no row and fails.
    private static void Versioned(PropertyBuilder<int> version) =>
        version
            .HasDefaultValue(1)
            .IsConcurrencyToken()
            .ValueGeneratedOnAddOrUpdate()
            .HasComment("Counted up by every update; a writer names the version it has read.");

    private static void Times(PropertyBuilder<DateTimeOffset> created, PropertyBuilder<DateTimeOffset> updated)
    {
        created.HasDefaultValueSql("now()");
        updated.HasDefaultValueSql("now()");
    }

    private static PropertyBuilder<T> Price<T>(PropertyBuilder<T> price) => price.HasPrecision(18, 8);
}
