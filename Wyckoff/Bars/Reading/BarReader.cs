using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.Bars.Caching;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>
/// The one way to read stored bars: row by row, only the fields that the caller needs, each read from one snapshot. Reads of this
/// class also return the version of the window in that snapshot. Callers with their own transaction or lock pass their connection to
/// <c>OpenOnAsync</c>.
/// </summary>
/// <remarks>
/// Only aggregates (counts, means, bounds), the comparison while bars are written, <see cref="BarScan"/>, and that of a preview of an
/// import have SQL of their own.
/// </remarks>
public sealed class BarReader(Database database, WindowVersions versions, TimeProvider time)
{
    /// <summary>The first time that a bar can have.</summary>
    public static readonly long Earliest = IncomingBar.Earliest;

    /// <summary>A time after all bars.</summary>
    public static readonly long Latest = IncomingBar.TimeOf(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero));

    // The first span is short even if many bars are expected, because each of its rows repeats the head (version and range of the window).
    private const long FirstBars = 5_000;
    private const long Day = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    // The end of the bars of each window when last read: where a search for the newest bars begins.
    private readonly ConcurrentDictionary<(int, Timeframe), long> _ends = new();

    /// <summary>
    /// Opens a reader of the first <paramref name="limit"/> bars with from ≤ time &lt; until, oldest first, in one snapshot.
    /// </summary>
    /// <param name="tickerId">Ticker of the window.</param>
    /// <param name="timeframe">Timeframe of the window.</param>
    /// <param name="fields">Fields to read beside the timestamp.</param>
    /// <param name="from">First time, inclusive.</param>
    /// <param name="until">Last time, exclusive.</param>
    /// <param name="expected">Estimated number of bars: the first span is made to hold them.</param>
    /// <param name="limit">Maximum number of bars.</param>
    /// <param name="version">The snapshot has at least this version of the window; null for the current one.</param>
    /// <param name="cancellationToken">Cancels opening, not reading.</param>
    public Task<BarRowReader> OpenAsync(
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        long from,
        long until,
        long expected,
        long limit,
        long? version,
        CancellationToken cancellationToken
    ) =>
        OpenAsync(
            (connection, token) =>
                BarRowReader.OpenAsync(
                    connection,
                    tickerId,
                    timeframe,
                    fields,
                    Math.Max(from, Earliest),
                    Math.Min(until, Latest),
                    Span(timeframe, Math.Min(expected, FirstBars)),
                    limit,
                    token
                ),
            tickerId,
            timeframe,
            version,
            database.HasStandbys,
            cancellationToken
        );

    /// <summary>
    /// Opens a reader on the connection, and so in the transaction and under the locks, of the caller. It has to be read to its end.
    /// </summary>
    public static Task<BarRowReader> OpenOnAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        TimeRange range,
        CancellationToken cancellationToken
    ) =>
        OpenOnAsync(
            connection,
            tickerId,
            timeframe,
            fields,
            [(IncomingBar.TimeOf(range.Start), IncomingBar.TimeOf(range.End))],
            long.MaxValue,
            cancellationToken
        );

    /// <summary>As above, of the first <paramref name="limit"/> bars of several ranges, by one statement.</summary>
    public static Task<BarRowReader> OpenOnAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        IReadOnlyList<(long From, long Until)> ranges,
        long limit,
        CancellationToken cancellationToken
    ) => BarRowReader.OpenOnAsync(connection, tickerId, timeframe, fields, ranges, limit, cancellationToken);

    /// <summary>
    /// Reads the newest <paramref name="count"/> bars of a stored timeframe on the connection, and so in the transaction, of the caller.
    /// </summary>
    /// <returns>The version of the window.</returns>
    public Task<WindowVersion> ReadNewestOnAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        int count,
        BarRows rows,
        CancellationToken cancellationToken
    ) =>
        ReadNewestAsync(
            (least, until, token) =>
                BarRowReader.OpenNewestAsync(connection, ownsConnection: false, tickerId, timeframe, fields, least, until, count, token),
            tickerId,
            timeframe,
            Earliest,
            Latest,
            count,
            rows,
            cancellationToken
        );

    /// <summary>Reads the newest <paramref name="count"/> bars of a period with from ≤ time &lt; until, oldest first.</summary>
    /// <returns>The version of the window.</returns>
    public async Task<WindowVersion> ReadNewestAsync(
        int tickerId,
        BarPeriod period,
        BarFields fields,
        long from,
        long until,
        int count,
        BarRows rows,
        long? version,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ReadNewestAsync(
                tickerId,
                period,
                fields,
                from,
                until,
                count,
                rows,
                version,
                database.HasStandbys,
                cancellationToken
            );
        }
        catch (Exception e) when (database.HasStandbys && !cancellationToken.IsCancellationRequested && DatabaseFaults.IsAny(e))
        {
            // The standby died during the read. The caller has not seen any row yet.
            return await ReadNewestAsync(tickerId, period, fields, from, until, count, rows, version, onStandby: false, cancellationToken);
        }
    }

    private Task<WindowVersion> ReadNewestAsync(
        int tickerId,
        BarPeriod period,
        BarFields fields,
        long from,
        long until,
        int count,
        BarRows rows,
        long? version,
        bool onStandby,
        CancellationToken cancellationToken
    )
    {
        var source = period.Source;
        return ReadNewestAsync(
            (least, end, token) =>
                OpenAsync(
                    (connection, opening) =>
                        period.IsStored
                            ? BarRowReader.OpenNewestAsync(
                                connection,
                                ownsConnection: true,
                                tickerId,
                                source,
                                fields,
                                least,
                                end,
                                count,
                                opening
                            )
                            : BarRowReader.OpenAsync(
                                connection,
                                tickerId,
                                source,
                                fields,
                                least,
                                end,
                                long.MaxValue,
                                long.MaxValue,
                                opening
                            ),
                    tickerId,
                    source,
                    version,
                    onStandby,
                    token
                ),
            tickerId,
            period,
            from,
            until,
            count,
            rows,
            cancellationToken
        );
    }

    // Reads spans before the end of the bars, each longer than the one before, until one holds enough bars.
    private async Task<WindowVersion> ReadNewestAsync(
        Func<long, long, CancellationToken, Task<BarRowReader>> open,
        int tickerId,
        BarPeriod period,
        long from,
        long until,
        int count,
        BarRows rows,
        CancellationToken cancellationToken
    )
    {
        var source = period.Source;
        until = Math.Min(until, Latest);
        from = Math.Max(from, Earliest);
        var end = Math.Min(
            until,
            _ends.TryGetValue((tickerId, source), out var lastEnd) ? lastEnd : IncomingBar.TimeOf(time.GetUtcNow()) + Day
        );
        for (var span = Span(source, (long)count * period.Parts); ; span *= 8)
        {
            var least = Math.Max(from, period.IsStored ? end - span : period.Bucket(end - span));
            rows.Clear();
            await using var reader = await open(least, until, cancellationToken);
            await reader.CopyToAsync(period.IsStored ? rows : new BarFold(period, rows), cancellationToken);
            if (reader.Until is { } reached)
            {
                _ends[(tickerId, source)] = reached;
            }

            if (rows.Count >= count || least <= (reader.Since is { } since ? Math.Max(from, since) : from))
            {
                if (period.IsStored)
                {
                    rows.Reverse();
                }

                return reader.Window;
            }

            // The span held too few bars: the next one ends where the bars end.
            end = reader.Until is { } last ? Math.Min(until, last) : end;
        }
    }

    // A span that usually holds so many bars, given nights and weekends.
    private static long Span(Timeframe timeframe, long bars) =>
        timeframe.IsDaily ? (bars * 2 + 30) * Day : bars * timeframe.Microseconds * 6 + 4 * Day;

    // Opens on a standby if that has replayed the version, otherwise on the primary.
    private async Task<BarRowReader> OpenAsync(
        Func<NpgsqlConnection, CancellationToken, Task<BarRowReader>> open,
        int tickerId,
        Timeframe timeframe,
        long? version,
        bool onStandby,
        CancellationToken cancellationToken
    )
    {
        // Without a version there is no way to tell whether a standby is up to date.
        if (onStandby && (version ?? await versions.CurrentAsync(tickerId, timeframe, cancellationToken)) is > 0 and var needed)
        {
            var reader = await database.OpenOnStandbyAsync(open, cancellationToken);
            try
            {
                // The standby may also be ahead: it shows a commit before the primary does, which waits for its synchronous standbys.
                // A client that has seen the newer version must not get the older one from the primary next.
                if (
                    reader.Version == needed
                    || (
                        reader.Version > needed
                        && await versions.CurrentAsync(tickerId, timeframe, reader.Version, cancellationToken) >= reader.Version
                    )
                )
                {
                    versions.Raise(tickerId, timeframe, reader.Version);
                    return reader;
                }
            }
            catch
            {
                await reader.DisposeAsync();
                throw;
            }

            await reader.DisposeAsync();
        }

        var current = await database.OpenAsync(open, cancellationToken);
        versions.Raise(tickerId, timeframe, current.Version);
        return current;
    }
}
