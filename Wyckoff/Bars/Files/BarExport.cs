using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>
/// Copies the stored bars of a ticker to a file, page by page: a slow reader of the output holds no snapshot, and no lock that compression
/// or retention would wait for. Memory holds only a few bars.
/// </summary>
public sealed class BarExport(BarReader reader)
{
    private const long Page = 100_000;

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
        writer.Begin(symbol, timeframe);
        var next = from is { } first ? IncomingBar.TimeOf(first) : BarReader.Earliest;
        var end = to is { } given ? IncomingBar.TimeOf(given) : BarReader.Latest;
        for (var bars = 0L; ; )
        {
            var (count, last) = await WritePageAsync(writer, tickerId, timeframe, next, end, cancellationToken);
            bars += count;
            if (count < Page)
            {
                return bars;
            }

            next = last + 1;
        }
    }

    private async Task<(long Count, long Last)> WritePageAsync(
        BarFileWriter writer,
        int tickerId,
        Timeframe timeframe,
        long from,
        long until,
        CancellationToken cancellationToken
    )
    {
        await using var rows = await reader.OpenAsync(
            tickerId,
            timeframe,
            BarFields.All,
            from,
            until,
            expected: Page,
            limit: Page,
            version: null,
            cancellationToken
        );
        var count = 0L;
        var row = default(BarRow);
        do
        {
            for (; rows.TryRead(ref row); count++)
            {
                writer.Add(row);
            }

            await writer.FlushAsync(cancellationToken);
        } while (await rows.FillAsync(cancellationToken));

        return (count, row.Time);
    }
}
