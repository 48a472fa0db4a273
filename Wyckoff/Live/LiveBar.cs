using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

internal enum LiveBarKind
{
    Minute,

    /// <summary>A minute bar that was corrected because of a late trade.</summary>
    Update,

    /// <summary>The bar of the current day so far.</summary>
    Day,
}

/// <summary>A bar received from the stream or built from its trades.</summary>
internal readonly record struct LiveBar(Symbol Symbol, LiveBarKind Kind, IncomingBar Bar);

/// <summary>A trade received from the stream, or the correction or cancellation of an earlier one, which has no other values.</summary>
internal readonly record struct LiveTrade(Symbol Symbol, long Ticks, long Price, Int128 Size, TradeUse Use, bool IsCorrection = false);
