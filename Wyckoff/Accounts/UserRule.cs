using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>The settings of an account for one rule of an evaluator.</summary>
public sealed class UserRule
{
    private UserRule() { }

    public UserRule(long accountId, string ruleCode, string evaluator, string parameters = "{}", string? description = null)
    {
        (AccountId, RuleCode, Evaluator, Description) = (
            accountId,
            Guard.Text(ruleCode, 50),
            Guard.Text(evaluator, 100),
            Guard.MaxLength(description, int.MaxValue)
        );
        Change(parameters);
    }

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    public string RuleCode { get; private set; } = "";

    public string Evaluator { get; private set; } = "";

    public string Parameters { get; private set; } = "{}";

    public bool IsEnabled { get; private set; } = true;

    public string? Description { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Change(string parameters)
    {
        Guard.Json(parameters, JsonValueKind.Object);
        using var document = JsonDocument.Parse(parameters);
        Guard.Require(
            !document.RootElement.TryGetProperty("severity", out var severity)
                || (severity.ValueKind == JsonValueKind.String && severity.GetString() is "info" or "warn" or "critical"),
            "severity",
            "must be info, warn or critical"
        );
        Parameters = parameters;
    }

    public void Enable(bool enabled) => IsEnabled = enabled;
}
