using Wyckoff.Primitives;
using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>A tradable Wyckoff event that was detected in the bars. It is known only from <see cref="DetectionTime"/> on.</summary>
public sealed class Pattern
{
    private Pattern() { }

    public Pattern(
        PatternType type,
        string symbol,
        Timeframe timeframe,
        DateTimeOffset barTimestamp,
        DateTimeOffset detectionTime,
        int confidenceScore,
        WyckoffPhase phase,
        decimal entryPrice,
        decimal stopLoss,
        decimal invalidationLevel,
        decimal volumeRatio,
        decimal spreadRatio,
        Guid? tradingRangeId = null,
        string metadata = "{}"
    )
    {
        (PatternType, Symbol, Timeframe, Phase) = (type, CanonicalSymbol(symbol), timeframe, phase);
        (PatternBarTimestamp, DetectionTime) = (barTimestamp.ToUniversalTime(), detectionTime.ToUniversalTime());
        (EntryPrice, StopLoss, InvalidationLevel) = (Price(entryPrice), Price(stopLoss), Price(invalidationLevel));
        (ConfidenceScore, VolumeRatio, SpreadRatio) = (
            confidenceScore,
            Number(volumeRatio, 4, 1_000_000),
            Number(spreadRatio, 4, 1_000_000)
        );
        (TradingRangeId, Metadata) = (tradingRangeId, metadata);
        Require(
            DetectionTime >= EarliestClose(timeframe, PatternBarTimestamp),
            "chk_patterns_detection_time",
            "A pattern is not known before its bar has closed."
        );
        Require(confidenceScore is >= 70 and <= 95, "chk_patterns_confidence_score", "The confidence is 70 to 95.");
        Require(EntryPrice > 0 && StopLoss > 0 && InvalidationLevel > 0, "chk_patterns_prices", "Prices are above zero.");
        Require(
            (
                StopLoss < EntryPrice
                && InvalidationLevel < EntryPrice
                && type is PatternType.Spring or PatternType.Sos or PatternType.Lps or PatternType.St
            )
                || (
                    StopLoss > EntryPrice
                    && InvalidationLevel > EntryPrice
                    && type is PatternType.Ut or PatternType.Utad or PatternType.Sow or PatternType.Lpsy or PatternType.St
                ),
            "chk_patterns_side",
            "Stop and invalidation lie on the losing side of the entry: below it for a long pattern, above it for a short one."
        );
        Require(VolumeRatio >= 0 && SpreadRatio >= 0, "chk_patterns_ratios", "Ratios are not negative.");
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public PatternType PatternType { get; private set; }

    public string Symbol { get; private set; } = "";

    public Timeframe Timeframe { get; private set; }

    public DateTimeOffset DetectionTime { get; private set; }

    public DateTimeOffset PatternBarTimestamp { get; private set; }

    public int ConfidenceScore { get; private set; }

    public WyckoffPhase Phase { get; private set; }

    public Guid? TradingRangeId { get; private set; }

    public decimal EntryPrice { get; private set; }

    public decimal StopLoss { get; private set; }

    public decimal InvalidationLevel { get; private set; }

    public decimal VolumeRatio { get; private set; }

    public decimal SpreadRatio { get; private set; }

    public bool TestConfirmed { get; private set; }

    public DateTimeOffset? TestBarTimestamp { get; private set; }

    public bool IsTradeable { get; private set; } = true;

    public string? RejectionReason { get; private set; }

    public DateTimeOffset? RejectionTimestamp { get; private set; }

    public bool RejectedBySessionFilter { get; private set; }

    public string? Session { get; private set; }

    public string Metadata { get; private set; } = "{}";

    public int MetadataVersion { get; private set; } = 1;

    public string? VsaEvents { get; private set; }

    public string? PreliminaryEvents { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public void Confirm(DateTimeOffset testBar)
    {
        Require(testBar > PatternBarTimestamp, "chk_patterns_test", "A test comes after what it tests.");
        (TestConfirmed, TestBarTimestamp) = (true, testBar.ToUniversalTime());
    }

    public void Reject(string reason, DateTimeOffset at, bool bySessionFilter = false)
    {
        Require(!string.IsNullOrWhiteSpace(reason), "chk_patterns_rejection", "A rejection has a reason.");
        (IsTradeable, RejectionReason, RejectionTimestamp, RejectedBySessionFilter) = (
            false,
            reason,
            at.ToUniversalTime(),
            bySessionFilter
        );
    }
}
