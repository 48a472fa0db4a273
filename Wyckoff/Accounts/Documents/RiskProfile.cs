namespace Wyckoff.Accounts.Documents;

/// <summary>The limits that somebody sets for their own trades. An absent limit is null.</summary>
public sealed record RiskProfile : AccountDocument
{
    public const decimal MaxRatio = 100_000; // the CHECKs of the column have the same limits
    public const int Decimals = 4;

    /// <summary>Percentage of the balance: 0 to 100 with at most 4 decimals.</summary>
    public decimal? MaxPositionSizePct { get; init; }

    /// <summary>Percentage of the balance: 0 to 100 with at most 4 decimals.</summary>
    public decimal? MaxRiskPerTradePct { get; init; }

    /// <summary>Percentage of the balance: 0 to 100 with at most 4 decimals.</summary>
    public decimal? MaxDailyLossPct { get; init; }

    /// <summary>Reward divided by risk: 0 to 100000 with at most 4 decimals.</summary>
    public decimal? MinRiskRewardRatio { get; init; }

    /// <summary>0 to 100000.</summary>
    public int? MaxOpenPositions { get; init; }

    /// <summary>Whether a trade without a stop breaks the rules; default: false.</summary>
    public bool StopLossRequired { get; init; }

    public override IEnumerable<FieldError> Errors() =>
        [
            .. Range("maxPositionSizePct", MaxPositionSizePct, 0, 100, Decimals),
            .. Range("maxRiskPerTradePct", MaxRiskPerTradePct, 0, 100, Decimals),
            .. Range("maxDailyLossPct", MaxDailyLossPct, 0, 100, Decimals),
            .. Range("minRiskRewardRatio", MinRiskRewardRatio, 0, MaxRatio, Decimals),
            .. Range("maxOpenPositions", MaxOpenPositions, 0, MaxRatio, 0),
        ];
}
