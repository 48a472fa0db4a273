using System.Globalization;

namespace Wyckoff.Imports.Guessing;

/// <summary>Recognises files of bid and ask prices by their columns.</summary>
internal static class QuoteColumns
{
    /// <summary>The columns of bid or ask prices in a header.</summary>
    /// <param name="names">The names of the columns, in lower case without punctuation.</param>
    public static IEnumerable<int> In(string[] names)
    {
        var sides = Enumerable.Range(0, names.Length).Where(i => IsSide(names[i], "bid") || IsSide(names[i], "ask")).ToList();
        return
            sides.Exists(i => names[i].Contains("bid", StringComparison.Ordinal))
            && sides.Exists(i => names[i].Contains("ask", StringComparison.Ordinal))
            ? sides
            : [];
    }

    /// <summary>
    /// Whether rows without a header hold the open, high, low and close of bid prices, then those of ask prices, each perhaps followed by a
    /// size.
    /// </summary>
    /// <param name="rows">The fields of some rows.</param>
    /// <param name="at">The first column of prices.</param>
    public static bool In(IEnumerable<string[]> rows, int at)
    {
        int quotes = 0,
            others = 0;
        foreach (var row in rows)
        {
            var width = (row.Length - at) switch
            {
                8 => 4,
                10 => 5,
                _ => 0,
            };
            // One side may be missing.
            if (width > 0 && (IsEmpty(row, at) || IsEmpty(row, at + width)))
            {
                continue;
            }

            var isQuote =
                width > 0 && IsBar(row, at, out var bid) && IsBar(row, at + width, out var ask) && bid <= 2 * ask && ask <= 2 * bid;
            quotes += isQuote ? 1 : 0;
            others += isQuote ? 0 : 1;
        }

        return quotes > 9 * others;
    }

    // bid, bidopen, openbid, bidprice, bestbid, but not bidirectional or task.
    private static bool IsSide(string name, string side) =>
        name == side
        || (
            (name.StartsWith(side, StringComparison.Ordinal) || name.EndsWith(side, StringComparison.Ordinal))
            && name.Replace(side, "", StringComparison.Ordinal)
                is "open"
                    or "high"
                    or "low"
                    or "close"
                    or "last"
                    or "o"
                    or "h"
                    or "l"
                    or "c"
                    or "price"
                    or "px"
                    or "best"
                    or "size"
                    or "volume"
                    or "vol"
                    or "qty"
        );

    private static bool IsEmpty(string[] row, int at) => row.AsSpan(at, 4).IndexOfAnyExcept("") < 0;

    private static bool IsBar(string[] row, int at, out decimal close)
    {
        close = 0;
        return Price(row[at], out var open)
            && Price(row[at + 1], out var high)
            && Price(row[at + 2], out var low)
            && Price(row[at + 3], out close)
            && high >= open
            && high >= close
            && low <= open
            && low <= close;
    }

    private static bool Price(string text, out decimal price) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out price) && price > 0;
}
