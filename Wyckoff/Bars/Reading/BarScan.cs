using System.Buffers.Binary;
using System.Globalization;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>A stored bar, and the import that wrote it; null if no import did.</summary>
internal readonly record struct StoredBar(IncomingBar Bar, bool Aggregated, long? ImportId);

/// <summary>
/// Reads the stored bars of one window, oldest first, to compare them with the bars that are written. COPY in PostgreSQL's binary
/// format is fast enough to compare all bars of a file that is imported again.
/// </summary>
/// <remarks>
/// Not a <see cref="BarReader"/>: this read belongs to the transaction that writes, under its locks, and it needs the origin of each row,
/// which no other reader does.
/// </remarks>
internal sealed class BarScan : IAsyncDisposable
{
    private const int HeaderSize = 19;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _done;

    private BarScan(Stream stream) => _stream = stream;

    /// <summary>Bars with from ≤ time ≤ to.</summary>
    public static async Task<BarScan> BeginAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        long from,
        long to,
        CancellationToken cancellationToken
    )
    {
        // COPY takes no parameters. Everything here is a number.
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            COPY (SELECT timestamp, open, high, low, close, volume, trade_count, vwap, source = 'aggregated', import_id
                    FROM {MarketSchema.QualifiedBarsTable(timeframe)}
                   WHERE ticker_id = {tickerId} AND timestamp >= {Literal(from)} AND timestamp <= {Literal(to)}
                   ORDER BY timestamp) TO STDOUT (FORMAT binary)
            """
        );
        return await OfAsync(await connection.BeginRawBinaryCopyAsync(sql, cancellationToken), cancellationToken);
    }

    /// <summary>Creates a reader of the output of COPY.</summary>
    internal static async Task<BarScan> OfAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The header: a signature, flags, and an extension of any length.
        var header = new byte[HeaderSize];
        await stream.ReadExactlyAsync(header, cancellationToken);
        await stream.ReadExactlyAsync(
            new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(HeaderSize - sizeof(int)))],
            cancellationToken
        );
        return new(stream);
    }

    /// <summary>Reads the next bar if the buffer holds all of it; otherwise <see cref="FillAsync"/> tells whether there are more.</summary>
    public bool TryRead(out StoredBar stored)
    {
        stored = default;
        var at = _start;
        var buffer = _buffer.AsSpan(0, _end);
        if (_done || !TryTake(buffer, ref at, 2, out var count))
        {
            return false;
        }

        if (BinaryPrimitives.ReadInt16BigEndian(count) == -1)
        {
            _done = true;
            return false;
        }

        Span<long> prices = stackalloc long[4];
        if (!TryField(buffer, ref at, out var field))
        {
            return false;
        }

        var time = BinaryPrimitives.ReadInt64BigEndian(field) + BarCopy.PostgresEpoch;
        for (var price = 0; price < 4; price++)
        {
            if (!TryField(buffer, ref at, out field))
            {
                return false;
            }

            prices[price] = (long)BinaryNumeric.Read(field);
        }

        if (!TryField(buffer, ref at, out field))
        {
            return false;
        }

        var volume = BinaryNumeric.Read(field);
        if (!TryField(buffer, ref at, out field))
        {
            return false;
        }

        var trades = field.IsEmpty ? IncomingBar.Unknown : BinaryPrimitives.ReadInt32BigEndian(field);
        if (
            !TryField(buffer, ref at, out var vwap)
            || !TryField(buffer, ref at, out var aggregated)
            || !TryField(buffer, ref at, out var importId)
        )
        {
            return false;
        }

        stored = new(
            new(time, prices[0], prices[1], prices[2], prices[3], volume, trades, vwap.IsEmpty ? 0 : (long)BinaryNumeric.Read(vwap)),
            aggregated[0] != 0,
            importId.IsEmpty ? null : BinaryPrimitives.ReadInt64BigEndian(importId)
        );
        _start = at;
        return true;
    }

    /// <summary>Fills the buffer; false at the end.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_done)
        {
            return false;
        }

        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        if (read == 0)
        {
            _done = true;
            return false;
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_done && _stream is NpgsqlRawCopyStream copy)
        {
            await copy.CancelAsync();
        }

        await _stream.DisposeAsync();
    }

    private static string Literal(long time) =>
        string.Create(CultureInfo.InvariantCulture, $"'{IncomingBar.InstantOf(time):yyyy-MM-dd HH:mm:ss.ffffff}+00'::timestamptz");

    private static bool TryTake(ReadOnlySpan<byte> buffer, ref int at, int length, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (at + length > buffer.Length)
        {
            return false;
        }

        taken = buffer.Slice(at, length);
        at += length;
        return true;
    }

    // NULL is returned as an empty field: none of the columns has empty values.
    private static bool TryField(ReadOnlySpan<byte> buffer, ref int at, out ReadOnlySpan<byte> field)
    {
        field = default;
        return TryTake(buffer, ref at, 4, out var length)
            && TryTake(buffer, ref at, Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(length)), out field);
    }
}
