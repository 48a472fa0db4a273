using System.Buffers;
using System.Globalization;

namespace Wyckoff.Imports;

/// <summary>Makes temporary copies of files that are read from their end. Closing a copy deletes it.</summary>
internal static class Spool
{
    private const int BufferSize = 1 << 17;

    /// <summary>Copies a stream into a temporary file, which the caller closes.</summary>
    /// <param name="content">The stream.</param>
    /// <param name="size">The announced size in bytes; null if unknown.</param>
    /// <param name="limit">How many bytes the copy may have.</param>
    /// <param name="cancellationToken">Stops copying.</param>
    /// <exception cref="ImportRefusedException">The stream is longer.</exception>
    public static async Task<FileStream> FillAsync(Stream content, long? size, long limit, CancellationToken cancellationToken)
    {
        if (size > limit)
        {
            throw TooLong(limit);
        }

        var spool = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            }
        );
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                // The size in an archive's directory may be wrong, so the bytes are counted.
                if (spool.Position + read > limit)
                {
                    throw TooLong(limit);
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            spool.Position = 0;
            return spool;
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ImportRefusedException TooLong(long limit) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The file is read from its end, so it is copied to the disk first, and it has more than the {limit} bytes "
                    + $"that {SpoolOptions.Section}:{nameof(SpoolOptions.MaxSpool)} allows."
            )
        );
}
