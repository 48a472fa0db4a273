using ParquetSharp;
using ParquetSharp.Schema;

namespace Wyckoff.Parquet;

/// <summary>
/// Writes a Parquet file of a flat schema to a stream that need not be seekable. Memory holds one row group. Each row gets one value per
/// column and ends with <see cref="EndRowAsync"/>; <see cref="FinishAsync"/> writes the footer, without which the file is invalid.
/// </summary>
public sealed class ParquetWriter : IDisposable
{
    public const int DefaultRowsPerGroup = 65_536;
    private const long MaxGroupSize = 64 << 20;
    private const string Creator = "wyckoff";
    private readonly Stream _output;
    private readonly int _rowsPerGroup;
    private readonly ColumnBuffer[] _columns;

    // ParquetSharp writes synchronously to this stream, which is then copied to the output asynchronously.
    private readonly PendingStream _pending = new();
    private readonly ParquetFileWriter _file;
    private int _rowsInGroup;
    private bool _finished;

    public ParquetWriter(
        Stream output,
        IReadOnlyList<ParquetColumn> columns,
        ParquetCodec codec = ParquetCodec.Snappy,
        int rowsPerGroup = DefaultRowsPerGroup
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowsPerGroup);
        (_output, _rowsPerGroup) = (output, rowsPerGroup);
        _columns = [.. columns.Select(ColumnBuffer.Of)];
        using var builder = new WriterPropertiesBuilder();
        builder
            .MemoryPool(MemoryPool.SystemMemoryPool())
            .Compression((Compression)codec)
            .CreatedBy(Creator)
            .EnablePageChecksum()
            .DisableDictionary();
        foreach (var column in columns.Where(column => column.Kind == ParquetKind.Text))
        {
            builder.EnableDictionary(column.Name);
        }

        using var properties = builder.Build();
        Node[] nodes = [.. columns.Select(NodeOf)];
        using var schema = new GroupNode("schema", Repetition.Required, nodes);
        _file = new(_pending, schema, properties, leaveOpen: true);
        Array.ForEach(nodes, node => node.Dispose());
    }

    public void AddNull(int column) => _columns[column].AddNull();

    public void Add(int column, bool value) => Buffer<bool>(column).Add(value);

    public void Add(int column, int value) => Buffer<int>(column).Add(value);

    /// <summary>Adds a number, or a timestamp in microseconds.</summary>
    public void Add(int column, long value) => Buffer<long>(column).Add(value);

    public void Add(int column, double value) => Buffer<double>(column).Add(value);

    public void Add(int column, string value) => _columns[column].AddText(value);

    /// <summary>Adds a decimal by its digits; the scale of the column places the point.</summary>
    public void AddUnscaled(int column, Int128 value) => _columns[column].AddUnscaled(value);

    /// <summary>Adds a decimal. Throws if it has more digits after the point than the column.</summary>
    public void AddDecimal(int column, decimal value) => _columns[column].AddDecimal(value);

    /// <summary>Ends the row, and writes the row group if it is full.</summary>
    public async ValueTask EndRowAsync(CancellationToken cancellationToken)
    {
        _rowsInGroup++;
        if (_rowsInGroup == _rowsPerGroup || (_rowsInGroup % 1024 == 0 && _columns.Sum(column => (long)column.Size) > MaxGroupSize))
        {
            await EndGroupAsync(cancellationToken);
        }
    }

    /// <summary>Writes the last row group and the footer. The output is not closed.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        await EndGroupAsync(cancellationToken);
        _file.Close();
        await _pending.MoveToAsync(_output, cancellationToken);
        await _output.FlushAsync(cancellationToken);
    }

    public void Dispose()
    {
        _file.Dispose();
        _pending.Dispose();
    }

    private async ValueTask EndGroupAsync(CancellationToken cancellationToken)
    {
        if (_rowsInGroup == 0)
        {
            return;
        }

        if (_columns.FirstOrDefault(column => column.Rows != _rowsInGroup) is { } uneven)
        {
            throw new InvalidOperationException(
                $"Column '{uneven.Column}' has {uneven.Rows} values in a row group of {_rowsInGroup} rows."
            );
        }

        using (var group = _file.AppendRowGroup())
        {
            foreach (var column in _columns)
            {
                using var writer = group.NextColumn();
                column.WriteTo(writer);
            }
        }

        _rowsInGroup = 0;
        await _pending.MoveToAsync(_output, cancellationToken);
    }

    private ColumnBuffer<T> Buffer<T>(int column)
        where T : unmanaged => _columns[column] as ColumnBuffer<T> ?? throw _columns[column].NotStoredAs(typeof(T));

    private static PrimitiveNode NodeOf(ParquetColumn column)
    {
        using var logical = column.Kind switch
        {
            ParquetKind.Text => LogicalType.String(),
            ParquetKind.Timestamp => LogicalType.Timestamp(column.IsUtc, TimeUnit.Micros),
            ParquetKind.Decimal => LogicalType.Decimal(column.Precision, column.Scale),
            _ => LogicalType.None(),
        };
        return new(
            column.Name,
            column.Nullable ? Repetition.Optional : Repetition.Required,
            logical,
            column.Physical,
            column.Length > 0 ? column.Length : -1
        );
    }
}
