using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Requests;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Writes the bars of a query: out of the recent window where they are in it, else as the database sends them.</summary>
public sealed class BarAnswers(BarReader reader, BarCache cache, WindowVersions versions, TickerDirectory tickers, TimeProvider time)
{
    /// <summary>The version of the bars, for formats whose body has no place for it.</summary>
    public const string VersionHeader = "Wyckoff-Version";

    /// <summary>The ticker of a symbol, as it is now.</summary>
    public ValueTask<TickerRef?> FindTickerAsync(Symbol symbol, CancellationToken cancellationToken) => tickers.FindAsync(symbol, cancellationToken);

    internal async Task WriteAsync(HttpContext context, BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        // Whoever has it already need not have it read.
        if (context.Request.Headers.IfNoneMatch.Count > 0 && await versions.CurrentAsync(ticker.Id, query.Period.Source, cancellationToken) is > 0 and var version
            && Matches(context.Request.Headers.IfNoneMatch, Tag(query, ticker, version)))
        {
            Begin(context, query, ticker, new(version, 0));
        }
        else if (query.IsOfWindow && !cache.IsOff && await FindWindowAsync(query, ticker, cancellationToken) is var (window, first, end, more))
        {
            await WriteWindowAsync(context, query, ticker, window, first, end, more, cancellationToken);
        }
        else if (query.FromEnd)
        {
            await WriteNewestAsync(context, query, ticker, cancellationToken);
        }
        else
        {
            await WriteStreamAsync(context, query, ticker, cancellationToken);
        }
    }

    /// <summary>One symbol of several, into a response that has begun.</summary>
    internal async Task AppendAsync(HttpContext context, BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        var output = context.Response.BodyWriter;
        if (query is { IsOfWindow: true, Format: BarFormat.Json } && !cache.IsOff && await FindWindowAsync(query, ticker, cancellationToken) is var (window, first, end, more))
        {
            var (head, tail) = Ends(query, ticker, window, first, end, more);
            WriteWindow(output, query, window, first, end, head, tail);
            await output.FlushAsync(cancellationToken);
            return;
        }

        var body = BarBody.Of(query, output, ticker.Symbol, named: true);
        if (query.FromEnd)
        {
            using var rows = new BarRows(HeldCount(query));
            var version = await reader.ReadNewestAsync(ticker.Id, query.Period, query.Fields, query.Start, query.End, HeldCount(query), rows, null, cancellationToken);
            body.Begin(version.Version);
            await SendAsync(body, query, ticker, rows, cancellationToken);
        }
        else
        {
            await using var stream = await OpenAsync(query, ticker, cancellationToken);
            body.Begin(stream.Version);
            await SendAsync(body, query, ticker, stream, cancellationToken);
        }
    }

    /// <summary>The newest bar before an instant, as an object; null when there is none. And the version it is of.</summary>
    internal async Task<(string? Bar, long Version)> NewestAsync(TickerRef ticker, BarPeriod period, long until, CancellationToken cancellationToken)
    {
        if (until >= BarReader.Latest && !cache.IsOff && await cache.FindAsync(ticker, period, BarFormat.Json, cancellationToken) is { } window)
        {
            return (window.Count == 0 ? null : Encoding.UTF8.GetString(window.Rows(window.Count - 1, window.Count)[..^1]), window.Version);
        }

        using var rows = new BarRows(1);
        var version = await reader.ReadNewestAsync(ticker.Id, period, BarFields.Usual, BarReader.Earliest, until, 1, rows, null, cancellationToken);
        var scratch = new byte[BarText.Longest];
        return (rows.Count == 0 ? null : Encoding.UTF8.GetString(scratch, 0, BarText.Json(BarFields.Usual, false, period.IsOfDates).Write(scratch, rows[0])), version.Version);
    }

    private static int HeldCount(BarQuery query) => (int)query.Count + (query.Paged ? 1 : 0);

    private async ValueTask<(CachedWindow Window, int First, int End, bool More)?> FindWindowAsync(BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        if (await cache.FindAsync(ticker, query.Period, query.Format, cancellationToken) is not { } window)
        {
            // Perhaps the symbol is another ticker's by now; whoever asks next will know.
            tickers.Forget(ticker.Id);
            return null;
        }

        if (query.FromEnd)
        {
            // One more tells whether there is another page.
            if (window.Cut(query.Start, query.End, HeldCount(query)) is not var (first, end))
            {
                return null;
            }

            var more = end - first > query.Count;
            return (window, more ? first + 1 : first, end, more);
        }

        return window.Cut(query.Start, query.End, long.MaxValue) is var (from, until) ? (window, from, (int)Math.Min(until, from + query.Count), until - from > query.Count) : null;
    }

    private async Task WriteWindowAsync(HttpContext context, BarQuery query, TickerRef ticker, CachedWindow window, int first, int end, bool more, CancellationToken cancellationToken)
    {
        if (!Begin(context, query, ticker, window.Window))
        {
            return;
        }

        // What is written before the headers would be copied once more behind them; and a body of known length needs no marks of chunks.
        var (head, tail) = Ends(query, ticker, window, first, end, more);
        context.Response.ContentLength = head.Length + Rows(query, window, first, end).Length + tail.Length;
        await context.Response.StartAsync(cancellationToken);
        WriteWindow(context.Response.BodyWriter, query, window, first, end, head, tail);
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    // What precedes the bars, and what follows them: ASCII, whatever the symbol.
    private static (string Head, string Tail) Ends(BarQuery query, TickerRef ticker, CachedWindow window, int first, int end, bool more)
    {
        if (query.Format != BarFormat.Json)
        {
            return (query.Format == BarFormat.Csv ? BarText.CsvHeader(query.Fields, false, false) : "", "");
        }

        var last = first >= end ? 0 : window.Times[query.Descending ? first : end - 1];
        return (BarBody.Head(ticker.Symbol.Value, query.Period, window.Version) + "\"bars\":[", "]," + BarBody.Tail(end - first, Next(query, ticker, more, last)));
    }

    // The comma after the last bar of JSON is not written.
    private static ReadOnlySpan<byte> Rows(BarQuery query, CachedWindow window, int first, int end)
    {
        var rows = window.Rows(first, end);
        return query.Format == BarFormat.Json && !rows.IsEmpty ? rows[..^1] : rows;
    }

    private static void WriteWindow(System.IO.Pipelines.PipeWriter output, BarQuery query, CachedWindow window, int first, int end, string head, string tail)
    {
        Encoding.ASCII.GetBytes(head, output);
        if (!query.Descending)
        {
            Write(output, Rows(query, window, first, end));
        }
        else
        {
            for (var place = end - 1; place >= first; place--)
            {
                var row = window.Rows(place, place + 1);
                Write(output, query.Format == BarFormat.Json && place == first ? row[..^1] : row);
            }
        }

        Encoding.ASCII.GetBytes(tail, output);
    }

    private static void Write(System.IO.Pipelines.PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        System.Buffers.BuffersExtensions.Write(output, bytes);
    }

    private async Task WriteNewestAsync(HttpContext context, BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        using var rows = new BarRows(HeldCount(query));
        var version = await reader.ReadNewestAsync(ticker.Id, query.Period, query.Fields, query.Start, query.End, HeldCount(query), rows, null, cancellationToken);
        if (Begin(context, query, ticker, version))
        {
            var body = BarBody.Of(query, context.Response.BodyWriter, ticker.Symbol, named: false);
            body.Begin(version.Version);
            await SendAsync(body, query, ticker, rows, cancellationToken);
        }
    }

    private async Task WriteStreamAsync(HttpContext context, BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        await using var stream = await OpenAsync(query, ticker, cancellationToken);
        if (Begin(context, query, ticker, stream.Window))
        {
            var body = BarBody.Of(query, context.Response.BodyWriter, ticker.Symbol, named: false);
            body.Begin(stream.Version);
            await SendAsync(body, query, ticker, stream, cancellationToken);
        }
    }

    private async Task<BarStream> OpenAsync(BarQuery query, TickerRef ticker, CancellationToken cancellationToken)
    {
        var start = query.Start;
        if (query is { Fill: not GapFill.None, After: { } after })
        {
            // The bar that the gap begins with, if the page before ended in one.
            using var seed = new BarRows(1);
            await reader.ReadNewestAsync(ticker.Id, query.Period, BarFields.Close, start, after + 1, 1, seed, null, cancellationToken);
            start = seed.Count == 0 ? start : seed[0].Time;
        }

        var wanted = query.Count == long.MaxValue ? long.MaxValue : (query.Count + 1) * query.Period.Parts;
        var fields = query.Period.IsStored ? query.Fields : BarFields.Usual | BarFields.QualityScore;
        return await reader.OpenAsync(ticker.Id, query.Period.Source, fields, start, query.End, wanted, query.Period.IsStored && query.Fill == GapFill.None ? wanted : long.MaxValue, null, cancellationToken);
    }

    private static async Task SendAsync(BarBody body, BarQuery query, TickerRef ticker, BarStream stream, CancellationToken cancellationToken)
    {
        IBarSink sink = query.Fill == GapFill.None ? body : new BarFill(query.Period, query.Fill, query.After ?? long.MinValue, query.Count + 1, body);
        if (!query.Period.IsStored)
        {
            sink = new BarFold(query.Period, sink);
        }

        var row = default(BarRow);
        do
        {
            while (!body.HasMore && stream.TryRead(ref row))
            {
                sink.Add(row);
            }

            if (body.HasMore || !await body.FlushAsync(cancellationToken))
            {
                break;
            }
        }
        while (await stream.FillAsync(cancellationToken));

        if (!body.HasMore)
        {
            sink.End();
        }

        await body.EndAsync(Next(query, ticker, body.HasMore, body.LastTime), cancellationToken);
    }

    private static async Task SendAsync(BarBody body, BarQuery query, TickerRef ticker, BarRows rows, CancellationToken cancellationToken)
    {
        if (query.Fill != GapFill.None)
        {
            // Bars that were counted from the end are so many with what is filled in between: the first of them make room.
            using var filled = new BarRows((int)query.Count);
            var fill = new BarFill(query.Period, query.Fill, long.MinValue, long.MaxValue, filled);
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

        await body.EndAsync(Next(query, ticker, more, body.LastTime), cancellationToken);
    }

    private static string? Next(BarQuery query, TickerRef ticker, bool more, long last) =>
        more && query.Paged ? Cursor.Make(query.Digest(ticker.Symbol.Value), last.ToString(CultureInfo.InvariantCulture)) : null;

    // Sets what goes before the body. False when the client has it already.
    private bool Begin(HttpContext context, BarQuery query, TickerRef ticker, WindowVersion state)
    {
        var headers = context.Response.Headers;
        headers.ContentType = query.ContentType;
        headers.Vary = "Accept, Accept-Encoding";
        var version = state.Version;
        if (version == 0)
        {
            headers.CacheControl = "no-store";
            return true;
        }

        var tag = Tag(query, ticker, version);
        headers.ETag = tag;
        // Told, and not gone by: a second may see several versions.
        headers.LastModified = state.ChangedAt == 0 ? default(StringValues) : HeaderUtilities.FormatDate(IncomingBar.InstantOf(state.ChangedAt));
        headers[VersionHeader] = version.ToString(CultureInfo.InvariantCulture);
        // What was is rarely corrected, and then a minute late is soon enough for whoever keeps copies; what is asked us is always as it is now.
        headers.CacheControl = !query.FromEnd && query.End < IncomingBar.TimeOf(time.GetUtcNow().AddDays(-7)) ? "max-age=60" : "no-cache";
        if (!Matches(context.Request.Headers.IfNoneMatch, tag))
        {
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        headers.ContentType = default;
        return false;
    }

    private static string Tag(BarQuery query, TickerRef ticker, long version) =>
        FormattableString.Invariant($"W/\"{version:x}-{Hash(ticker.Incarnation + ' ' + ticker.Id + ' ' + query.Identity(ticker.Symbol.Value)):x16}\"");

    private static bool Matches(StringValues given, string tag) =>
        given.Count > 0 && given.Any(value => value is not null && value.Split(',', StringSplitOptions.TrimEntries).Any(one => one == "*" || one == tag || "W/" + one == tag));

    // FNV-1a: the same in every replica, which string.GetHashCode is not.
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}
