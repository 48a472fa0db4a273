using Wyckoff.Primitives;
using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>
/// A sideways market that qualifies as a trading range. <see cref="CreekLevel"/> is the support and <see cref="IceLevel"/> the resistance,
/// as in the source document. The literature uses the names the other way round, so all other code says support and resistance.
/// </summary>
public sealed class TradingRange
{
    private TradingRange() { }

    public TradingRange(
        string symbol,
        Timeframe timeframe,
        DateTimeOffset startTime,
        int durationBars,
        decimal support,
        decimal resistance,
        decimal jumpTarget,
        decimal causeFactor,
        decimal rangeWidth,
        WyckoffPhase phase,
        int strengthScore,
        DateTimeOffset? endTime = null
    )
    {
        (Symbol, Timeframe, StartTime) = (CanonicalSymbol(symbol), timeframe, startTime.ToUniversalTime());
        (CreekLevel, IceLevel, JumpTarget) = (Price(support), Price(resistance), Price(jumpTarget));
        (CauseFactor, RangeWidth, Phase) = (Number(causeFactor, 2, 100), Number(rangeWidth, 4, 1_000_000), phase);
        Require(CreekLevel > 0 && CreekLevel < IceLevel, "chk_trading_ranges_levels", "Support is above zero and below resistance.");
        Require(
            JumpTarget > IceLevel || (JumpTarget < CreekLevel && JumpTarget > 0),
            "chk_trading_ranges_jump_target",
            "The target lies beyond the range."
        );
        Require(CauseFactor is >= 2 and <= 3, "chk_trading_ranges_cause_factor", "The cause factor is 2 to 3.");
        Require(RangeWidth > 0, "chk_trading_ranges_range_width", "A range is wider than nothing.");
        Develop(durationBars, strengthScore, phase, 0, 0);
        if (endTime is { } end)
        {
            End(end);
        }
    }

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public string Symbol { get; private set; } = "";

    public Timeframe Timeframe { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    public int DurationBars { get; private set; }

    public decimal CreekLevel { get; private set; }

    public decimal IceLevel { get; private set; }

    public decimal JumpTarget { get; private set; }

    public decimal CauseFactor { get; private set; }

    public decimal RangeWidth { get; private set; }

    public WyckoffPhase Phase { get; private set; }

    public int StrengthScore { get; private set; }

    public int TouchCountCreek { get; private set; }

    public int TouchCountIce { get; private set; }

    public DateTimeOffset? DeletedAt { get; private set; }

    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Develop(int durationBars, int strengthScore, WyckoffPhase phase, int touchesOfSupport, int touchesOfResistance)
    {
        Require(durationBars is >= 15 and <= 100, "chk_trading_ranges_duration_bars", "A range lasts 15 to 100 bars.");
        Require(strengthScore is >= 60 and <= 100, "chk_trading_ranges_strength_score", "The strength is 60 to 100.");
        Require(touchesOfSupport >= 0 && touchesOfResistance >= 0, "chk_trading_ranges_touch_counts", "Touches are counted from zero.");
        (DurationBars, StrengthScore, Phase, TouchCountCreek, TouchCountIce) = (
            durationBars,
            strengthScore,
            phase,
            touchesOfSupport,
            touchesOfResistance
        );
    }

    public void End(DateTimeOffset at)
    {
        Require(at >= StartTime, "chk_trading_ranges_times", "A range ends after it began.");
        EndTime = at.ToUniversalTime();
    }

    /// <summary>Marks the range as deleted. Queries hide it; rows that refer to it stay valid.</summary>
    public void Delete(DateTimeOffset at) => DeletedAt = at.ToUniversalTime();
}
