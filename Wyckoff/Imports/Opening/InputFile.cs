using Wyckoff.Imports.Delimited;
using Wyckoff.Imports.Parquet;

namespace Wyckoff.Imports.Opening;

/// <summary>A file, or an entry of an archive, that is imported or previewed.</summary>
/// <param name="Name">Its path or name, which may give symbol and timeframe.</param>
/// <param name="Sha256">Its hash; that of the archive for an entry.</param>
/// <param name="Size">Its size in bytes; null if unknown.</param>
/// <param name="Stream">Its content; null if it is refused.</param>
internal sealed record InputFile(string Name, string Sha256, long? Size, MeteredStream? Stream)
{
    /// <summary>The same file as a seekable stream; null for a stream or an entry of an archive.</summary>
    public FileStream? File { get; init; }

    /// <summary>Why the file is refused before it is opened.</summary>
    public ImportRefusedException? Refusal { get; init; }

    /// <summary>Opens the file as what its first bytes say it is.</summary>
    /// <param name="options">How to read it.</param>
    /// <param name="maxSpool">How many bytes a temporary copy may have.</param>
    /// <param name="time">The clock, for times in the future.</param>
    /// <param name="cancellationToken">Cancels opening, and reading Parquet.</param>
    /// <param name="head">How many bytes of unpacked text are read; null for all.</param>
    /// <exception cref="ImportRefusedException">The file holds no bars that can be read.</exception>
    public async ValueTask<BarFile> OpenAsync(
        ImportOptions options,
        long maxSpool,
        TimeProvider time,
        CancellationToken cancellationToken,
        long? head = null
    )
    {
        if (Refusal is { } refusal)
        {
            throw refusal;
        }

        var begin = await Stream!.PeekAsync(FileSniffer.HeadLength, cancellationToken);
        if (FileSniffer.Unsupported(begin.Span) is { } unsupported)
        {
            throw new ImportRefusedException(unsupported);
        }

        if (!FileSniffer.IsParquet(begin.Span))
        {
            var text = await FileSniffer.OpenTextAsync(Stream, cancellationToken);
            return new DelimitedFile(
                head is { } length ? text with { Utf8 = new HeadStream(text.Utf8, length) } : text,
                FileName.Of(Name),
                options,
                time
            );
        }

        if (File is { } seekable)
        {
            return ParquetFile.Open(seekable, FileName.Of(Name), options, time, cancellationToken);
        }

        // A Parquet file in an archive: it is read from its end, so it is copied to a temporary file first.
        var spool = await Spool.FillAsync(Stream, Size, maxSpool, cancellationToken);
        try
        {
            return ParquetFile.Open(spool, FileName.Of(Name), options, time, cancellationToken);
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }
}
