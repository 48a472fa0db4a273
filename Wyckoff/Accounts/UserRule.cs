using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>The settings of an account for one rule of an evaluator.</summary>
public sealed class UserRule
{
    public const int MaxRuleCode = 50;
    public const int MaxEvaluator = 100;
    public const int MaxDescription = 1000;

    private UserRule() { }

    public UserRule(long accountId, string ruleCode, string evaluator, string parameters = "{}", string? description = null)
    {
        (AccountId, RuleCode, Evaluator) = (accountId, Guard.Text(ruleCode, MaxRuleCode), Guard.Text(evaluator, MaxEvaluator));
        Change(parameters);
        Describe(description);
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

    /// <summary>Whether a text can name a rule or an evaluator. Such names need no escapes in the path of a request.</summary>
    public static bool IsName(string text, int maxLength) =>
        text.Length > 0 && text.Length <= maxLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    public static string NameExpected(int maxLength) => FormattableString.Invariant($"1 to {maxLength} letters, digits or _ -");

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

    public void Describe(string? description) => Description = Guard.MaxLength(description, MaxDescription);

    public void Enable(bool enabled) => IsEnabled = enabled;
}
