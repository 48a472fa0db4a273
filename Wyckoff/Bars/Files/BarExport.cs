using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>Hands the bars of a ticker to a writer, window after window of time: a query sees few chunks, and memory holds no more than one window's bars.</summary>
public sealed class BarExport(BarStore store, TimeProvider time)
{
    // The list of a window grows to 8,192 references, 65 kB. From 85 kB on its array would be a large object, which is freed only by a full collection; until then
    // it would keep the bars of its window in memory.
    private const int BarsPerWindow = 8_000;

    // Where nothing is, windows widen: an empty one costs its planning only.
    private static readonly TimeSpan Widest = TimeSpan.FromDays(366);

    /// <summary>The bars that open in the range, oldest first. Without a start from the first bar on, without an end up to the last.</summary>
    /// <returns>How many there were.</returns>
    public async Task<long> WriteAsync(
        BarFileWriter writer,
        Symbol symbol,
        int tickerId,
        Timeframe timeframe,
        DateTimeOffset? from,
        DateTimeOffset? to,
        CancellationToken cancellationToken
    )
    {
        long bars = 0;
        var start = from ?? IncomingBar.InstantOf(IncomingBar.Earliest);
        // Two days, since the session of today may already be tomorrow's date in UTC.
        var end = to ?? time.GetUtcNow().AddDays(2);
        var span = timeframe.Width * BarsPerWindow;
        while (start < end)
        {
            var until = end - start > span ? start + span : end;
            var window = await store.ReadRangeAsync(tickerId, timeframe, new(start, until), BarsPerWindow, cancellationToken);
            foreach (var bar in window)
            {
                await writer.WriteAsync(symbol, timeframe, bar, cancellationToken);
            }

            bars += window.Count;
            span =
                window.Count > 0
                    ? timeframe.Width * BarsPerWindow
                    : TimeSpan.FromTicks(Math.Max(span.Ticks, Math.Min(span.Ticks * 2, Widest.Ticks)));
            // A window that widened while there was nothing may hold more bars than were read: the next one begins after the last of them.
            start = window.Count == BarsPerWindow ? window[^1].Timestamp.AddMicroseconds(1) : until;
        }

        return bars;
    }
}
