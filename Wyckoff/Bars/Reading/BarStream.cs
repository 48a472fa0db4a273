using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

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
    private const int FewRows = 10_000;
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

    /// <summary>Where the version stands, and how far bars reach.</summary>
    private enum Head
    {
        None,
        WithEachBar,
        Alone,
    }

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
    internal static async Task<BarStream> OpenAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        long from,
        long until,
        long span,
        long limit,
        CancellationToken cancellationToken
    )
    {
        var stream = new BarStream(connection, tickerId, timeframe, fields)
        {
            _until = until,
            _span = span,
            _left = limit,
        };
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
    internal static async Task<BarStream> OpenNewestAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        long from,
        long until,
        long limit,
        CancellationToken cancellationToken
    )
    {
        var stream = new BarStream(connection, tickerId, timeframe, fields)
        {
            _next = until,
            _until = until,
            _left = limit,
        };
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
        // A few rows more are sooner taken than called off, which takes a connection of its own.
        var isNearEnd = AtEndOfSpan() || _left <= FewRows;
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        try
        {
            if (_copy is not null)
            {
                if (!isNearEnd)
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

    private bool AtTrailer() => _header && _end - _start >= 2 && BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start)) == -1;

    private bool AtEndOfSpan() =>
        _buffer.Length == 0 || (_head && _end - _start >= 2 && BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start)) == -1);

    private async Task BeginAsync(long from, long until, bool newestFirst, CancellationToken cancellationToken)
    {
        var first = !_began;
        (_began, _headColumns) = (true, first ? 1 : 0);
        await BeginAsync(Sql(from, until, newestFirst, first ? Head.WithEachBar : Head.None), !first, cancellationToken);
        if (!_head)
        {
            // No bar, so nothing to carry the head.
            await _copy!.DisposeAsync();
            await BeginAsync(Sql(from, until, newestFirst, Head.Alone), false, cancellationToken);
        }
    }

    private async Task BeginAsync(string sql, bool isHeadKnown, CancellationToken cancellationToken)
    {
        (_header, _head, _start, _end) = (false, isHeadKnown, 0, 0);
        _copy = await _connection.BeginRawBinaryCopyAsync(sql, cancellationToken);
        while (!_head && !AtTrailer() && await MoreAsync(cancellationToken))
        {
            ReadHead();
        }
    }

    // A join that gives a head also where there are no bars costs more to plan than the bars of a year to read, so it is left for when there are none.
    private string Sql(long from, long until, bool newestFirst, Head head)
    {
        var table = MarketDataModel.BarsTable(_timeframe);
        var sql = new StringBuilder("COPY (");
        if (head != Head.None)
        {
            // One value: each row carries it.
            sql.Append(head == Head.Alone ? "SELECT w.head, b.* FROM (SELECT (" : "SELECT (")
                .Append(
                    "SELECT int8send(version) || timestamptz_send(since) || timestamptz_send(until) || timestamptz_send(changed_at) FROM (SELECT version, coalesce(since, '-infinity') AS since, coalesce(until, '-infinity') AS until, changed_at"
                )
                .Append(
                    CultureInfo.InvariantCulture,
                    $" FROM market.bar_windows WHERE ticker_id = {_tickerId} AND timeframe = '{_timeframe}') AS w)"
                );
            sql.Append(head == Head.Alone ? " AS head) AS w LEFT JOIN LATERAL (SELECT timestamp" : " AS head, timestamp");
        }
        else
        {
            sql.Append("SELECT timestamp");
        }

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

        return sql.Append(head == Head.Alone ? ") AS b ON true) TO STDOUT (FORMAT binary)" : ") TO STDOUT (FORMAT binary)").ToString();
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

    // With the first bar; or in a row of its own, where there is none.
    private void ReadHead()
    {
        var at = _start + 2;
        var buffer = _buffer.AsSpan(0, _end);
        if (
            !_header
            || AtTrailer()
            || at > buffer.Length
            || !TryField(buffer, ref at, out var head)
            || !TryField(buffer, ref at, out var time)
        )
        {
            return;
        }

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

        if (!head.IsEmpty)
        {
            Version = BinaryPrimitives.ReadInt64BigEndian(head);
            Since = Instant(head[8..]);
            Until = Instant(head[16..]);
            ChangedAt = Instant(head[24..]) ?? 0;
        }

        _head = true;

        // Minus infinity stands for what nobody has kept count of.
        static long? Instant(ReadOnlySpan<byte> field) =>
            BinaryPrimitives.ReadInt64BigEndian(field) is not long.MinValue and var time ? time + BarCopy.PostgresEpoch : null;
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
