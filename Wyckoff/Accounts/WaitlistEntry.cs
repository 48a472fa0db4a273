namespace Wyckoff.Accounts;

public enum WaitlistStatus
{
    Waiting,
    Approved,
    Rejected,
}

/// <summary>
/// A request for access. <see cref="AccountDirectory.JoinWaitlistAsync"/> adds entries; an administrator decides on them.
/// </summary>
public sealed class WaitlistEntry
{
    public const int MaxReferralSource = 255;
    public const int MaxNotes = 2_000;

    private WaitlistEntry() { }

    public long Id { get; private set; }

    public string Name { get; private set; } = "";

    public string Email { get; private set; } = "";

    public WaitlistStatus Status { get; private set; }

    public string? ReferralSource { get; private set; }

    public string? Notes { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}
