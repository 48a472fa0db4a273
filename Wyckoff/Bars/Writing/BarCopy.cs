using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Copies bars into a table in PostgreSQL's binary format. Rows are encoded here rather than by Npgsql, value by value, because that would
/// take most of the time at half a million rows a second.
/// </summary>
internal sealed class BarCopy : IAsyncDisposable
{
    public const string Columns =
        "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, "
        + "source, quality_score, import_id";

    /// <summary>2000-01-01, the epoch of PostgreSQL's timestamps, in microseconds since 1970.</summary>
    public const long PostgresEpoch = 946_684_800_000_000;

    private const short ColumnCount = 16;
    private const int LongestRow = 512;
    private const short NegativeSign = 0x4000;
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly Stream _stream;
    private readonly byte[] _source;
    private readonly long? _importId;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;
    private bool _completed;

    private BarCopy(Stream stream, string source, long? importId) =>
        (_stream, _source, _importId) = (stream, Encoding.UTF8.GetBytes(source), importId);

    public static async Task<BarCopy> BeginAsync(
        NpgsqlConnection connection,
        string table,
        string source,
        long? importId,
        CancellationToken cancellationToken
    )
    {
        var copy = new BarCopy(
            await connection.BeginRawBinaryCopyAsync($"COPY {table} ({Columns}) FROM STDIN (FORMAT binary)", cancellationToken),
            source,
            importId
        );
        Header.CopyTo(copy._buffer, 0);
        copy._length = Header.Length;
        return copy;
    }

    public async ValueTask WriteAsync(int tickerId, ReadOnlyMemory<FinishedBar> bars, CancellationToken cancellationToken)
    {
        for (var written = 0; written < bars.Length; )
        {
            written += Fill(tickerId, bars.Span[written..]);
            if (_length > _buffer.Length - LongestRow)
            {
                await _stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);
                _length = 0;
            }
        }
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_length), -1);
        await _stream.WriteAsync(_buffer.AsMemory(0, _length + 2), cancellationToken);
        _completed = true;
        await _stream.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_completed)
        {
            // Disposing the stream would complete the copy with the rows written so far.
            await ((NpgsqlRawCopyStream)_stream).CancelAsync();
        }
    }

    private int Fill(int tickerId, ReadOnlySpan<FinishedBar> bars)
    {
        var count = 0;
        while (count < bars.Length && _length <= _buffer.Length - LongestRow)
        {
            _length += Row(_buffer.AsSpan(_length), tickerId, in bars[count]);
            count++;
        }

        return count;
    }

    private int Row(Span<byte> to, int tickerId, in FinishedBar row)
    {
        var bar = row.Bar;
        BinaryPrimitives.WriteInt16BigEndian(to, ColumnCount);
        BinaryPrimitives.WriteInt32BigEndian(to[2..], 4);
        BinaryPrimitives.WriteInt32BigEndian(to[6..], tickerId);
        BinaryPrimitives.WriteInt32BigEndian(to[10..], 8);
        BinaryPrimitives.WriteInt64BigEndian(to[14..], bar.Time - PostgresEpoch);
        var at = 22;
        at += Price(to[at..], bar.Open);
        at += Price(to[at..], bar.High);
        at += Price(to[at..], bar.Low);
        at += Price(to[at..], bar.Close);
        at += Volume(to[at..], bar.Volume);
        if (bar.TradeCount == IncomingBar.Unknown)
        {
            at += Null(to[at..]);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(to[at..], 4);
            BinaryPrimitives.WriteInt32BigEndian(to[(at + 4)..], bar.TradeCount);
            at += 8;
        }

        at += bar.Vwap == 0 ? Null(to[at..]) : Price(to[at..], bar.Vwap);
        at += Price(to[at..], bar.Spread);
        at += Numeric(to[at..], row.Derived.SpreadRatio / 10_000, (int)(row.Derived.SpreadRatio % 10_000) * 10_000, 4);
        at += Numeric(to[at..], row.Derived.VolumeRatio / 10_000, (int)(row.Derived.VolumeRatio % 10_000) * 10_000, 4);
        BinaryPrimitives.WriteInt32BigEndian(to[at..], 1);
        to[at + 4] = row.Derived.LowHistory ? (byte)1 : (byte)0;
        at += 5;
        BinaryPrimitives.WriteInt32BigEndian(to[at..], _source.Length);
        _source.CopyTo(to[(at + 4)..]);
        at += 4 + _source.Length;
        at +=
            row.Derived.Quality == BarDerivation.Unrated
                ? Null(to[at..])
                : Numeric(to[at..], row.Derived.Quality / 100, row.Derived.Quality % 100 * 1_000_000, 2);
        if (_importId is not { } importId)
        {
            return at + Null(to[at..]);
        }

        BinaryPrimitives.WriteInt32BigEndian(to[at..], 8);
        BinaryPrimitives.WriteInt64BigEndian(to[(at + 4)..], importId);
        return at + 12;
    }

    private static int Null(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, -1);
        return 4;
    }

    private static int Price(Span<byte> to, long amount)
    {
        if (amount >= 0)
        {
            return Numeric(to, amount / IncomingBar.One, (int)(amount % IncomingBar.One), 8);
        }

        // Only the sign differs from the positive number.
        var length = Price(to, -amount);
        BinaryPrimitives.WriteInt16BigEndian(to[8..], NegativeSign);
        return length;
    }

    private static int Volume(Span<byte> to, Int128 amount)
    {
        if (amount <= long.MaxValue)
        {
            return Price(to, (long)amount);
        }

        var (whole, rest) = Int128.DivRem(amount, IncomingBar.One);
        return whole <= long.MaxValue ? Numeric(to, (long)whole, (int)rest, 8) : Wide(to, whole, (int)rest);
    }

    // The format of a numeric: number of digits in base 10,000, weight of the first digit, sign, number of decimals, digits.
    private static int Numeric(Span<byte> to, long whole, int fraction, short scale)
    {
        Span<short> digits = stackalloc short[7];
        var first = 5;
        for (; whole > 0; first--)
        {
            (whole, var digit) = Math.DivRem(whole, 10_000);
            digits[first - 1] = (short)digit;
        }

        digits[5] = (short)(fraction / 10_000);
        digits[6] = (short)(fraction % 10_000);
        return Digits(to, digits, first, 5, scale);
    }

    private static int Wide(Span<byte> to, Int128 whole, int fraction)
    {
        Span<short> digits = stackalloc short[12];
        var first = 10;
        for (; whole > 0; first--)
        {
            (whole, var digit) = Int128.DivRem(whole, 10_000);
            digits[first - 1] = (short)digit;
        }

        digits[10] = (short)(fraction / 10_000);
        digits[11] = (short)(fraction % 10_000);
        return Digits(to, digits, first, 10, 8);
    }

    private static int Digits(Span<byte> to, ReadOnlySpan<short> digits, int first, int point, short scale)
    {
        var end = digits.Length;
        while (end > first && digits[end - 1] == 0)
        {
            end--;
        }

        while (first < end && digits[first] == 0)
        {
            first++;
        }

        var count = end - first;
        BinaryPrimitives.WriteInt32BigEndian(to, 8 + 2 * count);
        BinaryPrimitives.WriteInt16BigEndian(to[4..], (short)count);
        BinaryPrimitives.WriteInt16BigEndian(to[6..], (short)(count == 0 ? 0 : point - first - 1));
        BinaryPrimitives.WriteInt16BigEndian(to[8..], 0);
        BinaryPrimitives.WriteInt16BigEndian(to[10..], scale);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(to[(12 + 2 * i)..], digits[first + i]);
        }

        return 12 + 2 * count;
    }
}
