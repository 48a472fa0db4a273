namespace Wyckoff.Bars.Streaming;

/// <summary>A rendered server-sent event without the value of its id. Subscriptions share it; each appends its own id.</summary>
/// <param name="Version">The version of the window that a client has after this event.</param>
/// <param name="Text">The event up to and including <c>id: </c>.</param>
/// <param name="Committed">The commit time of the oldest change in the event; null for a snapshot.</param>
internal sealed record BarFrame(long Version, ReadOnlyMemory<byte> Text, DateTimeOffset? Committed = null)
{
    /// <summary>A complete event without an id that is sent before this one; empty in most frames.</summary>
    public ReadOnlyMemory<byte> Before { get; init; }
}
