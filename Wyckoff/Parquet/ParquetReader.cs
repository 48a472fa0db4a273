using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>
/// Reads Parquet files of flat schemas in batches of a few thousand rows. For each requested column, memory holds one page (usually about 1
/// MiB), compressed and decompressed, and the dictionary of the row group; the size of the file and of its row groups does not matter.
/// </summary>
public sealed class ParquetReader : IDisposable
{
    private const int BufferSize = 1 << 16;
    private readonly Stream _stream;
    private readonly ParquetFileValidator _validator;
    private readonly ParquetFileReader _file;

    private ParquetReader(Stream stream)
    {
        _stream = stream;
        _validator = ParquetFileValidator.Read(stream);
        const string where = "The footer of the Parquet file is damaged";
        try
        {
            // The default allocator of ParquetSharp keeps about 40 MB.
            using var properties = ReaderProperties.WithMemoryPool(MemoryPool.SystemMemoryPool());
            // Without buffering, a whole column of a row group is read at once.
            properties.EnableBufferedStream();
            properties.BufferSize = BufferSize;
            properties.EnablePageChecksumVerification();
            _file = new(stream, properties, leaveOpen: true);
        }
        catch (Exception e) when (e is not IOException)
        {
            throw ParquetException.Of(e, where);
        }

        try
        {
            var file = _file.FileMetaData;
            Columns = [.. Enumerable.Range(0, file.NumColumns).Select(index => ParquetColumn.Of(file.Schema.Column(index), index))];
            RowGroups = file.NumRowGroups;
            CreatedBy = file.CreatedBy;
            // The total in the footer is wrong in files of some writers, so the rows of the row groups are added up.
            for (var group = 0; group < RowGroups; group++)
            {
                using var reader = _file.RowGroup(group);
                Rows =
                    reader.MetaData.NumRows is >= 0 and var rows && rows <= long.MaxValue - Rows
                        ? Rows + rows
                        : throw new ParquetException($"{where}: row group {group + 1} has {reader.MetaData.NumRows} rows.");
            }
        }
        catch (Exception e)
        {
            _file.Dispose();
            throw e is ParquetException ? e : ParquetException.Of(e, where);
        }
    }

    /// <summary>All columns in the order of the file. Nested columns are listed under their path, but cannot be read.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    public long Rows { get; }

    public int RowGroups { get; }

    public string? CreatedBy { get; }

    /// <summary>Opens a file and reads its footer. The stream must be seekable and is not closed.</summary>
    /// <exception cref="ParquetException">The stream is not a complete Parquet file.</exception>
    public static ParquetReader Open(Stream stream) =>
        stream.CanSeek
            ? new(stream)
            : throw new ArgumentException("A stream that can seek was expected: a Parquet file is read from its end.", nameof(stream));

    /// <summary>Reads all rows of some columns. Each batch is valid until the next one is read.</summary>
    /// <exception cref="ParquetException">A column cannot be read.</exception>
    public IEnumerable<ParquetBatch> Read(IReadOnlyList<ParquetColumn> columns, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        if (columns.FirstOrDefault(column => column.Refused is not null) is { } refused)
        {
            throw new ParquetException($"Column '{refused}' cannot be read: {refused.Refused}.");
        }

        var batch = new ParquetBatch(columns);
        for (var group = 0; group < RowGroups; group++)
        {
            using var chunks = new RowGroupChunks(_file, group, columns, _validator.CheckPages(_stream, group, columns));
            for (var left = chunks.Rows; left > 0; left -= batch.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                batch.FirstRow += batch.Count;
                batch.Count = (int)Math.Min(left, ParquetBatch.MostRows);
                for (var i = 0; i < columns.Count; i++)
                {
                    chunks.Read(i, batch[i], batch.Count);
                }

                yield return batch;
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
