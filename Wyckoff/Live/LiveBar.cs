using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

internal enum LiveBarKind
{
    Minute,

    /// <summary>A minute again, because a trade came late.</summary>
    Update,

    /// <summary>The day so far.</summary>
    Day,
}

internal readonly record struct LiveBar(Symbol Symbol, LiveBarKind Kind, IncomingBar Bar);

/// <summary>A trade; time in ticks. <paramref name="Undoes"/>: none, but the word that an earlier one was wrong.</summary>
internal readonly record struct LiveTrade(Symbol Symbol, long Ticks, long Price, Int128 Size, TradeUse Use, bool Undoes = false);
