using Wyckoff.Primitives;
using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>A group of positions in one trading range that share an allocation of at most 5 % of the portfolio.</summary>
public sealed class Campaign
{
    public const decimal MaxAllocation = 5;

    private Campaign() { }

    public Campaign(
        string symbol,
        Timeframe timeframe,
        DateTimeOffset startedAt,
        decimal totalAllocation,
        Guid? tradingRangeId = null,
        WyckoffPhase? phase = null
    )
    {
        (Symbol, Timeframe, StartedAt, TradingRangeId, Phase) = (
            CanonicalSymbol(symbol),
            timeframe,
            startedAt.ToUniversalTime(),
            tradingRangeId,
            phase
        );
        CampaignId = FormattableString.Invariant($"{Symbol}-{StartedAt:yyyy-MM-dd}");
        TotalAllocation = Number(totalAllocation, 2, 1_000);
        Require(
            TotalAllocation is >= 0 and <= MaxAllocation,
            "chk_campaigns_total_allocation",
            "A campaign takes at most 5 % of the portfolio."
        );
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    /// <summary>A readable id such as <c>AAPL-2024-03-01</c>.</summary>
    public string CampaignId { get; private set; } = "";

    public string Symbol { get; private set; } = "";

    public Timeframe Timeframe { get; private set; }

    public Guid? TradingRangeId { get; private set; }

    public CampaignStatus Status { get; private set; }

    public WyckoffPhase? Phase { get; private set; }

    /// <summary>In per cent of the portfolio.</summary>
    public decimal TotalAllocation { get; private set; }

    public decimal CurrentRisk { get; private set; }

    public decimal? TotalRisk { get; private set; }

    public string Entries { get; private set; } = "[]";

    public decimal? AverageEntry { get; private set; }

    public decimal? TotalShares { get; private set; }

    public decimal? TotalPnl { get; private set; }

    public bool JumpAchieved { get; private set; }

    public string? InvalidationReason { get; private set; }

    public string? InvalidatedBy { get; private set; }

    public bool TimeBasedInvalidationOverride { get; private set; }

    public string? TimeOverrideReason { get; private set; }

    public int Version { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset? CompletedAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public bool IsOver => Status is CampaignStatus.Completed or CampaignStatus.Invalidated;

    public void Risk(decimal amount)
    {
        var money = Money(amount);
        Require(money >= 0, "chk_campaigns_risk", "A risk is not negative.");
        CurrentRisk = money;
    }

    public void MarkUp()
    {
        Require(Status == CampaignStatus.Active, "chk_campaigns_status_change", "Only an active campaign goes into markup.");
        Status = CampaignStatus.Markup;
    }

    public void Complete(DateTimeOffset at, bool jumpAchieved)
    {
        End(at);
        (Status, JumpAchieved) = (CampaignStatus.Completed, jumpAchieved);
    }

    public void Invalidate(DateTimeOffset at, string reason, string? by = null)
    {
        Require(!string.IsNullOrWhiteSpace(reason), "chk_campaigns_invalidation", "An invalidation has a reason.");
        End(at);
        (Status, InvalidationReason, InvalidatedBy) = (CampaignStatus.Invalidated, reason, by);
    }

    private void End(DateTimeOffset at)
    {
        Require(!IsOver, "chk_campaigns_status_change", "A campaign ends once.");
        Require(at >= StartedAt, "chk_campaigns_completed_at", "A campaign ends after it began.");
        CompletedAt = at.ToUniversalTime();
    }
}
