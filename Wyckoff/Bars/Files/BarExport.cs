using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>
/// Copies the stored bars of a ticker to a file. The bars are those of one snapshot, and memory holds only a few of them.
/// </summary>
public sealed class BarExport(BarReader reader)
{
    /// <summary>Writes the bars that open in the range, oldest first. A missing bound means the first or the last bar.</summary>
    /// <returns>The number of bars.</returns>
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
        await using var rows = await reader.OpenAsync(
            tickerId,
            timeframe,
            BarFields.All,
            from is { } first ? IncomingBar.TimeOf(first) : BarReader.Earliest,
            to is { } end ? IncomingBar.TimeOf(end) : BarReader.Latest,
            long.MaxValue,
            long.MaxValue,
            version: null,
            cancellationToken
        );
        writer.Begin(symbol, timeframe);
        long bars = 0;
        var row = default(BarRow);
        do
        {
            for (; rows.TryRead(ref row); bars++)
            {
                writer.Add(row);
            }

            await writer.FlushAsync(cancellationToken);
        } while (await rows.FillAsync(cancellationToken));

        return bars;
    }
}
