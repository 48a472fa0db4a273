using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

public enum CheckSeverity
{
    Info,
    Warn,
    Critical,
}

public enum CheckPhase
{
    PreTrade,
    AtEntry,
    During,
    AtExit,
    PostTrade,
}

public enum TraderAction
{
    Proceeded,
    Modified,
    Cancelled,
}

/// <summary>The result of a behavioural check of a decision, and the trader's reaction to it.</summary>
public sealed class CampaignCheck
{
    private CampaignCheck() { }

    public CampaignCheck(
        DecisionContext context,
        string checkType,
        CheckSeverity severity,
        bool passed,
        CheckPhase phase,
        DateTimeOffset checkedAt,
        string? checkName = null,
        string? nudgeText = null,
        string details = "{}"
    )
    {
        (AccountId, DecisionContextId, Severity, Passed, CheckPhase, CheckedAt) = (
            context.AccountId,
            context.Id,
            severity,
            passed,
            phase,
            checkedAt.ToUniversalTime()
        );
        (CheckType, CheckName, NudgeText) = (
            Guard.Text(checkType, 50),
            Guard.TextOrNull(checkName, 100),
            Guard.MaxLength(nudgeText, int.MaxValue)
        );
        Details = Guard.Json(details, JsonValueKind.Object);
    }

    public long Id { get; private set; }

    public long DecisionContextId { get; private set; }

    public long AccountId { get; private set; }

    public string CheckType { get; private set; } = "";

    public string? CheckName { get; private set; }

    public CheckSeverity Severity { get; private set; }

    public bool Passed { get; private set; }

    public string Details { get; private set; } = "{}";

    public string? NudgeText { get; private set; }

    public bool Acknowledged { get; private set; }

    public TraderAction? TraderAction { get; private set; }

    public DateTimeOffset CheckedAt { get; private set; }

    public CheckPhase CheckPhase { get; private set; }

    public void Acknowledge(TraderAction? action) => (Acknowledged, TraderAction) = (true, action);
}
