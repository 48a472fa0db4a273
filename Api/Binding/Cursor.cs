using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Wyckoff.Api.Binding;

/// <summary>
/// The position of the next page as opaque text. A digest of the query detects a cursor that is cut off, changed or of another query.
/// The digest is no signature: a forged cursor gives access to nothing that the query itself does not.
/// </summary>
public static class Cursor
{
    private const int DigestBytes = 8;

    /// <param name="query">Identifies the query without its cursor. <see cref="Read"/> needs the same text.</param>
    /// <param name="position">The last entry of the current page.</param>
    public static string Make(string query, string position)
    {
        var text = Encoding.UTF8.GetBytes(position);
        return Base64Url.EncodeToString([.. Digest(query, text), .. text]);
    }

    /// <returns>The position; null if the text is not a cursor of the query.</returns>
    public static string? Read(string query, string cursor)
    {
        if (!Base64Url.IsValid(cursor) || Base64Url.DecodeFromChars(cursor) is not { Length: >= DigestBytes } bytes)
        {
            return null;
        }

        var position = bytes.AsSpan(DigestBytes);
        return Utf8.IsValid(position) && Digest(query, position).SequenceEqual(bytes.AsSpan(0, DigestBytes))
            ? Encoding.UTF8.GetString(position)
            : null;
    }

    private static ReadOnlySpan<byte> Digest(string query, ReadOnlySpan<byte> position) =>
        SHA256.HashData([.. SHA256.HashData(Encoding.UTF8.GetBytes(query)), .. position]).AsSpan(0, DigestBytes);
}
