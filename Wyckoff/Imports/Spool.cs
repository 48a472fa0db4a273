using System.Buffers;
using System.Globalization;

namespace Wyckoff.Imports;

/// <summary>A temporary copy of a file that has to be read from its end. Closing it deletes it.</summary>
internal static class Spool
{
    private const int PieceSize = 1 << 17;

    /// <summary>Copies a file into a new spool, which is the caller's to close.</summary>
    /// <param name="content">The file.</param>
    /// <param name="size">How long the file is said to be; null when nobody says.</param>
    /// <param name="most">How many bytes a spool may have.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="ImportRefusedException">The file is longer.</exception>
    public static async Task<FileStream> FillAsync(Stream content, long? size, long most, CancellationToken cancellationToken)
    {
        if (size > most)
        {
            throw TooLong(most);
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
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            int read;
            while ((read = await content.ReadAsync(piece, cancellationToken)) > 0)
            {
                // The size in an archive's directory may be wrong, so the bytes are counted.
                if (spool.Position + read > most)
                {
                    throw TooLong(most);
                }

                await spool.WriteAsync(piece.AsMemory(0, read), cancellationToken);
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
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static ImportRefusedException TooLong(long most) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The file is read from its end and has to be copied to the disk first, and it has more than the {most} bytes that {SpoolOptions.Section}:{nameof(SpoolOptions.MaxSpool)} allows."
            )
        );
}
