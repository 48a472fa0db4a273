using System.IO.Compression;
using System.Text;

namespace Wyckoff.Imports;

/// <summary>A text file as a stream of UTF-8, and how it is stored.</summary>
internal readonly record struct OpenedText(Stream Utf8, string Encoding = "UTF-8", string? Compression = null);

/// <summary>Recognises the format and the encoding of a file by its first bytes.</summary>
internal static class FileSniffer
{
    /// <summary>How many bytes at the beginning of a file are looked at.</summary>
    public const int HeadLength = 512;

    /// <summary>Whether a file is a zip archive. Leaves the file at its beginning.</summary>
    public static async Task<bool> IsZipAsync(FileStream file, CancellationToken cancellationToken)
    {
        var head = new byte[4];
        var length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        return IsZip(head.AsSpan(0, length));
    }

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8);

    public static bool IsParquet(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <summary>What a file is that cannot be imported, and what to do instead; null for every other file.</summary>
    public static string? Unsupported(ReadOnlySpan<byte> head) =>
        head switch
        {
            _ when head.StartsWith("ARROW1"u8) || head.StartsWith("FEA1"u8) =>
                "This is a Feather or Arrow file: save it as Parquet or CSV.",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) => "This is an Excel workbook (.xls): save it as CSV.",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x89, 0x48, 0x44, 0x46]) => "This is an HDF5 file: save it as Parquet or CSV.",
            _ when head.StartsWith("SQLite format 3"u8) => "This is a SQLite database: save its table as CSV.",
            _ when head.StartsWith("%PDF"u8) => "This is a PDF file.",
            // As a file system leaves a file that was being written when the power failed.
            _ when head.Length > 0 && !head.ContainsAnyExcept((byte)0) => "The file begins with NUL bytes only: it is damaged.",
            _ when IsJson(head) => "This is JSON: save it as CSV or Parquet (GET /v1/bars gives both with format=csv and format=parquet).",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) => Compressed("Zstandard"),
            _ when head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) => Compressed("xz"),
            _ when head.StartsWith("BZh"u8) => Compressed("bzip2"),
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) => Compressed("7-Zip"),
            _ => null,
        };

    // A list has an object or another list in it. A header may begin with [Date].
    private static bool IsJson(ReadOnlySpan<byte> head)
    {
        head = head.TrimStart("\uFEFF \t\r\n"u8);
        return head is [(byte)'{', ..] || (head is [(byte)'[', ..] && head[1..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..]);
    }

    private static string Compressed(string format) => $"The file is compressed with {format}: gzip and zip are supported.";

    /// <summary>Whether a zip archive is an Excel workbook or another Office document.</summary>
    public static bool IsOfficeDocument(ZipArchive archive) => archive.GetEntry("[Content_Types].xml") is not null;

    /// <summary>Opens a text file as UTF-8: gzip is decompressed, UTF-16 is transcoded.</summary>
    public static async ValueTask<OpenedText> OpenTextAsync(MeteredStream stream, CancellationToken cancellationToken)
    {
        var head = await stream.PeekAsync(HeadLength, cancellationToken);
        if (head.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            var decompressed = new MeteredStream(new GZipStream(stream, CompressionMode.Decompress));
            try
            {
                return AsUtf8(decompressed, (await decompressed.PeekAsync(HeadLength, cancellationToken)).Span) with
                {
                    Compression = "gzip",
                };
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

    private static OpenedText AsUtf8(Stream stream, ReadOnlySpan<byte> head)
    {
        var utf16 = head switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => DetectUtf16(head),
        };
        return utf16 is null
            ? new(stream)
            : new(Encoding.CreateTranscodingStream(stream, utf16, Encoding.UTF8), utf16.WebName.ToUpperInvariant());
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
