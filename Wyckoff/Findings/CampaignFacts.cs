namespace Wyckoff.Findings;

/// <summary>The calculation of a signal's share of a campaign's allocation, and whether it was approved.</summary>
public sealed record AllocationPlan
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid CampaignId { get; init; }

    public required Guid SignalId { get; init; }

    public required PatternType PatternType { get; init; }

    /// <summary>0 to 1.</summary>
    public required decimal BmadAllocationPct { get; init; }

    public required decimal TargetRiskPct { get; init; }

    public required decimal ActualRiskPct { get; init; }

    public required decimal PositionSizeShares { get; init; }

    public required decimal AllocationUsed { get; init; }

    public required decimal RemainingBudget { get; init; }

    public bool IsRebalanced { get; init; }

    public string? RebalanceReason { get; init; }

    public required bool Approved { get; init; }

    public string? RejectionReason { get; init; }

    public required DateTimeOffset Timestamp { get; init; }
}

/// <summary>The exit plan of a campaign: three target prices and the percentage to sell at each.</summary>
public sealed class ExitRule
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid CampaignId { get; init; }

    public required decimal Target1Level { get; set; }

    public required decimal Target2Level { get; set; }

    public required decimal Target3Level { get; set; }

    public decimal T1ExitPct { get; set; } = 50;

    public decimal T2ExitPct { get; set; } = 30;

    public decimal T3ExitPct { get; set; } = 20;

    public bool TrailToBreakevenOnT1 { get; set; } = true;

    public bool TrailToT1OnT2 { get; set; } = true;

    public decimal? SpringLow { get; set; }

    public decimal? IceLevel { get; set; }

    public decimal? CreekLevel { get; set; }

    public decimal? UtadHigh { get; set; }

    public decimal? JumpTarget { get; set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}

/// <summary>An exit of a position that an exit rule triggered.</summary>
public sealed class ExitOrder
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid CampaignId { get; init; }

    public required Guid PositionId { get; init; }

    public required ExitOrderType OrderType { get; init; }

    public required decimal ExitLevel { get; init; }

    public required decimal Shares { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset TriggeredAt { get; init; }

    public bool Executed { get; private set; }

    public DateTimeOffset? ExecutedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public void Execute(DateTimeOffset at)
    {
        FindingRules.Require(
            !Executed && at >= TriggeredAt,
            "chk_exit_orders_executed",
            "An exit is executed once, after it was triggered."
        );
        (Executed, ExecutedAt) = (true, at.ToUniversalTime());
    }
}

/// <summary>The results of a campaign.</summary>
public sealed record CampaignMetrics
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid CampaignId { get; init; }

    public required string Symbol { get; init; }

    public required decimal TotalReturnPct { get; init; }

    public required decimal TotalRAchieved { get; init; }

    public required int DurationDays { get; init; }

    public required decimal MaxDrawdown { get; init; }

    public required int TotalPositions { get; init; }

    public required int WinningPositions { get; init; }

    public required int LosingPositions { get; init; }

    public required decimal WinRate { get; init; }

    public decimal? AverageEntryPrice { get; init; }

    public decimal? AverageExitPrice { get; init; }

    public decimal? ExpectedJumpTarget { get; init; }

    public decimal? ActualHighReached { get; init; }

    public decimal? TargetAchievementPct { get; init; }

    public decimal? ExpectedR { get; init; }

    public decimal? ActualRAchieved { get; init; }

    public decimal? PhaseCAvgR { get; init; }

    public decimal? PhaseDAvgR { get; init; }

    public int PhaseCPositions { get; init; }

    public int PhaseDPositions { get; init; }

    public decimal? PhaseCWinRate { get; init; }

    public decimal? PhaseDWinRate { get; init; }

    public required DateTimeOffset CalculationTimestamp { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A status change of a signal. Only a database trigger writes these rows.</summary>
public sealed record SignalStatusChange
{
    public Guid Id { get; init; }

    public Guid SignalId { get; init; }

    public SignalStatus? PreviousState { get; init; }

    public SignalStatus NewState { get; init; }

    public string? TransitionReason { get; init; }

    public string Actor { get; init; } = "";

    public string? Metadata { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A symbol and timeframe that the scanner examines.</summary>
public sealed class WatchlistEntry
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Symbol { get; init; }

    public required Primitives.Timeframe Timeframe { get; init; }

    public string AssetClass { get; set; } = "stock";

    public WatchPriority Priority { get; set; } = WatchPriority.Medium;

    public decimal? MinConfidence { get; set; }

    public bool Enabled { get; set; } = true;

    public DateTimeOffset? LastScannedAt { get; set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}

/// <summary>The results of a backtest of the pattern detection over historical bars.</summary>
public sealed record BacktestResult
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid BacktestRunId { get; init; }

    public required string Symbol { get; init; }

    public required Primitives.Timeframe Timeframe { get; init; }

    public required DateOnly StartDate { get; init; }

    public required DateOnly EndDate { get; init; }

    public required int TotalPatternsDetected { get; init; }

    public required int TruePositives { get; init; }

    public required int FalsePositives { get; init; }

    public required int FalseNegatives { get; init; }

    public required decimal Precision { get; init; }

    public required decimal Recall { get; init; }

    public required int TotalSignalsGenerated { get; init; }

    public required int WinningSignals { get; init; }

    public required int LosingSignals { get; init; }

    public required decimal WinRate { get; init; }

    public required decimal AverageRMultiple { get; init; }

    public required decimal MaxDrawdown { get; init; }

    public required string Config { get; init; }

    public bool LookAheadBiasCheck { get; init; }

    public string? PatternPerformance { get; init; }

    public string? MonthlyReturns { get; init; }

    public string? DrawdownPeriods { get; init; }

    public string? RiskMetrics { get; init; }

    public string? CampaignPerformance { get; init; }

    public string? CostSummary { get; init; }

    public string? EquityCurve { get; init; }

    public string? Trades { get; init; }

    public string? Metrics { get; init; }

    public decimal? ExecutionTimeSeconds { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
