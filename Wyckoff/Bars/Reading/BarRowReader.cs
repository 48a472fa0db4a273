using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>
/// Reads the stored bars of one ticker and timeframe row by row, from COPY in PostgreSQL's binary format. Rows are decoded in place,
/// so a bar costs no object.
/// </summary>
/// <remarks>
/// Apart from its rows, the cost of a query is its planning, which looks at every chunk within the bounds. A long range is therefore
/// read in spans: a short first one, which usually holds all bars, and then wider ones, in one transaction that sees one snapshot. The
/// bounds are literals because COPY takes no parameters.
/// </remarks>
public sealed class BarRowReader : IAsyncDisposable
{
    // A PipeReader would save moving the rest of an incomplete row to the front of the buffer, and would cost a call per row.
    private const int BufferSize = 64 * 1024;
    private const int FewRows = 10_000;
    private static readonly byte[] NoSource = [];

    private readonly NpgsqlConnection _connection;
    private readonly int _tickerId;
    private readonly Timeframe _timeframe;
    private readonly BarFields _fields;
    private readonly BarFields[] _columns;
    private readonly bool _ownsConnection;
    private NpgsqlTransaction? _transaction;
    private NpgsqlRawCopyStream? _copy;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private byte[] _source = NoSource;
    private int _start;
    private int _end;

    // The header of the COPY data has been read.
    private bool _header;

    // The head (see Head) has been read, or there is none.
    private bool _head;
    private bool _done;

    // 1 while each row begins with the head: only the rows of the first span do.
    private int _headColumns;
    private long _next;
    private long _until;
    private long _span;
    private long _left;

    /// <summary>How a statement returns the head: one value with the version of the window and the range of its bars.</summary>
    private enum Head
    {
        None,
        WithEachBar,
        Alone,
    }

    private BarRowReader(NpgsqlConnection connection, bool ownsConnection, int tickerId, Timeframe timeframe, BarFields fields)
    {
        (_connection, _ownsConnection, _tickerId, _timeframe, _fields) = (connection, ownsConnection, tickerId, timeframe, fields);
        _columns = [.. BarColumns.Of(fields).Select(column => column.Field)];
    }

    /// <summary>The version of the window; 0 when it is unknown.</summary>
    public long Version { get; private set; }

    /// <summary>No bar is before this time; null when the range of the bars is unknown.</summary>
    public long? Since { get; private set; }

    /// <summary>No bar is at this time or later; null when the range of the bars is unknown.</summary>
    public long? Until { get; private set; }

    /// <summary>When the window got this version, in microseconds since 1970; 0 when it is unknown.</summary>
    public long ChangedAt { get; private set; }

    public WindowVersion Window => new(Version, ChangedAt);

    /// <summary>
    /// Opens a reader of the first <paramref name="limit"/> bars with from ≤ time &lt; until, oldest first, and reads the first row, so
    /// that <see cref="Version"/> is known. The reader owns the connection.
    /// </summary>
    /// <param name="connection">Has no open transaction.</param>
    /// <param name="tickerId">Ticker of the window.</param>
    /// <param name="timeframe">Timeframe of the window.</param>
    /// <param name="fields">Fields to read beside the timestamp.</param>
    /// <param name="from">First time, inclusive.</param>
    /// <param name="until">Last time, exclusive.</param>
    /// <param name="span">Length of the first span in microseconds.</param>
    /// <param name="limit">Maximum number of bars.</param>
    /// <param name="cancellationToken">Cancels opening, not reading.</param>
    internal static async Task<BarRowReader> OpenAsync(
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
        var reader = new BarRowReader(connection, ownsConnection: true, tickerId, timeframe, fields)
        {
            _until = until,
            _span = span,
            _left = limit,
        };
        try
        {
            reader._next = until - from > span ? from + span : until;
            if (reader._next < until)
            {
                reader._transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            }

            await reader.BeginAsync([(from, reader._next)], newestFirst: false, withHead: true, cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a reader of the newest <paramref name="limit"/> bars with from ≤ time &lt; until, newest first.</summary>
    internal static async Task<BarRowReader> OpenNewestAsync(
        NpgsqlConnection connection,
        bool ownsConnection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        long from,
        long until,
        long limit,
        CancellationToken cancellationToken
    )
    {
        var reader = new BarRowReader(connection, ownsConnection, tickerId, timeframe, fields)
        {
            _next = until,
            _until = until,
            _left = limit,
        };
        try
        {
            await reader.BeginAsync([(from, until)], newestFirst: true, withHead: true, cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Opens a reader of the bars of several ranges on the connection of the caller, which stays open. The reader sees what the
    /// caller's transaction sees, and does not read the version. It has to be read to its end: stopping earlier cancels the statement,
    /// and so aborts that transaction.
    /// </summary>
    internal static async Task<BarRowReader> OpenOnAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        BarFields fields,
        IReadOnlyList<(long From, long Until)> ranges,
        long limit,
        CancellationToken cancellationToken
    )
    {
        var reader = new BarRowReader(connection, ownsConnection: false, tickerId, timeframe, fields) { _left = limit };
        try
        {
            await reader.BeginAsync(ranges, newestFirst: false, withHead: false, cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads all bars one by one: convenient where a few nanoseconds per bar do not matter.</summary>
    public async IAsyncEnumerable<BarRow> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = default(BarRow);
        do
        {
            while (TryRead(ref row))
            {
                yield return row;
            }
        } while (await FillAsync(cancellationToken));
    }

    /// <summary>Passes all bars to a sink, and ends it.</summary>
    public async Task CopyToAsync(IBarSink sink, CancellationToken cancellationToken)
    {
        var row = default(BarRow);
        do
        {
            while (TryRead(ref row))
            {
                sink.Add(row);
            }
        } while (await FillAsync(cancellationToken));

        sink.End();
    }

    /// <summary>Reads the next bar if the buffer holds all of it; otherwise <see cref="FillAsync"/> tells whether there are more.</summary>
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
            return false; // The end of this span: FillAsync begins the next one.
        }

        at += 2;
        // ReadHead has read the head with the first row.
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

    /// <summary>Fills the buffer; false at the end.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        while (!_done)
        {
            if (AtEndOfSpan())
            {
                await _copy!.DisposeAsync();
                _copy = null;
                // No further span is needed at the end of the stored bars, or when enough bars have been read.
                var until = Until is { } last && last < _until ? last : _until;
                if (_left <= 0 || _next >= until)
                {
                    _done = true;
                    return false;
                }

                var from = Since is { } since && since > _next ? since : _next;
                _span = _span > long.MaxValue / 4 ? _span : _span * 2;
                _next = until - from > _span ? from + _span : until;
                await BeginAsync([(from, _next)], newestFirst: false, withHead: false, cancellationToken);
                continue;
            }

            return await MoreAsync(cancellationToken);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        // Reading the last few rows is faster than cancelling the statement, which needs another connection.
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
            // The connection is broken, and the caller has got the exception of the read that found out.
        }
        finally
        {
            if (_ownsConnection)
            {
                await _connection.DisposeAsync();
            }
        }
    }

    private bool AtTrailer() => _header && _end - _start >= 2 && BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start)) == -1;

    private bool AtEndOfSpan() =>
        _buffer.Length == 0 || (_head && _end - _start >= 2 && BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start)) == -1);

    private async Task BeginAsync(
        IReadOnlyList<(long From, long Until)> ranges,
        bool newestFirst,
        bool withHead,
        CancellationToken cancellationToken
    )
    {
        _headColumns = withHead ? 1 : 0;
        await BeginAsync(Sql(ranges, newestFirst, withHead ? Head.WithEachBar : Head.None), isHeadKnown: !withHead, cancellationToken);
        if (!_head)
        {
            // The result has no row that could carry the head.
            await _copy!.DisposeAsync();
            await BeginAsync(Sql(ranges, newestFirst, Head.Alone), isHeadKnown: false, cancellationToken);
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

    // Head.Alone takes a join, whose planning takes longer than reading the bars of a year. It is therefore used only when there are
    // no bars.
    private string Sql(IReadOnlyList<(long From, long Until)> ranges, bool newestFirst, Head head)
    {
        var sql = new StringBuilder("COPY (");
        if (head == Head.Alone)
        {
            sql.Append("SELECT w.head, b.* FROM (SELECT ");
            AppendHead(sql);
            sql.Append(" AS head) AS w LEFT JOIN LATERAL (");
        }

        for (var i = 0; i < ranges.Count; i++)
        {
            sql.Append(i == 0 ? "" : " UNION ALL ").Append(ranges.Count > 1 ? "(SELECT " : "SELECT ");
            if (head == Head.WithEachBar)
            {
                AppendHead(sql);
                sql.Append(" AS head, ");
            }

            sql.Append("timestamp");
            foreach (var (_, _, column) in BarColumns.Of(_fields))
            {
                sql.Append(", ").Append(column);
            }

            sql.Append(
                CultureInfo.InvariantCulture,
                $" FROM {MarketSchema.QualifiedBarsTable(_timeframe)} WHERE ticker_id = {_tickerId} AND timestamp >= "
            );
            AppendInstant(sql, ranges[i].From);
            sql.Append(" AND timestamp < ");
            AppendInstant(sql, ranges[i].Until);
            if (ranges.Count > 1)
            {
                // PostgreSQL does not pass the limit of a UNION ALL on to its parts: without their own they would read all their rows.
                AppendOrder();
                sql.Append(')');
            }
        }

        AppendOrder();
        return sql.Append(head == Head.Alone ? ") AS b ON true) TO STDOUT (FORMAT binary)" : ") TO STDOUT (FORMAT binary)").ToString();

        void AppendOrder()
        {
            sql.Append(newestFirst ? " ORDER BY timestamp DESC" : " ORDER BY timestamp");
            if (_left < long.MaxValue)
            {
                sql.Append(CultureInfo.InvariantCulture, $" LIMIT {_left}");
            }
        }
    }

    // One value instead of four columns, because each row repeats it.
    private void AppendHead(StringBuilder sql) =>
        sql.Append(
            CultureInfo.InvariantCulture,
            $"""
            (SELECT int8send(version) || timestamptz_send(since) || timestamptz_send(until) || timestamptz_send(changed_at)
               FROM (SELECT version, coalesce(since, '-infinity') AS since, coalesce(until, '-infinity') AS until, changed_at
                       FROM market.bar_windows WHERE ticker_id = {_tickerId} AND timeframe = '{_timeframe}') AS w)
            """
        );

    private static void AppendInstant(StringBuilder sql, long instant) =>
        sql.Append(
            CultureInfo.InvariantCulture,
            $"'{IncomingBar.InstantOf(instant).UtcDateTime:yyyy-MM-dd HH:mm:ss.FFFFFF}+00'::timestamptz"
        );

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
            // The header: a signature, flags, and an extension of any length.
            (_header, _start) = (true, 19 + BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(15)));
        }

        return read > 0 ? true : throw new NpgsqlException("The connection ended before the last bar.", new EndOfStreamException());
    }

    // Reads the head from the first bar, or from a row of its own if there are no bars.
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

        // Minus infinity stands for NULL: the range is unknown.
        static long? Instant(ReadOnlySpan<byte> field) =>
            BinaryPrimitives.ReadInt64BigEndian(field) is not long.MinValue and var time ? time + BarCopy.PostgresEpoch : null;
    }

    // NULL is returned as an empty field: no column but source has empty values.
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
