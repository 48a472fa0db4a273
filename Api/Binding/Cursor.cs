using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Wyckoff.Api.Binding;

/// <summary>
/// Where the next page begins, as text that a client gives back unseen. It holds a digest of the query it continues, so that one which was cut off, changed or taken from another
/// query is noticed. It is no secret: whoever makes one himself gets what he might have asked for anyway.
/// </summary>
public static class Cursor
{
    private const int DigestBytes = 8;

    /// <param name="query">What the pages are of, without the cursor: the same text when it is read.</param>
    /// <param name="position">The last entry of this page.</param>
    public static string Make(string query, string position)
    {
        var text = Encoding.UTF8.GetBytes(position);
        return Base64Url.EncodeToString([.. Digest(query, text), .. text]);
    }

    /// <returns>The position; null when this is no cursor of that query.</returns>
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
