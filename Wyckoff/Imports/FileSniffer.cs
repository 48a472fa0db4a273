using System.IO.Compression;
using System.Text;

namespace Wyckoff.Imports;

/// <summary>Recognises the format and the encoding of a file by its first bytes.</summary>
internal static class FileSniffer
{
    /// <summary>How many bytes at the beginning of a file are looked at.</summary>
    public const int HeadLength = 512;

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8);

    public static bool IsParquet(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <summary>Opens a text file as UTF-8: gzip is decompressed, UTF-16 is transcoded.</summary>
    public static async ValueTask<Stream> OpenTextAsync(MeteredStream stream, CancellationToken cancellationToken)
    {
        var head = await stream.PeekAsync(HeadLength, cancellationToken);
        if (head.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            var decompressed = new MeteredStream(new GZipStream(stream, CompressionMode.Decompress));
            try
            {
                return AsUtf8(decompressed, (await decompressed.PeekAsync(HeadLength, cancellationToken)).Span);
            }
            catch (InvalidDataException e)
            {
                throw new ImportRefusedException($"The file cannot be unpacked: {e.Message}", 1, "");
            }
        }

        return AsUtf8(stream, head.Span);
    }

    /// <summary>The files of a zip archive, without hidden files and those that macOS adds.</summary>
    public static IEnumerable<ZipArchiveEntry> Entries(ZipArchive archive) =>
        archive.Entries.Where(entry =>
            entry.Name.Length > 0 && !entry.Name.StartsWith('.') && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)
        );

    private static Stream AsUtf8(Stream stream, ReadOnlySpan<byte> head)
    {
        var utf16 = head switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => DetectUtf16(head),
        };
        return utf16 is null ? stream : Encoding.CreateTranscodingStream(stream, utf16, Encoding.UTF8);
    }

    /// <summary>Detects UTF-16 without a byte-order mark: in ASCII text every second byte is zero.</summary>
    private static Encoding? DetectUtf16(ReadOnlySpan<byte> head)
    {
        int even = 0,
            odd = 0;
        for (var i = 0; i + 1 < head.Length; i += 2)
        {
            even += head[i] == 0 ? 1 : 0;
            odd += head[i + 1] == 0 ? 1 : 0;
        }

        var threshold = head.Length / 2 * 9 / 10;
        return head.Length < 8 ? null
            : odd >= threshold && even == 0 ? Encoding.Unicode
            : even >= threshold && odd == 0 ? Encoding.BigEndianUnicode
            : null;
    }
}
