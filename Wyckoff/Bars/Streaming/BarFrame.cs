namespace Wyckoff.Bars.Streaming;

/// <summary>One event as it goes over the wire, but for the end of its id, which differs from reader to reader. Many readers share it.</summary>
/// <param name="Version">The version a reader has after it.</param>
/// <param name="Text">The event up to and with <c>id: </c>.</param>
/// <param name="Committed">When the oldest change in it was committed; null for a snapshot.</param>
internal sealed record BarFrame(long Version, ReadOnlyMemory<byte> Text, DateTimeOffset? Committed = null)
{
    /// <summary>An event without id that goes before it.</summary>
    public ReadOnlyMemory<byte> Before { get; init; }
}
