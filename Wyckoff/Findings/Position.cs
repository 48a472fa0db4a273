using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>A position of a campaign. The database ensures that the open positions of a campaign do not exceed its allocation.</summary>
public sealed class Position
{
    private Position() { }

    public Position(
        Guid campaignId,
        Guid? signalId,
        PatternType patternType,
        Direction side,
        DateTimeOffset entryDate,
        decimal entryPrice,
        decimal shares,
        decimal stopLoss,
        decimal targetPrice,
        decimal allocationPercent,
        decimal riskAmount
    )
    {
        (CampaignId, SignalId, PatternType, Side, EntryDate) = (campaignId, signalId, patternType, side, entryDate.ToUniversalTime());
        (EntryPrice, Shares, StopLoss, TargetPrice) = (Price(entryPrice), Price(shares), Price(stopLoss), Price(targetPrice));
        (AllocationPercent, RiskAmount) = (Number(allocationPercent, 2, 1_000), Money(riskAmount));
        Require(EntryPrice > 0 && StopLoss > 0 && TargetPrice > 0, "chk_positions_prices", "Prices are above zero.");
        Require(Shares > 0, "chk_positions_shares", "A position has shares.");
        Require(
            AllocationPercent is >= 0 and <= Campaign.MaxAllocation,
            "chk_positions_allocation_percent",
            "An allocation is at most 5 %."
        );
        Require(RiskAmount >= 0, "chk_positions_risk_amount", "A risk is not negative.");
        RequireSide(StopLoss);
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public Guid CampaignId { get; private set; }

    public Guid? SignalId { get; private set; }

    public PatternType PatternType { get; private set; }

    public Direction Side { get; private set; }

    public DateTimeOffset EntryDate { get; private set; }

    public decimal EntryPrice { get; private set; }

    public decimal Shares { get; private set; }

    public decimal StopLoss { get; private set; }

    public decimal TargetPrice { get; private set; }

    public decimal? CurrentPrice { get; private set; }

    public decimal? CurrentPnl { get; private set; }

    public PositionStatus Status { get; private set; }

    public decimal AllocationPercent { get; private set; }

    public decimal RiskAmount { get; private set; }

    public DateTimeOffset? ExitDate { get; private set; }

    public decimal? ExitPrice { get; private set; }

    public decimal? RealizedPnl { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Moves the stop. It may pass the entry price, but not the target.</summary>
    public void MoveStop(decimal stopLoss)
    {
        var stop = Price(stopLoss);
        Require(stop > 0, "chk_positions_prices", "Prices are above zero.");
        RequireSide(stop);
        StopLoss = stop;
    }

    public void Mark(decimal price)
    {
        Require(Price(price) > 0, "chk_positions_prices", "Prices are above zero.");
        (CurrentPrice, CurrentPnl) = (Price(price), Pnl(price));
    }

    public void Close(decimal price, DateTimeOffset at)
    {
        Require(
            Status == PositionStatus.Open && at >= EntryDate && Price(price) > 0,
            "chk_positions_exit",
            "An open position is closed once, after its entry, at a price."
        );
        (Status, ExitPrice, ExitDate, RealizedPnl) = (PositionStatus.Closed, Price(price), at.ToUniversalTime(), Pnl(price));
    }

    private void RequireSide(decimal stopLoss) =>
        Require(
            Side == Direction.Long
                ? stopLoss < TargetPrice && EntryPrice < TargetPrice
                : stopLoss > TargetPrice && EntryPrice > TargetPrice,
            "chk_positions_side",
            "The target lies on the winning side of entry and stop."
        );

    private decimal Pnl(decimal price) => Money((Side == Direction.Long ? price - EntryPrice : EntryPrice - price) * Shares);
}
