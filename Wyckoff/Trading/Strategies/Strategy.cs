using Wyckoff.Primitives;

namespace Wyckoff.Trading.Strategies;

/// <summary>
/// A trading strategy, run by a bot or only referred to in the journal. It belongs to an account or is a benchmark that everybody may read.
/// Database triggers keep the totals up to date. Every other change increments the version, and a stale update is refused.
/// </summary>
public sealed class Strategy
{
    private static readonly string[] Families = ["trend", "breakout", "momentum", "mean_reversion", "volatility"];

    private Strategy() { }

    public Strategy(long accountId, string name, StrategyType type = StrategyType.Custom, string direction = "both")
        : this(name, type, direction) => AccountId = accountId;

    private Strategy(string name, StrategyType type, string direction)
    {
        Type = type;
        Rename(name);
        Direction = direction is "long" or "short" or "both"
            ? direction
            : throw new ArgumentException($"'{direction}' is not a direction: long, short or both is expected.", nameof(direction));
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    /// <summary>Null for a benchmark, and after the account is deleted.</summary>
    public long? AccountId { get; private set; }

    public bool IsBenchmark { get; private set; }

    public string Name { get; private set; } = "";

    public string? Description { get; private set; }

    public StrategyType Type { get; private set; } = StrategyType.Custom;

    public StrategyStatus Status { get; private set; } = StrategyStatus.Stopped;

    public AssetType? AssetType { get; private set; }

    public string Direction { get; private set; } = "both";

    /// <summary>JSON.</summary>
    public string Config { get; private set; } = "{}";

    /// <summary>JSON.</summary>
    public string Parameters { get; private set; } = "{}";

    /// <summary>Null means any.</summary>
    public string[]? Symbols { get; private set; }

    /// <summary>Null means any.</summary>
    public string[]? Timeframes { get; private set; }

    public string? EntryCriteria { get; private set; }

    public string? ExitCriteria { get; private set; }

    public int MaxPositions { get; private set; } = 1;

    /// <summary>A fraction of the account: 0.02 is two per cent.</summary>
    public decimal MaxRiskPerTrade { get; private set; } = 0.02m;

    /// <summary><see cref="MaxRiskPerTrade"/> in per cent, computed by the database.</summary>
    public decimal MaxRiskPct { get; private set; }

    public decimal MaxPortfolioRisk { get; private set; } = 0.10m;

    public decimal? MinRiskReward { get; private set; }

    public bool IsActive { get; private set; } = true;

    /// <summary>JSON.</summary>
    public string? RiskProfile { get; private set; }

    public string? ImpliedStrategyFamily { get; private set; }

    public int TotalTrades { get; private set; }

    public int ClosedTrades { get; private set; }

    public int WinningTrades { get; private set; }

    public decimal TotalPnl { get; private set; }

    public decimal TotalFees { get; private set; }

    public decimal? MaxDrawdown { get; private set; }

    public decimal? SharpeRatio { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public string? CreatedBy { get; private set; }

    public int Version { get; private set; } = 1;

    /// <summary>Creates a strategy without an account that everybody may read. Only the owner role of the database can store it.</summary>
    public static Strategy Benchmark(string name, StrategyType type = StrategyType.Custom, string direction = "both") =>
        new(name, type, direction) { IsBenchmark = true };

    public void Rename(string name) =>
        Name = name.Trim() is { Length: > 0 and <= 100 } trimmed
            ? trimmed
            : throw new ArgumentException("A strategy has a name of 1 to 100 characters.", nameof(name));

    public void Describe(string? description, string? entryCriteria, string? exitCriteria) =>
        (Description, EntryCriteria, ExitCriteria) = (description, entryCriteria, exitCriteria);

    /// <summary>Sets what the strategy trades. Null means any; an empty list is refused.</summary>
    public void Trade(IReadOnlyCollection<Symbol>? symbols, IReadOnlyCollection<Timeframe>? timeframes, AssetType? assetType = null)
    {
        if (symbols?.Count == 0 || timeframes?.Count == 0)
        {
            throw new ArgumentException("Name at least one symbol and one timeframe, or none at all for any.");
        }

        if (Status == StrategyStatus.Active && (symbols is null || timeframes is null))
        {
            throw new InvalidOperationException("A strategy that runs needs symbols and timeframes: stop it first.");
        }

        (Symbols, Timeframes, AssetType) = (symbols?.Select(s => s.Value).ToArray(), timeframes?.Select(t => t.Name).ToArray(), assetType);
    }

    /// <summary>
    /// Sets the risk limits. Risks are fractions in (0, 1], and the risk per trade must not exceed the risk of the portfolio.
    /// </summary>
    public void LimitRisk(decimal perTrade, decimal portfolio, int maxPositions, decimal? minRiskReward = null)
    {
        if (perTrade is <= 0 or > 1 || portfolio is <= 0 or > 1 || perTrade > portfolio || maxPositions <= 0 || minRiskReward <= 0)
        {
            throw new ArgumentException(
                $"Risk per trade {perTrade} and in all {portfolio} must be fractions above 0 up to 1, the first no greater than "
                    + $"the second; positions ({maxPositions}) and reward for risk ({minRiskReward}) above 0."
            );
        }

        (MaxRiskPerTrade, MaxPortfolioRisk, MaxPositions, MinRiskReward) = (perTrade, portfolio, maxPositions, minRiskReward);
    }

    public void Configure(string config, string parameters, string? riskProfile = null) =>
        (Config, Parameters, RiskProfile) = (config, parameters, riskProfile);

    public void Imply(string? family) =>
        ImpliedStrategyFamily =
            family is null || Array.IndexOf(Families, family) >= 0
                ? family
                : throw new ArgumentException(
                    $"'{family}' is not a family: one of {string.Join(", ", Families)} is expected.",
                    nameof(family)
                );

    public void Start()
    {
        if (!IsActive || IsBenchmark || Symbols is null || Timeframes is null)
        {
            throw new InvalidOperationException(
                $"'{Name}' cannot run: it must not be shelved nor a benchmark, and needs symbols and timeframes."
            );
        }

        Status = StrategyStatus.Active;
    }

    public void Pause() =>
        Status = Status == StrategyStatus.Active ? StrategyStatus.Paused : throw new InvalidOperationException($"'{Name}' does not run.");

    public void Stop() => Status = StrategyStatus.Stopped;

    public void Fail() => Status = StrategyStatus.Error;

    /// <summary>Stops the strategy and hides it from lists without deleting it.</summary>
    public void Shelve() => (IsActive, Status) = (false, StrategyStatus.Stopped);
}
