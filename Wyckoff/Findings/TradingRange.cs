using Wyckoff.Primitives;
using static Wyckoff.Findings.FindingRules;

namespace Wyckoff.Findings;

/// <summary>
/// A sideways market that qualified. <see cref="CreekLevel"/> is the support and <see cref="IceLevel"/> the resistance, as the source document has them; the literature
/// has it the other way round, so everything but this table says support and resistance.
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
        (Symbol, Timeframe, StartTime) = (Known(symbol), timeframe, startTime.ToUniversalTime());
        (CreekLevel, IceLevel, JumpTarget) = (Price(support), Price(resistance), Price(jumpTarget));
        (CauseFactor, RangeWidth, Phase) = (Number(causeFactor, 2, 100), Number(rangeWidth, 4, 1_000_000), phase);
        Hold(CreekLevel > 0 && CreekLevel < IceLevel, "chk_trading_ranges_levels", "Support is above zero and below resistance.");
        Hold(
            JumpTarget > IceLevel || (JumpTarget < CreekLevel && JumpTarget > 0),
            "chk_trading_ranges_jump_target",
            "The target lies beyond the range."
        );
        Hold(CauseFactor is >= 2 and <= 3, "chk_trading_ranges_cause_factor", "The cause factor is 2 to 3.");
        Hold(RangeWidth > 0, "chk_trading_ranges_range_width", "A range is wider than nothing.");
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
        Hold(durationBars is >= 15 and <= 100, "chk_trading_ranges_duration_bars", "A range lasts 15 to 100 bars.");
        Hold(strengthScore is >= 60 and <= 100, "chk_trading_ranges_strength_score", "The strength is 60 to 100.");
        Hold(touchesOfSupport >= 0 && touchesOfResistance >= 0, "chk_trading_ranges_touch_counts", "Touches are counted from zero.");
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
        Hold(at >= StartTime, "chk_trading_ranges_times", "A range ends after it began.");
        EndTime = at.ToUniversalTime();
    }

    /// <summary>Takes the range out of sight; what refers to it keeps it.</summary>
    public void Delete(DateTimeOffset at) => DeletedAt = at.ToUniversalTime();
}
