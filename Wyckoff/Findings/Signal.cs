using Wyckoff.Primitives;
using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>A proposed trade: entry, stop, targets and size. A trigger logs its status changes in <c>signal_status_log</c>.</summary>
public sealed class Signal
{
    private Signal() { }

    public Signal(
        Direction side,
        string symbol,
        Timeframe timeframe,
        DateTimeOffset generatedAt,
        decimal entryPrice,
        decimal stopLoss,
        decimal target1,
        decimal target2,
        decimal positionSize,
        decimal riskAmount,
        decimal rMultiple,
        int confidenceScore,
        Guid? patternId = null,
        string approvalChain = "[]"
    )
    {
        (SignalType, Symbol, Timeframe, GeneratedAt, PatternId, ApprovalChain) = (
            side,
            CanonicalSymbol(symbol),
            timeframe,
            generatedAt.ToUniversalTime(),
            patternId,
            approvalChain
        );
        (EntryPrice, StopLoss, Target1, Target2) = (Price(entryPrice), Price(stopLoss), Price(target1), Price(target2));
        (PositionSize, RiskAmount, RMultiple, ConfidenceScore) = (
            Price(positionSize),
            Money(riskAmount),
            Number(rMultiple, 2, 10_000),
            confidenceScore
        );
        Require(EntryPrice > 0 && StopLoss > 0 && Target1 > 0 && Target2 > 0, "chk_signals_prices", "Prices are above zero.");
        Require(
            side == Direction.Long
                ? StopLoss < EntryPrice && EntryPrice < Target1 && Target1 <= Target2
                : StopLoss > EntryPrice && EntryPrice > Target1 && Target1 >= Target2,
            "chk_signals_side",
            "A long has its stop below the entry and its targets above, the nearer first; a short the other way round."
        );
        Require(PositionSize > 0, "chk_signals_position_size", "A position has a size.");
        Require(RiskAmount > 0, "chk_signals_risk_amount", "A position risks something.");
        Require(RMultiple >= 2, "chk_signals_r_multiple", "The reward is at least twice the risk.");
        Require(confidenceScore is >= 70 and <= 95, "chk_signals_confidence_score", "The confidence is 70 to 95.");
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public Direction SignalType { get; private set; }

    public Guid? PatternId { get; private set; }

    public PatternType? PatternType { get; private set; }

    public WyckoffPhase? Phase { get; private set; }

    public string Symbol { get; private set; } = "";

    public Timeframe Timeframe { get; private set; }

    public DateTimeOffset GeneratedAt { get; private set; }

    public decimal EntryPrice { get; private set; }

    public decimal StopLoss { get; private set; }

    public decimal Target1 { get; private set; }

    public decimal Target2 { get; private set; }

    public decimal PositionSize { get; private set; }

    public decimal RiskAmount { get; private set; }

    public decimal RMultiple { get; private set; }

    public int ConfidenceScore { get; private set; }

    public Guid? CampaignId { get; private set; }

    /// <summary>The share of the campaign's allocation, from 0 to 1.</summary>
    public decimal CampaignAllocation { get; private set; }

    public SignalStatus Status { get; private set; }

    public bool NotificationSent { get; private set; }

    public string ApprovalChain { get; private set; } = "[]";

    public string? ValidationResults { get; private set; }

    public DateTimeOffset? ExitDate { get; private set; }

    public decimal? ExitPrice { get; private set; }

    public string? TradeOutcome { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Join(Guid campaignId, decimal allocation)
    {
        var part = Number(allocation, 4, 10);
        Require(part is >= 0 and <= 1, "chk_signals_campaign_allocation", "The part of a campaign is 0 to 1.");
        (CampaignId, CampaignAllocation) = (campaignId, part);
    }

    public void Approve() => Become(SignalStatus.Approved);

    public void Reject() => Become(SignalStatus.Rejected);

    public void Fill() => Become(SignalStatus.Filled);

    public void Expire() => Become(SignalStatus.Expired);

    public void Cancel() => Become(SignalStatus.Cancelled);

    /// <summary>Ends the trade because the price reached the target or the stop.</summary>
    public void Exit(bool byTarget, decimal price, DateTimeOffset at)
    {
        Require(at >= GeneratedAt && Price(price) > 0, "chk_signals_exit", "An exit comes after the signal, at a price.");
        Become(byTarget ? SignalStatus.TargetHit : SignalStatus.Stopped);
        (ExitPrice, ExitDate) = (Price(price), at.ToUniversalTime());
    }

    public void Notified() => NotificationSent = true;

    /// <summary>Tells whether a signal may change from one status to another. A trigger enforces the same rule.</summary>
    public static bool MayBecome(SignalStatus from, SignalStatus to) =>
        (from, to) switch
        {
            (SignalStatus.Pending, SignalStatus.Approved or SignalStatus.Rejected or SignalStatus.Expired or SignalStatus.Cancelled) =>
                true,
            (SignalStatus.Approved, SignalStatus.Filled or SignalStatus.Expired or SignalStatus.Cancelled) => true,
            (SignalStatus.Filled, SignalStatus.Stopped or SignalStatus.TargetHit) => true,
            _ => false,
        };

    private void Become(SignalStatus status)
    {
        Require(
            MayBecome(Status, status),
            "chk_signals_status_change",
            $"A signal that is {EnumColumn.Text(Status)} cannot become {EnumColumn.Text(status)}."
        );
        Status = status;
    }
}
