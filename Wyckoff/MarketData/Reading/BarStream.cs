using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData.Reading;

/// <summary>
/// The stored bars of one ticker and timeframe, all of one snapshot and with the version they are of, as they come out of the socket: COPY in PostgreSQL's binary format,
/// decoded in place. A bar costs no object and no call to the driver but that for its bytes.
/// </summary>
/// <remarks>
/// What a query costs beside its rows is the planning, which looks at every chunk the bounds admit. So time is read in spans: a first one that as a rule is all there
/// is, then wider ones, in one transaction that sees one snapshot. The bounds are literals, since COPY takes no parameters, and a plan is made for them.
/// </remarks>
public sealed class BarStream : IAsyncDisposable
{
    // A PipeReader would save the copying of what is left over, a few bytes a time, and cost a call a row.
    private const int BufferSize = 64 * 1024;
    private static readonly byte[] NoSource = [];

    private readonly NpgsqlConnection _connection;
    private readonly int _tickerId;
    private readonly Timeframe _timeframe;
    private readonly BarFields _fields;
    private readonly BarFields[] _columns;
    private NpgsqlTransaction? _transaction;
    private NpgsqlRawCopyStream? _copy;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private byte[] _source = NoSource;
    private int _start;
    private int _end;
    private bool _began;
    private bool _header;
    private bool _head;
    private bool _done;

    // Only the first span carries the head: the version, and how far bars reach.
    private int _headColumns;
    private long _next;
    private long _until;
    private long _span;
    private long _left;

    private BarStream(NpgsqlConnection connection, int tickerId, Timeframe timeframe, BarFields fields)
    {
        (_connection, _tickerId, _timeframe, _fields) = (connection, tickerId, timeframe, fields);
        _columns = [.. BarColumns.Of(fields).Select(column => column.Field)];
    }

    /// <summary>The version of the bars; 0 when nobody has counted.</summary>
    public long Version { get; private set; }

    /// <summary>No bar is before; null when nobody has counted.</summary>
    public long? Since { get; private set; }

    /// <summary>No bar is here or after; null when nobody has counted.</summary>
    public long? Until { get; private set; }

    /// <summary>When the version was counted up: microseconds since 1970, 0 when nobody has counted.</summary>
    public long ChangedAt { get; private set; }

    public WindowVersion Window => new(Version, ChangedAt);

    /// <summary>Bars with from ≤ time &lt; until, oldest first, <paramref name="limit"/> at most. The version is known when it returns.</summary>
    internal static async Task<BarStream> OpenAsync(NpgsqlConnection connection, int tickerId, Timeframe timeframe, BarFields fields, long from, long until, long span, long limit, CancellationToken cancellationToken)
    {
        var stream = new BarStream(connection, tickerId, timeframe, fields) { _until = until, _span = span, _left = limit };
        try
        {
            stream._next = until - from > span ? from + span : until;
            if (stream._next < until)
            {
                stream._transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            }

            await stream.BeginAsync(from, stream._next, false, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>The newest <paramref name="limit"/> bars with from ≤ time &lt; until, newest first.</summary>
    internal static async Task<BarStream> OpenNewestAsync(NpgsqlConnection connection, int tickerId, Timeframe timeframe, BarFields fields, long from, long until, long limit, CancellationToken cancellationToken)
    {
        var stream = new BarStream(connection, tickerId, timeframe, fields) { _next = until, _until = until, _left = limit };
        try
        {
            await stream.BeginAsync(from, until, true, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next bar, if it is in the buffer already; otherwise <see cref="FillAsync"/> says whether there are more.</summary>
    public bool TryRead(ref BarRow row)
    {
        var at = _start;
        var buffer = _buffer.AsSpan(0, _end);
        if (_done || !_head || at + 2 > buffer.Length)
        {
            return false;
        }

        if (BinaryPrimitives.ReadInt16BigEndian(buffer[at..]) == -1)
        {
            return false; // the end of this span: FillAsync goes on
        }

        at += 2;
        // The head, already read with the first row.
        for (var i = 0; i < _headColumns; i++)
        {
            if (!TryField(buffer, ref at, out _))
            {
                return false;
            }
        }

        if (!TryField(buffer, ref at, out var field))
        {
            return false;
        }

        row.Time = BinaryPrimitives.ReadInt64BigEndian(field) + BarCopy.PostgresEpoch;
        foreach (var column in _columns)
        {
            if (!TryField(buffer, ref at, out field))
            {
                return false;
            }

            switch (column)
            {
                case BarFields.Open:
                    row.Open = Amount(field);
                    break;
                case BarFields.High:
                    row.High = Amount(field);
                    break;
                case BarFields.Low:
                    row.Low = Amount(field);
                    break;
                case BarFields.Close:
                    row.Close = Amount(field);
                    break;
                case BarFields.Volume:
                    row.Volume = BinaryNumeric.Read(field);
                    break;
                case BarFields.TradeCount:
                    row.TradeCount = field.IsEmpty ? BarRow.Null : BinaryPrimitives.ReadInt32BigEndian(field);
                    break;
                case BarFields.Vwap:
                    row.Vwap = Amount(field);
                    break;
                case BarFields.Spread:
                    row.Spread = Amount(field);
                    break;
                case BarFields.SpreadRatio:
                    row.SpreadRatio = Amount(field);
                    break;
                case BarFields.VolumeRatio:
                    row.VolumeRatio = Amount(field);
                    break;
                case BarFields.LowHistory:
                    row.LowHistory = field[0] != 0;
                    break;
                case BarFields.Source:
                    row.Source = field.SequenceEqual(_source) ? _source : _source = field.ToArray();
                    break;
                case BarFields.QualityScore:
                    row.QualityScore = Amount(field);
                    break;
            }
        }

        _left--;
        _start = at;
        return true;
    }

    /// <summary>Reads on; false at the end.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        while (!_done)
        {
            if (AtEndOfSpan())
            {
                await _copy!.DisposeAsync();
                _copy = null;
                // Where bars end, or when there are enough of them, nobody looks further.
                var until = Until is { } known && known < _until ? known : _until;
                if (_left <= 0 || _next >= until)
                {
                    _done = true;
                    return false;
                }

                var from = Since is { } since && since > _next ? since : _next;
                _span = _span > long.MaxValue / 4 ? _span : _span * 2;
                _next = until - from > _span ? from + _span : until;
                await BeginAsync(from, _next, false, cancellationToken);
                continue;
            }

            return await MoreAsync(cancellationToken);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        try
        {
            if (_copy is not null)
            {
                if (!AtEndOfSpan())
                {
                    await _copy.CancelAsync();
                }

                await _copy.DisposeAsync();
            }

            if (_transaction is not null)
            {
                await _transaction.DisposeAsync();
            }
        }
        catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It was given up, and the connection with it: whoever read has had the reason.
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    private bool AtEndOfSpan() => _buffer.Length == 0 || (_head && _end - _start >= 2 && BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start)) == -1);

    private async Task BeginAsync(long from, long until, bool newestFirst, CancellationToken cancellationToken)
    {
        var first = !_began;
        (_began, _headColumns) = (true, first ? 4 : 0);
        (_header, _head, _start, _end) = (false, !first, 0, 0);
        _copy = await _connection.BeginRawBinaryCopyAsync(Sql(from, until, newestFirst, first), cancellationToken);
        while (!_head && await MoreAsync(cancellationToken))
        {
            ReadHead();
        }
    }

    private string Sql(long from, long until, bool newestFirst, bool head)
    {
        var table = MarketDataModel.BarsTable(_timeframe);
        var sql = new StringBuilder("COPY (");
        if (head)
        {
            sql.Append("SELECT w.version, w.since, w.until, w.changed_at, b.* FROM (SELECT) AS one LEFT JOIN market.bar_windows w ON w.ticker_id = ").Append(CultureInfo.InvariantCulture, $"{_tickerId} AND w.timeframe = '{_timeframe}' LEFT JOIN LATERAL (");
        }

        sql.Append("SELECT timestamp");
        foreach (var (_, _, column) in BarColumns.Of(_fields))
        {
            sql.Append(", ").Append(column);
        }

        sql.Append(CultureInfo.InvariantCulture, $" FROM {MarketDataModel.Schema}.{table} WHERE ticker_id = {_tickerId} AND timestamp >= ");
        BarReader.AppendInstant(sql, from);
        sql.Append(" AND timestamp < ");
        BarReader.AppendInstant(sql, until);
        sql.Append(newestFirst ? " ORDER BY timestamp DESC" : " ORDER BY timestamp");
        if (_left < long.MaxValue)
        {
            sql.Append(CultureInfo.InvariantCulture, $" LIMIT {_left}");
        }

        return sql.Append(head ? ") AS b ON true) TO STDOUT (FORMAT binary)" : ") TO STDOUT (FORMAT binary)").ToString();
    }

    private async ValueTask<bool> MoreAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }

        var read = await _copy!.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        if (!_header && _end >= 19)
        {
            // Signature, flags, and an extension that may be there one day.
            (_header, _start) = (true, 19 + BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(15)));
        }

        return read > 0 ? true : throw new NpgsqlException("The bars ended before their end.", new EndOfStreamException());
    }

    // There is always a row: when there are no bars, one with nothing but the head.
    private void ReadHead()
    {
        var at = _start + 2;
        var buffer = _buffer.AsSpan(0, _end);
        if (!_header || at > buffer.Length || !TryField(buffer, ref at, out var version) || !TryField(buffer, ref at, out var since) || !TryField(buffer, ref at, out var until)
            || !TryField(buffer, ref at, out var changed) || !TryField(buffer, ref at, out var time))
        {
            return;
        }

        Version = version.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(version);
        Since = since.IsEmpty ? null : BinaryPrimitives.ReadInt64BigEndian(since) + BarCopy.PostgresEpoch;
        Until = until.IsEmpty ? null : BinaryPrimitives.ReadInt64BigEndian(until) + BarCopy.PostgresEpoch;
        ChangedAt = changed.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(changed) + BarCopy.PostgresEpoch;
        if (time.IsEmpty)
        {
            foreach (var _ in _columns)
            {
                if (!TryField(buffer, ref at, out time))
                {
                    return;
                }
            }

            _start = at;
        }

        _head = true;
    }

    // An empty field stands for NULL: but for the source, none of the columns has an empty value.
    private static bool TryField(ReadOnlySpan<byte> buffer, ref int at, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (at + 4 > buffer.Length)
        {
            return false;
        }

        var length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(buffer[at..]));
        if (at + 4 + length > buffer.Length)
        {
            return false;
        }

        field = buffer.Slice(at + 4, length);
        at += 4 + length;
        return true;
    }

    private static long Amount(ReadOnlySpan<byte> field) => field.IsEmpty ? BarRow.Null : (long)BinaryNumeric.Read(field);
}
