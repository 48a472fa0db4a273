using System.IO.Pipelines;
using System.Text;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Bars;

/// <summary>
/// A part of the cached recent bars as the response to a query: its first and last bar, and the text before and after them.
/// </summary>
internal sealed class RecentBarsPart
{
    private readonly BarQuery _query;
    private readonly TickerRef _ticker;
    private readonly RecentBars _window;
    private readonly int _first;
    private readonly int _end;
    private readonly byte[] _head;
    private readonly byte[] _tail;

    private RecentBarsPart(BarQuery query, TickerRef ticker, RecentBars window, int first, int end, bool more)
    {
        (_query, _ticker, _window, _first, _end) = (query, ticker, window, first, end);
        var last = first >= end ? 0 : window.Times[query.Descending ? first : end - 1];
        var next = more && query.Paged ? query.NextAfter(ticker.Symbol.Value, last) : null;
        // Symbols and periods are ASCII.
        (_head, _tail) = query.Format switch
        {
            BarFormat.Json => (
                Encoding.ASCII.GetBytes(BarBody.Head(ticker.Symbol.Value, query.Period, window.Version) + "\"bars\":["),
                Encoding.ASCII.GetBytes("]," + BarBody.Tail(end - first, next))
            ),
            BarFormat.Csv => (Encoding.ASCII.GetBytes(BarText.CsvHeader(query.Fields, flagged: false)), []),
            _ => (Array.Empty<byte>(), []),
        };
        Headers = new(query, ticker, window.Window);
    }

    public BarHeaders Headers { get; }

    public int Length => _head.Length + Rows.Length + _tail.Length;

    // Without the comma after the last bar of JSON.
    private ReadOnlySpan<byte> Rows
    {
        get
        {
            var rows = _window.Rows(_first, _end);
            return _query.Format == BarFormat.Json && !rows.IsEmpty ? rows[..^1] : rows;
        }
    }

    /// <summary>Cuts the response to a query out of recent bars; null if these may not include all its bars.</summary>
    public static RecentBarsPart? Cut(BarQuery query, TickerRef ticker, RecentBars window)
    {
        // When counting from the end, one more bar tells whether there is another page.
        if (window.Cut(query.Start, query.End, query.FromEnd ? query.Count + (query.Paged ? 1 : 0) : long.MaxValue) is not var (first, end))
        {
            return null;
        }

        var more = end - first > query.Count;
        return new(
            query,
            ticker,
            window,
            more && query.FromEnd ? first + 1 : first,
            more && !query.FromEnd ? first + (int)query.Count : end,
            more
        );
    }

    public bool IsOf(TickerRef ticker, RecentBars window) =>
        ReferenceEquals(window, _window) && (ReferenceEquals(ticker, _ticker) || ticker == _ticker);

    public void Write(PipeWriter output)
    {
        // In one piece: piece by piece, each 4 KiB would cost a call, a lock and a pinned block, which is slower than copying.
        var rest = output.GetSpan(Length);
        Put(_head, ref rest);
        if (!_query.Descending)
        {
            Put(Rows, ref rest);
        }
        else
        {
            for (var place = _end - 1; place >= _first; place--)
            {
                var row = _window.Rows(place, place + 1);
                Put(_query.Format == BarFormat.Json && place == _first ? row[..^1] : row, ref rest);
            }
        }

        Put(_tail, ref rest);
        output.Advance(Length);

        static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
        {
            bytes.CopyTo(rest);
            rest = rest[bytes.Length..];
        }
    }
}
