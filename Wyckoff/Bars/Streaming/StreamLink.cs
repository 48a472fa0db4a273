namespace Wyckoff.Bars.Streaming;

/// <summary>
/// A version that the readers of a window can be at. Each leads to the next, so a reader needs nothing but its own place: nothing is queued for it, and it takes no lock.
/// </summary>
internal sealed class StreamLink(long version, BarFrame? frame)
{
    private volatile BarFrame? _frame = frame;
    private volatile StreamLink? _next;

    public long Version => version;

    /// <summary>From the version before to this one; null when it was too much for one event, or is too long ago to be kept.</summary>
    public BarFrame? Frame => _frame;

    public StreamLink? Next => _next;

    public void LeadTo(StreamLink next) => _next = next;

    public void Forget() => _frame = null;
}
