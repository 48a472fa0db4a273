using ParquetSharp;
using ParquetSharp.Schema;

namespace Wyckoff.Imports.Parquet;

/// <summary>
/// Writes a Parquet file of a flat schema, from front to end: the output need not seek. In memory is one row group. Values of a row are added column by column,
/// by the column's place; <see cref="EndRowAsync"/> ends the row, <see cref="FinishAsync"/> the file: without it there is none.
/// </summary>
public sealed class ParquetWriter : IDisposable
{
    public const int DefaultRowsPerGroup = 65_536;
    private const long LargestGroup = 64 << 20;
    private const string Creator = "wyckoff";
    private readonly Stream _output;
    private readonly int _rowsPerGroup;
    private readonly ColumnBuffer[] _columns;

    // The library writes synchronously, so it writes here, and what is here goes on asynchronously.
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

    /// <summary>A number, or the microseconds of a timestamp.</summary>
    public void Add(int column, long value) => Buffer<long>(column).Add(value);

    public void Add(int column, double value) => Buffer<double>(column).Add(value);

    public void Add(int column, string value) => _columns[column].AddText(value);

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

    /// <summary>Writes what is left, and the end of the file. The output stays the caller's.</summary>
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
