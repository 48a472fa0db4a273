using System.IO.Compression;
using System.Text;

namespace Wyckoff.Imports;

/// <summary>What a file is by its first bytes, whatever it is called.</summary>
internal static class FileSniffer
{
    /// <summary>How many of the first bytes tell.</summary>
    public const int Head = 512;

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8);

    public static bool IsParquet(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <summary>The text of a stream as UTF-8: unpacked where it is packed by gzip, transcoded where it is UTF-16.</summary>
    public static async ValueTask<Stream> TextAsync(MeteredStream stream, CancellationToken cancellationToken)
    {
        var head = await stream.PeekAsync(Head, cancellationToken);
        if (head.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            var unpacked = new MeteredStream(new GZipStream(stream, CompressionMode.Decompress));
            try
            {
                return Utf8(unpacked, (await unpacked.PeekAsync(Head, cancellationToken)).Span);
            }
            catch (InvalidDataException e)
            {
                throw new ImportRefusedException($"The file cannot be unpacked: {e.Message}", 1, "");
            }
        }

        return Utf8(stream, head.Span);
    }

    /// <summary>The files in an archive that may hold bars.</summary>
    public static IEnumerable<ZipArchiveEntry> Entries(ZipArchive archive) =>
        archive.Entries.Where(entry =>
            entry.Name.Length > 0 && !entry.Name.StartsWith('.') && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)
        );

    private static Stream Utf8(Stream stream, ReadOnlySpan<byte> head)
    {
        var wide = head switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => Halves(head),
        };
        return wide is null ? stream : Encoding.CreateTranscodingStream(stream, wide, Encoding.UTF8);
    }

    /// <summary>Text of digits and letters has a zero in each second byte when it is UTF-16, mark or no mark.</summary>
    private static Encoding? Halves(ReadOnlySpan<byte> head)
    {
        int even = 0,
            odd = 0;
        for (var i = 0; i + 1 < head.Length; i += 2)
        {
            even += head[i] == 0 ? 1 : 0;
            odd += head[i + 1] == 0 ? 1 : 0;
        }

        var most = head.Length / 2 * 9 / 10;
        return head.Length < 8 ? null
            : odd >= most && even == 0 ? Encoding.Unicode
            : even >= most && odd == 0 ? Encoding.BigEndianUnicode
            : null;
    }
}
