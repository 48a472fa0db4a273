using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Npgsql;
using Wyckoff.Bars.Caching;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>Reads stored bars, each time from one snapshot and with the version that they are of.</summary>
public sealed class BarReader(Database database, WindowVersions versions, TimeProvider time)
{
    /// <summary>The first instant that any bar may have.</summary>
    public static readonly long Earliest = IncomingBar.Earliest;

    /// <summary>After every bar there may be.</summary>
    public static readonly long Latest = IncomingBar.TimeOf(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero));

    // Of many bars the first span is to be short: the server gives what is said of all of them, their version for one, with each bar of it.
    private const long FirstBars = 5_000;
    private const long Day = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    // How far bars reached when last looked at. Only tells where to look first.
    private readonly ConcurrentDictionary<(int, Timeframe), long> _ends = new();

    /// <summary>Bars with from ≤ time &lt; until, oldest first and <paramref name="limit"/> at most, in one snapshot that has this version at least; that of the moment, if none is given. So many are expected to be read.</summary>
    public Task<BarStream> OpenAsync(
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
                BarStream.OpenAsync(
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

    /// <summary>The newest bars of a period with from ≤ time &lt; until into <paramref name="rows"/>, oldest first: as many as it takes, if there are so many.</summary>
    /// <returns>What state of them.</returns>
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
            // A standby that died in the middle. Nobody has seen any of the rows yet.
            return await ReadNewestAsync(tickerId, period, fields, from, until, count, rows, version, onStandby: false, cancellationToken);
        }
    }

    private async Task<WindowVersion> ReadNewestAsync(
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
        until = Math.Min(until, Latest);
        from = Math.Max(from, Earliest);
        var now = IncomingBar.TimeOf(time.GetUtcNow()) + Day;
        var end = Math.Min(until, _ends.TryGetValue((tickerId, source), out var known) ? known : now);
        for (var span = Span(source, (long)count * period.Parts); ; span *= 8)
        {
            var least = Math.Max(from, period.IsStored ? end - span : period.Bucket(end - span));
            rows.Clear();
            await using var stream = period.IsStored
                ? await OpenAsync(
                    (connection, token) => BarStream.OpenNewestAsync(connection, tickerId, source, fields, least, until, count, token),
                    tickerId,
                    source,
                    version,
                    onStandby,
                    cancellationToken
                )
                : await OpenAsync(
                    (connection, token) =>
                        BarStream.OpenAsync(connection, tickerId, source, fields, least, until, long.MaxValue, long.MaxValue, token),
                    tickerId,
                    source,
                    version,
                    onStandby,
                    cancellationToken
                );
            IBarSink sink = period.IsStored ? rows : new BarFold(period, rows);
            var row = default(BarRow);
            do
            {
                while (stream.TryRead(ref row))
                {
                    sink.Add(row);
                }
            } while (await stream.FillAsync(cancellationToken));

            sink.End();
            if (stream.Until is { } reached)
            {
                _ends[(tickerId, source)] = reached;
            }

            if (rows.Count >= count || least <= (stream.Since is { } since ? Math.Max(from, since) : from))
            {
                if (period.IsStored)
                {
                    rows.Reverse();
                }

                return stream.Window;
            }

            // Nothing near the end that was guessed: look where bars end.
            end = stream.Until is { } last ? Math.Min(until, last) : end;
        }
    }

    internal static void AppendInstant(StringBuilder sql, long instant) =>
        sql.Append(
            CultureInfo.InvariantCulture,
            $"'{IncomingBar.InstantOf(instant).UtcDateTime:yyyy-MM-dd HH:mm:ss.FFFFFF}+00'::timestamptz"
        );

    // What holds so many bars of sessions and weekends, as a rule.
    private static long Span(Timeframe timeframe, long bars) =>
        timeframe.IsDaily ? (bars * 2 + 30) * Day : bars * timeframe.Microseconds * 6 + 4 * Day;

    // A standby will do if it has replayed what is asked for. Where there is none, the primary has it in any case.
    private async Task<BarStream> OpenAsync(
        Func<NpgsqlConnection, CancellationToken, Task<BarStream>> open,
        int tickerId,
        Timeframe timeframe,
        long? version,
        bool onStandby,
        CancellationToken cancellationToken
    )
    {
        // Of bars whose versions nobody has counted, nothing tells how far a standby is.
        if (onStandby && (version ?? await versions.CurrentAsync(tickerId, timeframe, cancellationToken)) is > 0 and var needed)
        {
            var stream = await database.OpenOnStandbyAsync(open, cancellationToken);
            try
            {
                // It may also be ahead: a commit is replayed there before it is seen on the primary, for as long as that waits for its synchronous standbys. Who was told of
                // it would be told something older next.
                if (
                    stream.Version == needed
                    || (
                        stream.Version > needed
                        && await versions.CurrentAsync(tickerId, timeframe, stream.Version, cancellationToken) >= stream.Version
                    )
                )
                {
                    versions.Raise(tickerId, timeframe, stream.Version);
                    return stream;
                }
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }

            await stream.DisposeAsync();
        }

        var current = await database.OpenAsync(open, cancellationToken);
        versions.Raise(tickerId, timeframe, current.Version);
        return current;
    }
}
