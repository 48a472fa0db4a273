using System.Globalization;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Binding;
using Wyckoff.Bars;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Api.Bars;

/// <summary>The bars that a request asks for, and their format: everything except the symbol.</summary>
internal sealed record BarQuery
{
    private static readonly (string Type, BarFormat Format)[] MediaTypes =
    [
        ("application/json", BarFormat.Json),
        ("application/x-ndjson", BarFormat.Ndjson),
        ("text/csv", BarFormat.Csv),
        ("application/vnd.apache.parquet", BarFormat.Parquet),
    ];

    public required BarPeriod Period { get; init; }

    /// <summary>Microseconds since 1970; null for no bound.</summary>
    public long? From { get; init; }

    public long? Until { get; init; }

    /// <summary>Maximum number of bars.</summary>
    public required long Count { get; init; }

    /// <summary>The newest bars of the range are requested, and not the first.</summary>
    public required bool FromEnd { get; init; }

    public required bool Descending { get; init; }

    public required bool Paged { get; init; }

    public BarFields Fields { get; init; } = BarFields.Usual;

    public GapFill Fill { get; init; }

    public TimeZoneInfo? Zone { get; init; }

    public BarFormat Format { get; init; }

    public bool Columns { get; init; }

    /// <summary>Time of the last bar of the previous page.</summary>
    public long? After { get; init; }

    /// <summary>The cached recent bars can answer the query.</summary>
    public bool IsOfRecentBars =>
        Fields == BarFields.Usual
        && Fill == GapFill.None
        && Zone is null
        && !Columns
        && Format != BarFormat.Parquet
        && Count <= (FromEnd ? BarCache.Bars : BarParameters.MostHeld)
        && (FromEnd || From is not null);

    /// <summary>The first time at which a requested bar may begin.</summary>
    public long Start =>
        !Descending && After is { } after && Fill == GapFill.None
            ? Math.Max(Period.Next(after), Begin(From ?? BarReader.Earliest))
            : Begin(From ?? BarReader.Earliest);

    public long End =>
        Descending && After is { } before ? Math.Min(before, Begin(Until ?? BarReader.Latest)) : Begin(Until ?? BarReader.Latest);

    public string ContentType => MediaTypes.First(type => type.Format == Format).Type + (Format == BarFormat.Csv ? "; charset=utf-8" : "");

    /// <summary>The part of the query that all its pages share.</summary>
    public string Digest(string symbol) =>
        string.Create(CultureInfo.InvariantCulture, $"{symbol} {Period} {From} {Until} {Descending} {(int)Fill}");

    /// <summary>Everything that determines the response.</summary>
    public string Identity(string symbol) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{BarCache.Representation} {Digest(symbol)} {Count} {FromEnd} {Paged} {(int)Fields} {Zone?.Id} {(int)Format} {Columns} {After}"
        );

    /// <summary>The cursor of the page that follows a bar.</summary>
    public string NextAfter(string symbol, long last) => Cursor.Make(Digest(symbol), last.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Reads the parameters of a request. Null if no acceptable format is supported; other errors are added to the reader.
    /// </summary>
    public static BarQuery? Read(HttpContext context, RequestReader reader, string? symbol)
    {
        var period = reader.Get(BarParameters.Timeframe, Primitives.Timeframe.Day1);
        var (from, to) = reader.Range(Parameters.From, Parameters.To, period.Source);
        var last = reader.Find(BarParameters.Last);
        var limit = reader.Find(BarParameters.Limit);
        var descending = reader.Get(BarParameters.Order, Order.Asc) == Order.Desc;
        var givenFields = reader.Find(BarParameters.Fields);
        var fill = reader.Get(BarParameters.Fill, GapFill.None);
        reader.Get(BarParameters.Adjust, Adjustment.Raw);
        var zone = reader.Get(BarParameters.Timezone, TimeZoneInfo.Utc);
        var columns = reader.Get(BarParameters.Layout, JsonLayout.Rows) == JsonLayout.Columns;
        if (Negotiate(context, reader) is not { } format)
        {
            return null;
        }

        reader.RequireRange(from, to);
        if (last is not null && limit is not null)
        {
            reader.AddError("limit", "'last' says how many already: one of the two is expected.");
        }

        if (columns && format != BarFormat.Json)
        {
            reader.AddError("layout", "Only JSON has columns: format=json is expected.");
        }

        // A Parquet file has all fields by default, because it is kept.
        var fields = givenFields ?? (format == BarFormat.Parquet ? BarFields.All : BarFields.Usual);
        if (!period.IsStored && fields != BarFields.All && (fields & ~BarFields.Folded) != 0)
        {
            reader.AddError(
                "fields",
                $"Bars of {period} are folded while they are read, and have "
                    + $"{string.Join(", ", BarColumns.Of(BarFields.Folded).Select(column => column.Name))} only."
            );
        }

        if (fill != GapFill.None && descending)
        {
            reader.AddError("order", "Gaps are filled from the oldest bar on: order=asc is expected with 'fill'.");
        }

        // Bars that are JSON, counted from the end or filled are assembled in memory. All others are streamed.
        var fromEnd = last is not null || descending || from is null;
        var held = format == BarFormat.Json || fromEnd || fill != GapFill.None;
        if (held && limit > BarParameters.MostHeld)
        {
            reader.AddError(
                "limit",
                FormattableString.Invariant($"{limit} is out of range: 1 to {BarParameters.MostHeld} is expected of JSON, ")
                    + "and of whatever is read from its end or filled; "
                    + FormattableString.Invariant($"up to {BarParameters.MostStreamed} of NDJSON, CSV and Parquet with 'from'.")
            );
        }

        var query = new BarQuery
        {
            Period = period,
            From = from is { } f ? Math.Clamp(IncomingBar.TimeOf(f), BarReader.Earliest, BarReader.Latest - 1) : null,
            Until = to is { } u ? Math.Clamp(IncomingBar.TimeOf(u), BarReader.Earliest + 1, BarReader.Latest) : null,
            Count = last ?? limit ?? (held ? BarParameters.DefaultLimit : long.MaxValue),
            FromEnd = fromEnd,
            Descending = descending,
            Paged = last is null && (descending || from is not null),
            Fields = fields == BarFields.All ? (period.IsStored ? BarFields.All : BarFields.Folded) : fields,
            Fill = fill,
            Zone = zone == TimeZoneInfo.Utc ? null : zone,
            Format = format,
            Columns = columns,
        };
        if (symbol is not null && reader.Has(BarParameters.Cursor) && reader.Get(BarParameters.Cursor, "") is { Length: > 0 } cursor)
        {
            if (
                !query.Paged
                || !long.TryParse(
                    Cursor.Read(query.Digest(symbol), cursor),
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var after
                )
            )
            {
                reader.AddError(
                    "cursor",
                    $"{Parameters.Quote(cursor)} is not the 'next' of this query: "
                        + "the same symbol, timeframe, from, to, order and fill are expected, with what the page before gave."
                );
            }
            else
            {
                query = query with { After = after };
            }
        }

        return query;
    }

    // A resampled bar belongs to the range if it begins within it. The finer bars of it may be beyond.
    private long Begin(long time) => Period.IsStored || Period.Bucket(time) == time ? time : Period.Next(Period.Bucket(time));

    // Null if no accepted format is supported.
    private static BarFormat? Negotiate(HttpContext context, RequestReader reader)
    {
        if (reader.Has(BarParameters.Format))
        {
            return reader.Get(BarParameters.Format, BarFormat.Json);
        }

        var accept = context.Request.Headers.Accept;
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is null or "" or "*/*" or "application/json"))
        {
            return BarFormat.Json;
        }

        if (!MediaTypeHeaderValue.TryParseList(accept, out var accepted))
        {
            return null;
        }

        foreach (var wanted in accepted.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1))
        {
            foreach (var (type, format) in MediaTypes)
            {
                if (new MediaTypeHeaderValue(type).IsSubsetOf(wanted) || (wanted.MatchesAllTypes && wanted.MatchesAllSubTypes))
                {
                    return format;
                }
            }
        }

        return null;
    }
}
