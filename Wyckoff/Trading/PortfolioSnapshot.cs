namespace Wyckoff.Trading;

/// <summary>The value of an account, or of one of its strategies, at an instant.</summary>
public sealed record PortfolioSnapshot
{
    public required DateTimeOffset Time { get; init; }

    public long AccountId { get; init; }

    /// <summary>Null: the whole account.</summary>
    public Guid? StrategyId { get; init; }

    public required decimal TotalValue { get; init; }

    public required decimal CashBalance { get; init; }

    public required decimal InvestedValue { get; init; }

    public decimal UnrealizedPnl { get; init; }

    public decimal RealizedPnl { get; init; }

    /// <summary>JSON.</summary>
    public string Positions { get; init; } = "[]";

    public int PositionCount { get; init; }

    public decimal TotalExposure { get; init; }

    public decimal Leverage { get; init; } = 1;

    public decimal? Var1d { get; init; }

    public decimal? MaxDrawdown { get; init; }

    public decimal? TotalReturn { get; init; }

    public decimal? DailyReturn { get; init; }

    public decimal? SharpeRatio { get; init; }

    public decimal? Volatility { get; init; }

    public decimal? Beta { get; init; }

    public decimal? Alpha { get; init; }

    public decimal? MarketCorrelation { get; init; }

    /// <summary>JSON.</summary>
    public string? AssetAllocation { get; init; }

    public string SnapshotTrigger { get; init; } = "scheduled";
}
