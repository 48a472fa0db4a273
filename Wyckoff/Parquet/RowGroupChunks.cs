using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>Reads the requested columns of one row group into vectors.</summary>
internal sealed class RowGroupChunks : IDisposable
{
    // The message of ParquetSharp if the first delta does not fit the type of the column.
    private const string WideDeltas = "InitHeader EOF";

    private readonly RowGroupReader _group;
    private readonly List<ColumnReader> _readers = [];
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly int _number;
    private readonly int[] _rowsAtOnce;
    private readonly short[] _levels = new short[ParquetBatch.MostRows];

    public RowGroupChunks(ParquetFileReader file, int group, IReadOnlyList<ParquetColumn> columns, int[] rowsAtOnce)
    {
        (_columns, _number, _rowsAtOnce) = (columns, group + 1, rowsAtOnce);
        _group = file.RowGroup(group);
        Rows = _group.MetaData.NumRows;
        foreach (var column in columns)
        {
            try
            {
                using var chunk = _group.MetaData.GetColumnChunkMetaData(column.Index);
                if (chunk.NumValues != Rows)
                {
                    throw new ParquetException($"{Where(column)}: it has {chunk.NumValues} values; {Rows} were expected.");
                }

                _readers.Add(_group.Column(column.Index));
            }
            catch (Exception e)
            {
                Dispose();
                throw e is ParquetException ? e : ParquetException.Of(e, Where(column));
            }
        }
    }

    public long Rows { get; }

    /// <summary>Reads the next <paramref name="count"/> values of a column, given by its position among the requested columns.</summary>
    public void Read(int position, ParquetVector vector, int count)
    {
        try
        {
            vector.Clear();
            for (var at = 0; at < count; )
            {
                var end = Math.Min(count, at + _rowsAtOnce[position]);
                at += _readers[position] switch
                {
                    ColumnReader<bool> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = value ? 1 : 0
                    ),
                    ColumnReader<int> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = value
                    ),
                    ColumnReader<long> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = value
                    ),
                    ColumnReader<float> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = BitConverter.SingleToInt32Bits(value)
                    ),
                    ColumnReader<double> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = BitConverter.DoubleToInt64Bits(value)
                    ),
                    ColumnReader<Int96> reader => ReadRows(reader, vector, at, end, static (vector, row, value) => vector.Add(row, value)),
                    ColumnReader<ByteArray> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Add(row, value.Pointer, value.Length)
                    ),
                    ColumnReader<FixedLenByteArray> reader => ReadRows(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Add(row, value.Pointer, vector.Column.Length)
                    ),
                    _ => throw new ParquetException($"values of type {_columns[position].Physical} are not supported."),
                };
            }
        }
        catch (Exception e)
        {
            var column = _columns[position];
            throw column is { IsUnsigned: true, Physical: PhysicalType.Int32 } && e.Message.Contains(WideDeltas, StringComparison.Ordinal)
                ? new ParquetException(
                    $"{Where(column)}: unsigned 32-bit numbers in DELTA_BINARY_PACKED with deltas of more than 32 bits, "
                        + "as DuckDB writes them, are not supported.",
                    e
                )
                : ParquetException.Of(e, Where(column));
        }
    }

    public void Dispose()
    {
        _readers.ForEach(reader => reader.Dispose());
        _group.Dispose();
    }

    // ParquetSharp returns the values of at most one page, without gaps for nulls; the levels tell which rows are null.
    private int ReadRows<T>(ColumnReader<T> reader, ParquetVector vector, int at, int end, Action<ParquetVector, int, T> store)
        where T : unmanaged
    {
        vector.ForgetPointers();
        var values = vector.Scratch<T>();
        var wantedRows = end - at;
        int rows;
        long valueCount;
        if (vector.Column.Nullable)
        {
            rows = (int)reader.ReadBatch(wantedRows, _levels, default, values, out valueCount);
        }
        else
        {
            rows = (int)reader.ReadBatch(wantedRows, values, out valueCount);
            _levels.AsSpan(0, rows).Fill(1);
        }

        var next = 0;
        for (var row = 0; row < rows; row++)
        {
            vector.Present[at + row] = _levels[row] != 0;
            if (_levels[row] != 0)
            {
                // A damaged page may have fewer values than its levels say; the rest of the array holds values of an earlier page.
                if (next == valueCount)
                {
                    break;
                }

                store(vector, at + row, values[next++]);
            }
        }

        if (rows == 0)
        {
            throw new ParquetException($"its pages end although {wantedRows} more rows were expected.");
        }

        var expected = rows - _levels.AsSpan(0, rows).Count((short)0);
        return next == valueCount && next == expected
            ? rows
            : throw new ParquetException($"a page has {valueCount} values where {expected} were expected.");
    }

    private string Where(ParquetColumn column) => $"Column '{column}' of row group {_number}";
}
