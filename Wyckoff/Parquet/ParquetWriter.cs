using System.Buffers.Binary;

namespace Wyckoff.Parquet;

/// <summary>
/// Writes a Parquet file of a flat schema, from front to end: the output need not seek. In memory is one row group. Values of a row are added column by column,
/// by the column's place; <see cref="EndRowAsync"/> ends the row, <see cref="FinishAsync"/> the file: without it there is none.
/// </summary>
public sealed class ParquetWriter
{
    public const int DefaultRowsPerGroup = 65_536;
    private const long LargestGroup = 64 << 20;
    private const string Creator = "wyckoff";
    private readonly Stream _output;
    private readonly ParquetCodec _codec;
    private readonly int _rowsPerGroup;
    private readonly ColumnBuffer[] _columns;
    private readonly List<Action<ThriftWriter>> _groups = [];
    private readonly MemoryStream _pending = new();
    private long _position;
    private long _rows;
    private int _rowsInGroup;
    private bool _finished;

    public ParquetWriter(Stream output, IReadOnlyList<ParquetColumn> columns, ParquetCodec codec = ParquetCodec.Snappy, int rowsPerGroup = DefaultRowsPerGroup)
    {
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowsPerGroup);
        (_output, _codec, _rowsPerGroup) = (output, codec, rowsPerGroup);
        _columns = [.. columns.Select(column => new ColumnBuffer(column))];
        WriteMagic();
    }

    public void AddNull(int column) => _columns[column].AddNull();

    public void Add(int column, bool value) => _columns[column].Add(value);

    public void Add(int column, int value) => _columns[column].Add(value);

    /// <summary>A number, or the microseconds of a timestamp.</summary>
    public void Add(int column, long value) => _columns[column].Add(value);

    public void Add(int column, double value) => _columns[column].Add(value);

    public void Add(int column, string value) => _columns[column].Add(value);

    /// <summary>The digits of a decimal; the column's scale says where the point is.</summary>
    public void AddUnscaled(int column, Int128 value) => _columns[column].AddUnscaled(value);

    /// <summary>A decimal, exactly: one with more digits after the point than the column has is refused.</summary>
    public void AddDecimal(int column, decimal value) => _columns[column].AddDecimal(value);

    public async ValueTask EndRowAsync(CancellationToken cancellationToken)
    {
        _rowsInGroup++;
        if (_rowsInGroup == _rowsPerGroup || (_rowsInGroup % 1024 == 0 && _columns.Sum(column => (long)column.Size) > LargestGroup))
        {
            await EndGroupAsync(cancellationToken);
        }
    }

    /// <summary>Writes what is left, and what stands at the end of a file. The output stays the caller's.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        await EndGroupAsync(cancellationToken);
        var thrift = new ThriftWriter();
        thrift.Begin().Int32(1, 2).StructList(2, _columns.Length + 1);
        thrift.Begin().Text(4, "schema").Int32(5, _columns.Length).End();
        foreach (var column in _columns)
        {
            WriteSchema(thrift, column.Column);
        }

        thrift.Int64(3, _rows).StructList(4, _groups.Count);
        foreach (var group in _groups)
        {
            group(thrift);
        }

        // Without the order of its columns, readers may not trust the statistics.
        thrift.Text(6, Creator).StructList(7, _columns.Length);
        foreach (var _ in _columns)
        {
            thrift.Begin().Begin(1).End().End();
        }

        thrift.End();
        _pending.Write(thrift.Written.Span);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, thrift.Written.Length);
        _pending.Write(length);
        WriteMagic();
        await FlushAsync(cancellationToken);
        await _output.FlushAsync(cancellationToken);
    }

    private async ValueTask EndGroupAsync(CancellationToken cancellationToken)
    {
        if (_rowsInGroup == 0)
        {
            return;
        }

        if (_columns.FirstOrDefault(column => column.Rows != _rowsInGroup) is { } uneven)
        {
            throw new InvalidOperationException($"Column '{uneven.Column}' has {uneven.Rows} values in a row group of {_rowsInGroup} rows.");
        }

        var start = _position + _pending.Length;
        var rows = _rowsInGroup;
        long size = 0;
        var chunks = new List<(long Start, Action<ThriftWriter> MetaData)>();
        foreach (var column in _columns)
        {
            var at = _position + _pending.Length;
            var (metaData, uncompressed) = column.Write(_pending, at, _codec);
            chunks.Add((at, metaData));
            size += uncompressed;
        }

        var compressed = _position + _pending.Length - start;
        _groups.Add(thrift =>
        {
            thrift.Begin().StructList(1, chunks.Count);
            foreach (var chunk in chunks)
            {
                thrift.Begin().Int64(2, chunk.Start);
                chunk.MetaData(thrift);
                thrift.End();
            }

            thrift.Int64(2, size).Int64(3, rows).Int64(5, start).Int64(6, compressed);
            thrift.End();
        });
        _rows += rows;
        _rowsInGroup = 0;
        await FlushAsync(cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _output.WriteAsync(_pending.GetBuffer().AsMemory(0, (int)_pending.Length), cancellationToken);
        _position += _pending.Length;
        _pending.SetLength(0);
    }

    private void WriteMagic()
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, Footer.Magic);
        _pending.Write(magic);
    }

    private static void WriteSchema(ThriftWriter thrift, ParquetColumn column)
    {
        thrift.Begin().Int32(1, (int)column.Physical);
        if (column.Length > 0)
        {
            thrift.Int32(2, column.Length);
        }

        thrift.Int32(3, column.Nullable ? 1 : 0).Text(4, column.Name);
        switch (column.Kind)
        {
            case ParquetKind.Text:
                thrift.Int32(6, 0).Begin(10).Begin(1).End().End();
                break;
            case ParquetKind.Timestamp:
                thrift.Int32(6, 10).Begin(10).Begin(8).Boolean(1, column.IsUtc).Begin(2).Begin(2).End().End().End().End();
                break;
            case ParquetKind.Decimal:
                thrift.Int32(6, 5).Int32(7, column.Scale).Int32(8, column.Precision).Begin(10).Begin(5).Int32(1, column.Scale).Int32(2, column.Precision).End().End();
                break;
            default:
                break;
        }

        thrift.End();
    }
}
