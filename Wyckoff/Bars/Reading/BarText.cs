using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;

namespace Wyckoff.Bars.Reading;

/// <summary>
/// Writes a bar as JSON or as a line of CSV, exactly: amounts directly from their fixed-point numbers, without zeros at their end. Not
/// thread-safe, because the last date and offset are cached.
/// </summary>
public sealed class BarText
{
    /// <summary>No bar takes more bytes.</summary>
    public const int Longest = 2048;

    private const long Second = 1_000_000;
    private const long Day = 86_400 * Second;

    private readonly (BarFields Field, byte[] Before)[] _columns;
    private readonly byte[] _open;
    private readonly byte[] _close;
    private readonly byte[] _filled;
    private readonly bool _json;
    private readonly bool _dates;
    private readonly bool _flagged;
    private readonly TimeZoneInfo? _zone;
    private readonly byte[] _date = new byte[10];
    private readonly byte[] _shownOffset = new byte[6];
    private long _day = long.MinValue;
    private long _offsetFrom = long.MaxValue;
    private long _offsetUntil = long.MinValue;
    private long _offset;

    private BarText(bool json, BarFields fields, bool flagged, bool dates, TimeZoneInfo? zone, string prefix)
    {
        (_json, _dates, _flagged, _zone) = (json, dates, flagged, zone == TimeZoneInfo.Utc ? null : zone);
        _open = Encoding.UTF8.GetBytes(prefix);
        _columns =
        [
            .. BarColumns
                .Of(fields)
                .Select(
                    (column, place) =>
                        (column.Field, Encoding.UTF8.GetBytes(!json ? "," : $"{(place == 0 ? "\"" : "")},\"{column.Name}\":"))
                ),
        ];
        // The closing quote of the timestamp is part of what precedes the next field, if there is one.
        _filled = Encoding.UTF8.GetBytes(!json ? "," : $"{(_columns.Length == 0 ? "\"" : "")},\"filled\":");
        _close = Encoding.UTF8.GetBytes(
            !json ? "\n"
            : _columns.Length == 0 && !flagged ? "\"}"
            : "}"
        );
    }

    /// <summary>Creates a writer of one JSON object per bar.</summary>
    /// <param name="fields">Fields to write.</param>
    /// <param name="flagged">Add <c>filled</c>: whether the bar fills a gap.</param>
    /// <param name="dates">The timestamps are session dates.</param>
    /// <param name="zone">Time zone of the timestamps; null for UTC.</param>
    /// <param name="symbol">Symbol to write with each bar; null for none.</param>
    public static BarText Json(BarFields fields, bool flagged, bool dates, TimeZoneInfo? zone = null, string? symbol = null) =>
        new(
            true,
            fields,
            flagged,
            dates,
            zone,
            symbol is null ? "{\"timestamp\":\"" : $"{{\"symbol\":\"{JavaScriptEncoder.Default.Encode(symbol)}\",\"timestamp\":\""
        );

    /// <summary>Creates a writer of one line of CSV per bar, with its symbol and timeframe.</summary>
    public static BarText Csv(string symbol, BarPeriod period, BarFields fields, bool flagged, TimeZoneInfo? zone = null) =>
        new(false, fields, flagged, period.IsOfDates, zone, $"{symbol},{period.Name},");

    /// <summary>The header of the lines that <see cref="Csv"/> writes.</summary>
    public static string CsvHeader(BarFields fields, bool flagged) =>
        string.Join(
            ',',
            [
                "symbol",
                "timeframe",
                "timestamp",
                .. BarColumns.Of(fields).Select(column => column.Column),
                .. flagged ? ["filled"] : Array.Empty<string>(),
            ]
        ) + "\n";

    /// <summary>Writes a bar.</summary>
    /// <returns>The number of bytes.</returns>
    public int Write(Span<byte> to, in BarRow row)
    {
        _open.CopyTo(to);
        var at = _open.Length;
        at += Timestamp(to[at..], row.Time);
        foreach (var (field, before) in _columns)
        {
            before.CopyTo(to[at..]);
            at += before.Length;
            at += Value(to[at..], field, row);
        }

        if (_flagged)
        {
            _filled.CopyTo(to[at..]);
            at += _filled.Length;
            at += Boolean(to[at..], row.Filled);
        }

        _close.CopyTo(to[at..]);
        return at + _close.Length;
    }

    /// <summary>Writes a timestamp without quotes.</summary>
    public int Timestamp(Span<byte> to, long time)
    {
        // A session date does not change with the zone: it is written as midnight in that zone.
        var offset = _zone is null ? 0 : Offset(time);
        var local = _dates ? time : time + offset;
        var day = local >= 0 ? local / Day : -((Day - 1 - local) / Day);
        if (day != _day)
        {
            // Formatted by hand: daily bars have another date in each row, and parsing a format string each time is slow.
            var (year, month, ofMonth) = DateOnly.FromDayNumber((int)(day + 719_162));
            Two(_date, year / 100);
            Two(_date.AsSpan(2), year % 100);
            Two(_date.AsSpan(5), month);
            Two(_date.AsSpan(8), ofMonth);
            (_date[4], _date[7]) = ((byte)'-', (byte)'-');
            _day = day;
        }

        _date.CopyTo(to);
        to[10] = (byte)'T';
        var rest = local - day * Day;
        var seconds = (int)(rest / Second);
        Two(to[11..], seconds / 3600);
        to[13] = (byte)':';
        Two(to[14..], seconds / 60 % 60);
        to[16] = (byte)':';
        Two(to[17..], seconds % 60);
        var at = 19;
        if (rest % Second is > 0 and var fraction)
        {
            to[at++] = (byte)'.';
            at += Fraction(to[at..], (int)fraction, 100_000);
        }

        if (_zone is null)
        {
            to[at] = (byte)'Z';
            return at + 1;
        }

        _shownOffset.CopyTo(to[at..]);
        return at + 6;
    }

    /// <summary>Writes one value, for output column by column.</summary>
    public int Value(Span<byte> to, BarFields field, in BarRow row)
    {
        if (row.Empty)
        {
            return Null(to);
        }

        return field switch
        {
            BarFields.Open => Amount(to, row.Open),
            BarFields.High => Amount(to, row.High),
            BarFields.Low => Amount(to, row.Low),
            BarFields.Close => Amount(to, row.Close),
            BarFields.Volume => row.Volume < long.MaxValue
                ? Amount(to, (long)row.Volume)
                : Encoding.ASCII.GetBytes(IncomingBar.Text(row.Volume), to),
            BarFields.TradeCount => row.TradeCount == BarRow.Null ? Null(to) : Number(to, row.TradeCount),
            BarFields.Vwap => Amount(to, row.Vwap),
            BarFields.Spread => Amount(to, row.Spread),
            BarFields.SpreadRatio => row.Filled ? Null(to) : Amount(to, row.SpreadRatio),
            BarFields.VolumeRatio => row.Filled ? Null(to) : Amount(to, row.VolumeRatio),
            BarFields.LowHistory => row.Filled ? Null(to) : Boolean(to, row.LowHistory),
            BarFields.Source => row.Filled ? Null(to) : Text(to, row.Source),
            _ => Amount(to, row.QualityScore),
        };
    }

    public static int Boolean(Span<byte> to, bool value)
    {
        var text = value ? "true"u8 : "false"u8;
        text.CopyTo(to);
        return text.Length;
    }

    private long Offset(long time)
    {
        if (time < _offsetFrom || time >= _offsetUntil)
        {
            // In every zone, the offset changes only at full quarters of an hour.
            const long Quarter = 900 * Second;
            var from = time - ((time % Quarter) + Quarter) % Quarter;
            var instant = IncomingBar.InstantOf(time);
            // For a date, the offset at midnight in the zone counts, and not that at midnight UTC.
            var offset = _dates
                ? _zone!.GetUtcOffset(DateTime.SpecifyKind(instant.UtcDateTime, DateTimeKind.Unspecified))
                : _zone!.GetUtcOffset(instant);
            _offset = offset.Ticks / TimeSpan.TicksPerMicrosecond;
            (_offsetFrom, _offsetUntil) = (from, from + Quarter);
            var minutes = (int)Math.Abs(offset.TotalMinutes);
            _shownOffset[0] = (byte)(offset < TimeSpan.Zero ? '-' : '+');
            Two(_shownOffset.AsSpan(1), minutes / 60);
            _shownOffset[3] = (byte)':';
            Two(_shownOffset.AsSpan(4), minutes % 60);
        }

        return _offset;
    }

    private int Null(Span<byte> to)
    {
        if (!_json)
        {
            return 0;
        }

        "null"u8.CopyTo(to);
        return 4;
    }

    private int Amount(Span<byte> to, long amount)
    {
        if (amount == BarRow.Null)
        {
            return Null(to);
        }

        var at = 0;
        if (amount < 0)
        {
            to[at++] = (byte)'-';
            amount = -amount;
        }

        var (whole, fraction) = Math.DivRem(amount, IncomingBar.One);
        at += Number(to[at..], whole);
        if (fraction != 0)
        {
            to[at++] = (byte)'.';
            at += Fraction(to[at..], (int)fraction, 10_000_000);
        }

        return at;
    }

    private static int Number(Span<byte> to, long value)
    {
        Utf8Formatter.TryFormat(value, to, out var written);
        return written;
    }

    private static int Fraction(Span<byte> to, int fraction, int first)
    {
        var at = 0;
        for (; fraction > 0; first /= 10)
        {
            (var digit, fraction) = Math.DivRem(fraction, first);
            to[at++] = (byte)('0' + digit);
        }

        return at;
    }

    private static void Two(Span<byte> to, int value) => (to[0], to[1]) = ((byte)('0' + value / 10), (byte)('0' + value % 10));

    private int Text(Span<byte> to, byte[]? text)
    {
        var plain = text is null || text.AsSpan().IndexOfAnyExcept(Plain) < 0;
        if (plain && !_json)
        {
            text.CopyTo(to);
            return text?.Length ?? 0;
        }

        var at = 0;
        to[at++] = (byte)'"';
        if (plain)
        {
            text.CopyTo(to[at..]);
            at += text?.Length ?? 0;
        }
        else
        {
            var written = Encoding.UTF8.GetString(text!);
            at += Encoding.UTF8.GetBytes(
                _json ? JavaScriptEncoder.Default.Encode(written) : written.Replace("\"", "\"\"", StringComparison.Ordinal),
                to[at..]
            );
        }

        to[at++] = (byte)'"';
        return at;
    }

    private static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/ "u8
    );
}
