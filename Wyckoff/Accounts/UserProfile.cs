using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>The preferences of an account as JSON objects. Only the risk limits are validated here.</summary>
public sealed class UserProfile
{
    private static readonly string[] Percentages = ["max_position_size_pct", "max_risk_per_trade_pct", "max_daily_loss_pct"];
    private static readonly string[] PositiveNumbers = ["min_risk_reward_ratio", "max_open_positions"];

    private UserProfile() { }

    public UserProfile(long userAccountId) => UserAccountId = userAccountId;

    public long Id { get; private set; }

    public long UserAccountId { get; private set; }

    public string Profile { get; private set; } = "{}";

    public string RiskProfile { get; private set; } = "{}";

    public string SitePrefs { get; private set; } = "{}";

    public string Stats { get; private set; } = "{}";

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void ChangeProfile(string json) => Profile = Guard.Json(json, JsonValueKind.Object);

    public void ChangeSitePrefs(string json) => SitePrefs = Guard.Json(json, JsonValueKind.Object);

    public void ChangeStats(string json) => Stats = Guard.Json(json, JsonValueKind.Object);

    public void ChangeRiskProfile(string json)
    {
        Guard.Json(json, JsonValueKind.Object);
        using var document = JsonDocument.Parse(json);
        foreach (var name in Percentages)
        {
            RequireRange(document.RootElement, name, 100);
        }

        foreach (var name in PositiveNumbers)
        {
            RequireRange(document.RootElement, name, 100_000);
        }

        Guard.Require(
            !document.RootElement.TryGetProperty("stop_loss_required", out var required)
                || required.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "stop_loss_required",
            "must be true or false"
        );
        RiskProfile = json;
    }

    private static void RequireRange(JsonElement profile, string name, double maximum) =>
        Guard.Require(
            !profile.TryGetProperty(name, out var value)
                || (value.ValueKind == JsonValueKind.Number && value.GetDouble() >= 0 && value.GetDouble() <= maximum),
            name,
            $"must be a number from 0 to {maximum.ToString(System.Globalization.CultureInfo.InvariantCulture)}"
        );
}
