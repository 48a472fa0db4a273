using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>All stored bars of one ticker in one timeframe. Every transaction that changes them raises the version by one.</summary>
public sealed record BarWindow
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required long Version { get; init; }

    /// <summary>No bar is earlier than this; null when the range of the bars is unknown.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>All bars are earlier than this; null when the range of the bars is unknown.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>When the version was last raised.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>
    /// The key of the advisory lock under which the bars of a window are written, as in <c>market.window_lock</c>. A transaction that
    /// writes several windows locks them in the order of their keys: ticker by ticker, finest timeframe first.
    /// </summary>
    public static long LockKey(int tickerId, Timeframe timeframe) =>
        (0x5762L << 48) | ((long)(uint)tickerId << 16) | (long)timeframe.Width.TotalMinutes;
}
