namespace Wyckoff.Bars.Streaming;

/// <summary>
/// One published version of a window, linked to the next. A cursor follows the links by itself, so no event is queued per subscription and
/// no lock is taken.
/// </summary>
internal sealed class StreamLink(long version, BarFrame? frame)
{
    private volatile BarFrame? _frame = frame;
    private volatile StreamLink? _next;

    public long Version => version;

    /// <summary>
    /// The event that leads from the previous version to this one; null if the change was too large for one event or is no longer kept.
    /// </summary>
    public BarFrame? Frame => _frame;

    public StreamLink? Next => _next;

    public void LinkTo(StreamLink next) => _next = next;

    public void DropFrame() => _frame = null;
}
