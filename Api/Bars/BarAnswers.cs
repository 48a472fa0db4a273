using System.Text;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Bars;

/// <summary>Answers queries for bars: from the cached recent bars if these suffice, otherwise from the database.</summary>
public sealed class BarAnswers(BarReader reader, BarCache cache, WindowVersions versions, TickerDirectory tickers, TimeProvider time)
{
    /// <summary>Header with the version of the window, for formats whose body does not contain it.</summary>
    public const string VersionHeader = "Wyckoff-Version";

    /// <summary>Finds tickers by their symbols; null for each unknown symbol.</summary>
    public async Task<TickerRef?[]> FindTickersAsync(
        IReadOnlyList<Symbol> symbols,
        Timeframe timeframe,
        CancellationToken cancellationToken
    ) => await Task.WhenAll(symbols.Select(symbol => FindTickerAsync(symbol, timeframe, cancellationToken)));

    /// <summary>Writes the response; false if the symbol is unknown.</summary>
    internal async Task<bool> WriteAsync(HttpContext context, BarRequest request, CancellationToken cancellationToken)
    {
        if (await tickers.FindAsync(request.Symbol, cancellationToken) is not { } ticker)
        {
            return false;
        }

        if (!await TryWriteAsync(context, request, ticker, isSure: false, cancellationToken))
        {
            tickers.Forget(ticker.Id);
            if (await tickers.FindAsync(request.Symbol, cancellationToken) is not { } again)
            {
                return false;
            }

            await TryWriteAsync(context, request, again, isSure: true, cancellationToken);
        }

        return true;
    }

    // A ticker without a version has no bars yet, or it was deleted and its symbol may belong to a new ticker. In this case nothing is
    // written unless isSure says that the ticker has just been looked up.
    private async Task<bool> TryWriteAsync(
        HttpContext context,
        BarRequest request,
        TickerRef ticker,
        bool isSure,
        CancellationToken cancellationToken
    )
    {
        var query = request.Query;
        // Answer 304 without reading bars if the client's ETag is current. The client may have seen a newer version than this replica.
        if (
            context.Request.Headers.IfNoneMatch.Count > 0
            && await versions.CurrentAsync(ticker.Id, query.Period.Source, BarHeaders.NewestSeen(context, query, ticker), cancellationToken)
                is > 0
                    and var version
            && new BarHeaders(query, ticker, new(version, 0)) is var headers
            && headers.IsAt(context)
        )
        {
            headers.Begin(context, time);
        }
        else if (query.IsOfRecentBars && !cache.IsOff && await FindAsync(query, request.Last, ticker, cancellationToken) is { } part)
        {
            request.Last = part;
            if (part.Headers.Begin(context, time))
            {
                // Start first: Kestrel copies what is written before the headers are sent. A known length avoids chunked encoding.
                context.Response.ContentLength = part.Length;
                await context.Response.StartAsync(cancellationToken);
                part.Write(context.Response.BodyWriter);
                await context.Response.BodyWriter.FlushAsync(cancellationToken);
            }
        }
        else if (query.FromEnd)
        {
            return await WriteNewestAsync(context, query, ticker, isSure, cancellationToken);
        }
        else
        {
            return await WriteStreamAsync(context, query, ticker, isSure, cancellationToken);
        }

        return true;
    }

    /// <summary>
    /// Writes the bars of one of several symbols. <paramref name="before"/> is written only when the bars have been found, because
    /// until then the response may still become an error.
    /// </summary>
    internal async Task AppendAsync(
        HttpContext context,
        BarQuery query,
        TickerRef ticker,
        string before,
        CancellationToken cancellationToken
    )
    {
        var output = context.Response.BodyWriter;
        if (
            query is { IsOfRecentBars: true, Format: BarFormat.Json }
            && !cache.IsOff
            && await FindAsync(query, null, ticker, cancellationToken) is { } part
        )
        {
            Encoding.UTF8.GetBytes(before, output);
            part.Write(output);
            await output.FlushAsync(cancellationToken);
            return;
        }

        using var body = BarBody.Of(query, output, ticker.Symbol, named: true);
        if (query.FromEnd)
        {
            using var rows = new BarRows(HeldCount(query));
            var version = await reader.ReadNewestAsync(
                ticker.Id,
                query.Period,
                query.Fields,
                query.Start,
                query.End,
                HeldCount(query),
                rows,
                null,
                cancellationToken
            );
            Encoding.UTF8.GetBytes(before, output);
            body.Begin(version.Version);
            await SendAsync(body, query, ticker, rows, cancellationToken);
        }
        else
        {
            await using var bars = await OpenAsync(query, ticker, cancellationToken);
            Encoding.UTF8.GetBytes(before, output);
            body.Begin(bars.Version);
            await SendAsync(body, query, ticker, bars, cancellationToken);
        }
    }

    /// <summary>Finds the newest bar before an instant, as JSON (null if there is none), and the version of the window.</summary>
    internal async Task<(string? Bar, long Version)> NewestAsync(
        TickerRef ticker,
        BarPeriod period,
        long until,
        CancellationToken cancellationToken
    )
    {
        if (
            until >= BarReader.Latest
            && !cache.IsOff
            && await cache.FindAsync(ticker, period, BarFormat.Json, cancellationToken) is { } window
        )
        {
            return (window.Count == 0 ? null : Encoding.UTF8.GetString(window.Rows(window.Count - 1, window.Count)[..^1]), window.Version);
        }

        using var rows = new BarRows(1);
        var version = await reader.ReadNewestAsync(
            ticker.Id,
            period,
            BarFields.Usual,
            BarReader.Earliest,
            until,
            1,
            rows,
            null,
            cancellationToken
        );
        var scratch = new byte[BarText.Longest];
        return (
            rows.Count == 0
                ? null
                : Encoding.UTF8.GetString(scratch, 0, BarText.Json(BarFields.Usual, false, period.IsOfDates).Write(scratch, rows[0])),
            version.Version
        );
    }

    private static int HeldCount(BarQuery query) => (int)query.Count + (query.Paged ? 1 : 0);

    private async ValueTask<RecentBarsPart?> FindAsync(
        BarQuery query,
        RecentBarsPart? last,
        TickerRef ticker,
        CancellationToken cancellationToken
    )
    {
        if (await cache.FindAsync(ticker, query.Period, query.Format, cancellationToken) is { } window)
        {
            return last?.IsOf(ticker, window) == true ? last : RecentBarsPart.Cut(query, ticker, window);
        }

        return null;
    }

    private async Task<bool> WriteNewestAsync(
        HttpContext context,
        BarQuery query,
        TickerRef ticker,
        bool isSure,
        CancellationToken cancellationToken
    )
    {
        using var rows = new BarRows(HeldCount(query));
        var version = await reader.ReadNewestAsync(
            ticker.Id,
            query.Period,
            query.Fields,
            query.Start,
            query.End,
            HeldCount(query),
            rows,
            null,
            cancellationToken
        );
        if (version.Version == 0 && !isSure)
        {
            return false;
        }

        if (new BarHeaders(query, ticker, version).Begin(context, time))
        {
            using var body = BarBody.Of(query, context.Response.BodyWriter, ticker.Symbol, named: false);
            body.Begin(version.Version);
            await SendAsync(body, query, ticker, rows, cancellationToken);
        }

        return true;
    }

    private async Task<bool> WriteStreamAsync(
        HttpContext context,
        BarQuery query,
        TickerRef ticker,
        bool isSure,
        CancellationToken cancellationToken
    )
    {
        await using var bars = await OpenAsync(query, ticker, cancellationToken);
        if (bars.Version == 0 && !isSure)
        {
            return false;
        }

        if (new BarHeaders(query, ticker, bars.Window).Begin(context, time))
        {
            using var body = BarBody.Of(query, context.Response.BodyWriter, ticker.Symbol, named: false);
            body.Begin(bars.Version);
            await SendAsync(body, query, ticker, bars, cancellationToken);
        }

        return true;
    }

    private async Task<BarRowReader> OpenAsync(BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        var start = query.Start;
        if (query is { Fill: not GapFill.None, After: { } after })
        {
            // If the previous page ended within a gap, read from the bar before that gap.
            using var seed = new BarRows(1);
            await reader.ReadNewestAsync(ticker.Id, query.Period, BarFields.Close, start, after + 1, 1, seed, null, cancellationToken);
            start = seed.Count == 0 ? start : seed[0].Time;
        }

        var wanted = query.Count == long.MaxValue ? long.MaxValue : (query.Count + 1) * query.Period.Parts;
        var fields = query.Period.IsStored ? query.Fields : BarFields.Usual | BarFields.QualityScore;
        return await reader.OpenAsync(
            ticker.Id,
            query.Period.Source,
            fields,
            start,
            query.End,
            wanted,
            query.Period.IsStored && query.Fill == GapFill.None ? wanted : long.MaxValue,
            null,
            cancellationToken
        );
    }

    private static async Task SendAsync(
        BarBody body,
        BarQuery query,
        TickerRef ticker,
        BarRowReader bars,
        CancellationToken cancellationToken
    )
    {
        IBarSink sink =
            query.Fill == GapFill.None ? body : new BarFill(query.Period, query.Fill, query.After ?? long.MinValue, query.Count + 1, body);
        if (!query.Period.IsStored)
        {
            sink = new BarFold(query.Period, sink);
        }

        var row = default(BarRow);
        do
        {
            while (!body.HasMore && bars.TryRead(ref row))
            {
                sink.Add(row);
            }

            if (body.HasMore || !await body.FlushAsync(cancellationToken))
            {
                break;
            }
        } while (await bars.FillAsync(cancellationToken));

        if (!body.HasMore)
        {
            sink.End();
        }

        await body.EndAsync(body.HasMore && query.Paged ? query.NextAfter(ticker.Symbol.Value, body.LastTime) : null, cancellationToken);
    }

    private static async Task SendAsync(BarBody body, BarQuery query, TickerRef ticker, BarRows rows, CancellationToken cancellationToken)
    {
        if (query.Fill != GapFill.None)
        {
            // When counting from the end, filled bars count as well.
            using var filled = new BarRows((int)query.Count);
            var after = rows.Count == 0 ? long.MinValue : query.Period.Before(rows[rows.Count - 1].Time, query.Count);
            var fill = new BarFill(query.Period, query.Fill, after, long.MaxValue, filled);
            for (var i = 0; i < rows.Count; i++)
            {
                fill.Add(rows[i]);
            }

            await SendAsync(body, query with { Fill = GapFill.None }, ticker, filled, cancellationToken);
            return;
        }

        var more = query.Paged && rows.Count > query.Count;
        for (var i = 0; i < rows.Count - (more ? 1 : 0); i++)
        {
            body.Add(query.Descending ? rows[rows.Count - 1 - i] : rows[i]);
            if ((i & 63) == 63 && !await body.FlushAsync(cancellationToken))
            {
                return;
            }
        }

        await body.EndAsync(more ? query.NextAfter(ticker.Symbol.Value, body.LastTime) : null, cancellationToken);
    }

    private async Task<TickerRef?> FindTickerAsync(Symbol symbol, Timeframe timeframe, CancellationToken cancellationToken)
    {
        var ticker = await tickers.FindAsync(symbol, cancellationToken);
        if (ticker is null || await versions.CurrentAsync(ticker.Id, timeframe, cancellationToken) > 0)
        {
            return ticker;
        }

        tickers.Forget(ticker.Id);
        return await tickers.FindAsync(symbol, cancellationToken);
    }
}
