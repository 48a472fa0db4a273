using System.Text.Json.Serialization;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts.Documents;

/// <summary>How somebody trades. Absent values are null; lists are empty.</summary>
public sealed record TradingProfile : AccountDocument
{
    public const decimal MaxBalance = 1_000_000_000_000_000m;
    public const int BalanceDecimals = 8;

    /// <summary>The money in the account, in the currency of its owner: 0 to 10^15 with at most 8 decimals.</summary>
    public decimal? AccountBalance { get; init; }

    /// <summary>The timeframes that pages show first: 1m, 5m, 15m, 30m, 1h, 4h or 1d.</summary>
    public IReadOnlyList<string> DefaultTimeframes { get; init; } = [];

    public ExperienceLevel? ExperienceLevel { get; init; }

    public TradingStyle? TradingStyle { get; init; }

    public IReadOnlyList<PrimaryMarket> PrimaryMarkets { get; init; } = [];

    public AccountSizeRange? AccountSizeRange { get; init; }

    public EvaluationControls EvaluationControls { get; init; } = new();

    public override IEnumerable<FieldError> Errors() =>
        [
            .. Range("accountBalance", AccountBalance, 0, MaxBalance, BalanceDecimals),
            .. DefaultTimeframes
                .Where(name => !Timeframe.TryParse(name, out var timeframe) || timeframe.Name != name)
                .Take(1)
                .Select(name => new FieldError("defaultTimeframes", $"{Shown(name)} is not one of {string.Join(", ", Timeframe.Stored)}.")),
            .. Distinct("defaultTimeframes", DefaultTimeframes),
            .. Distinct("primaryMarkets", PrimaryMarkets),
            .. EvaluationControls.Errors(),
        ];

    internal static string Shown(string text) => $"'{(text.Length > 60 ? text[..60] + "…" : text)}'";
}

/// <summary>What is evaluated of somebody's trades.</summary>
public sealed record EvaluationControls
{
    public const int MaxEvaluators = 100;

    /// <summary>Whether new fills and ideas are evaluated; default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The least severe finding that is shown; default: info.</summary>
    public RuleSeverity MinSeverity { get; init; }

    /// <summary>Names of evaluators that do not run.</summary>
    public IReadOnlyList<string> DisabledEvaluators { get; init; } = [];

    internal IEnumerable<FieldError> Errors()
    {
        const string field = "evaluationControls.disabledEvaluators";
        if (DisabledEvaluators.Count > MaxEvaluators)
        {
            yield return new(field, $"The array has {DisabledEvaluators.Count} names; expected at most {MaxEvaluators}.");
        }

        if (DisabledEvaluators.FirstOrDefault(name => !UserRule.IsName(name, UserRule.MaxEvaluator)) is { } wrong)
        {
            yield return new(field, $"{TradingProfile.Shown(wrong)} is not {UserRule.NameExpected(UserRule.MaxEvaluator)}.");
        }
        else if (DisabledEvaluators.Distinct(StringComparer.Ordinal).Count() != DisabledEvaluators.Count)
        {
            yield return new(field, "A name is in the array more than once.");
        }
    }
}

[JsonConverter(typeof(WordConverter<ExperienceLevel>))]
public enum ExperienceLevel
{
    Beginner,
    Intermediate,
    Advanced,
    Professional,
}

[JsonConverter(typeof(WordConverter<TradingStyle>))]
public enum TradingStyle
{
    Scalping,
    Day,
    Swing,
    Position,
    Investing,
}

[JsonConverter(typeof(WordConverter<PrimaryMarket>))]
public enum PrimaryMarket
{
    Stock,
    Etf,
    Crypto,
    Forex,
    Commodity,
    Index,
    Future,
    Option,
    Prediction,
}

/// <summary>The size of an account in thousands of its currency, for people who do not tell the balance.</summary>
[JsonConverter(typeof(WordConverter<AccountSizeRange>))]
public enum AccountSizeRange
{
    Below10k,
    Below50k,
    Below250k,
    Below1000k,
    Above1000k,
}

[JsonConverter(typeof(WordConverter<RuleSeverity>))]
public enum RuleSeverity
{
    Info,
    Warn,
    Critical,
}
