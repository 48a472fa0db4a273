using System.Runtime.CompilerServices;

namespace Wyckoff.Parquet;

/// <summary>
/// Reads Parquet files of flat schemas: a few thousand rows at a time, whatever the size of the file and of its row groups. In memory are, per column that is read, one page
/// (writers cut them at about 1 MiB; more than 256 MiB are refused), compressed and not, and the dictionary of the row group.
/// </summary>
public sealed class ParquetReader
{
    private readonly Stream _stream;
    private readonly Footer _footer;

    private ParquetReader(Stream stream, Footer footer) => (_stream, _footer) = (stream, footer);

    /// <summary>All columns, in the order of the file; those of nested types too, as the path to them, but they cannot be read.</summary>
    public IReadOnlyList<ParquetColumn> Columns => _footer.Columns;

    public long Rows => _footer.Rows;

    public int RowGroups => _footer.Groups.Count;

    public string? CreatedBy => _footer.CreatedBy;

    /// <summary>Reads what stands at the end of the file. The stream has to be seekable, and stays the caller's.</summary>
    /// <exception cref="ParquetException">The stream is not a whole Parquet file.</exception>
    public static async Task<ParquetReader> OpenAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (!stream.CanSeek)
        {
            throw new ArgumentException("A stream that can seek was expected: a Parquet file is read from its end.", nameof(stream));
        }

        return new(stream, await Footer.ReadAsync(stream, cancellationToken));
    }

    /// <summary>All rows of these columns. Each batch is good until the next is asked for.</summary>
    /// <exception cref="ParquetException">A column cannot be read.</exception>
    public async IAsyncEnumerable<ParquetBatch> ReadAsync(IReadOnlyList<ParquetColumn> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        if (columns.FirstOrDefault(column => column.Refused is not null) is { } refused)
        {
            throw new ParquetException($"Column '{refused}' cannot be read: {refused.Refused}.");
        }

        var readers = columns.Select(column => new ChunkReader(_stream, column, _footer)).ToArray();
        var batch = new ParquetBatch(columns);
        for (var group = 0; group < _footer.Groups.Count; group++)
        {
            foreach (var reader in readers)
            {
                reader.Start(group);
            }

            for (var left = _footer.Groups[group].Rows; left > 0; left -= batch.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                batch.FirstRow += batch.Count;
                batch.Count = (int)Math.Min(left, ParquetBatch.MostRows);
                for (var i = 0; i < readers.Length; i++)
                {
                    await readers[i].ReadAsync(batch[i], batch.Count, cancellationToken);
                }

                yield return batch;
            }
        }
    }
}
