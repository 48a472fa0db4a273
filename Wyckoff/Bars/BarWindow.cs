using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>The version of all bars of one ticker and timeframe: it goes up by one with every transaction that changes them.</summary>
public sealed record BarWindow
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    /// <summary>No bar is before; null when nobody has kept count.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>No bar is here or after; null when nobody has kept count.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>When the version was counted up.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>
    /// The key of the advisory lock under which these bars are written: what the database's <c>market.window_lock</c> gives. A transaction that writes several
    /// windows locks them in the order of their keys: ticker by ticker, finest timeframe first.
    /// </summary>
    public static long LockKey(int tickerId, Timeframe timeframe) =>
        (0x5762L << 48) | ((long)(uint)tickerId << 16) | (long)timeframe.Width.TotalMinutes;
}
