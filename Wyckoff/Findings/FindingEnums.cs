namespace Wyckoff.Findings;

public enum WyckoffPhase
{
    A,
    B,
    C,
    D,
    E,
}

/// <summary>The Wyckoff events that can be traded.</summary>
public enum PatternType
{
    Spring,
    Sos,
    Lps,
    St,
    Ut,
    Utad,
    Sow,
    Lpsy,
}

public enum Direction
{
    Long,
    Short,
}

public enum SignalStatus
{
    Pending,
    Approved,
    Rejected,
    Filled,
    Stopped,
    TargetHit,
    Expired,
    Cancelled,
}

public enum CampaignStatus
{
    Active,
    Markup,
    Completed,
    Invalidated,
}

public enum PositionStatus
{
    Open,
    Closed,
}

public enum ExitOrderType
{
    PartialExit,
    StopLoss,
    Invalidation,
}

public enum WatchPriority
{
    Low,
    Medium,
    High,
}
