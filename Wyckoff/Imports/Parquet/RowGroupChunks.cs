using ParquetSharp;

namespace Wyckoff.Imports.Parquet;

/// <summary>The open columns of one row group, and how values of the library get into a vector.</summary>
internal sealed class RowGroupChunks : IDisposable
{
    // How the library says that the first of the deltas does not fit its type.
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

    /// <summary>The next values of the column at this place, as many as the vector is to have.</summary>
    public void Read(int place, ParquetVector vector, int count)
    {
        try
        {
            vector.Clear();
            for (var at = 0; at < count; )
            {
                var end = Math.Min(count, at + _rowsAtOnce[place]);
                at += _readers[place] switch
                {
                    ColumnReader<bool> reader => Next(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = value ? 1 : 0
                    ),
                    ColumnReader<int> reader => Next(reader, vector, at, end, static (vector, row, value) => vector.Numbers[row] = value),
                    ColumnReader<long> reader => Next(reader, vector, at, end, static (vector, row, value) => vector.Numbers[row] = value),
                    ColumnReader<float> reader => Next(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = BitConverter.SingleToInt32Bits(value)
                    ),
                    ColumnReader<double> reader => Next(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Numbers[row] = BitConverter.DoubleToInt64Bits(value)
                    ),
                    ColumnReader<Int96> reader => Next(reader, vector, at, end, static (vector, row, value) => vector.Add(row, value)),
                    ColumnReader<ByteArray> reader => Next(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Add(row, value.Pointer, value.Length)
                    ),
                    ColumnReader<FixedLenByteArray> reader => Next(
                        reader,
                        vector,
                        at,
                        end,
                        static (vector, row, value) => vector.Add(row, value.Pointer, vector.Column.Length)
                    ),
                    _ => throw new ParquetException($"values of type {_columns[place].Physical} are not supported."),
                };
            }
        }
        catch (Exception e)
        {
            var column = _columns[place];
            throw column is { IsUnsigned: true, Physical: PhysicalType.Int32 } && e.Message.Contains(WideDeltas, StringComparison.Ordinal)
                ? new ParquetException(
                    $"{Where(column)}: unsigned numbers of 32 bits are in DELTA_BINARY_PACKED, and more than 32 bits wide there, as DuckDB writes them; this is not supported.",
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

    // The library gives the values that are there without gaps, and at most those of one page.
    private int Next<T>(ColumnReader<T> reader, ParquetVector vector, int at, int end, Action<ParquetVector, int, T> store)
        where T : unmanaged
    {
        vector.ForgetPointers();
        var values = vector.Scratch<T>();
        var wanted = end - at;
        int rows;
        long there;
        if (vector.Column.Nullable)
        {
            rows = (int)reader.ReadBatch(wanted, _levels, default, values, out there);
        }
        else
        {
            rows = (int)reader.ReadBatch(wanted, values, out there);
            _levels.AsSpan(0, rows).Fill(1);
        }

        var next = 0;
        for (var row = 0; row < rows; row++)
        {
            vector.Present[at + row] = _levels[row] != 0;
            if (_levels[row] != 0)
            {
                // A damaged page has fewer values than its levels say; what follows in the array is old.
                if (next == there)
                {
                    break;
                }

                store(vector, at + row, values[next++]);
            }
        }

        if (rows == 0)
        {
            throw new ParquetException($"its pages end with {wanted} rows still to come.");
        }

        var expected = rows - _levels.AsSpan(0, rows).Count((short)0);
        return next == there && next == expected
            ? rows
            : throw new ParquetException($"a page has {there} values where {expected} were expected.");
    }

    private string Where(ParquetColumn column) => $"Column '{column}' of row group {_number}";
}
