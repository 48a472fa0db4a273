namespace Wyckoff.Trading.Strategies;

/// <summary>
/// The result of a probe run for one strategy, symbol and slice (timeframe, risk profile, day, hour, side). A null slice field means all.
/// </summary>
public sealed record StrategyProbeResult
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string RunId { get; init; }

    public required string Symbol { get; init; }

    public required Guid StrategyId { get; init; }

    public int StrategyVersion { get; init; } = 1;

    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }

    public required string Timeframe { get; init; }

    public string? RiskProfile { get; init; }

    public DateOnly? OpenDay { get; init; }

    public int? OpenHour { get; init; }

    public string? LongShort { get; init; }

    public int TotalTrades { get; init; }

    /// <summary>Per cent.</summary>
    public decimal? WinRate { get; init; }

    public decimal? ProfitFactor { get; init; }

    public decimal TotalPnl { get; init; }

    public decimal? PnlMean { get; init; }

    public decimal? PnlStd { get; init; }

    public decimal? MaxDrawdown { get; init; }

    public decimal? MaxProfit { get; init; }

    public decimal? SharpeRatio { get; init; }

    /// <summary>JSON.</summary>
    public string Metrics { get; init; } = "{}";

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A simulated trade of a probe run.</summary>
public sealed record StrategyProbeTrade
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ResultId { get; init; }

    public required string Symbol { get; init; }

    public required string Side { get; init; }

    public required DateTimeOffset EntryTime { get; init; }

    public required DateTimeOffset ExitTime { get; init; }

    public required decimal EntryPrice { get; init; }

    public required decimal ExitPrice { get; init; }

    public required decimal Quantity { get; init; }

    public required decimal Pnl { get; init; }

    public decimal? PnlStd { get; init; }

    public decimal ReturnPct { get; init; }

    public int? BarsHeld { get; init; }

    public decimal? MaxDrawdown { get; init; }

    public decimal? MaxProfit { get; init; }

    public string? OpenJustification { get; init; }

    public string? CloseJustification { get; init; }

    public string? ExitReason { get; init; }

    /// <summary>JSON.</summary>
    public string Metrics { get; init; } = "{}";

    public DateTimeOffset CreatedAt { get; init; }
}
