using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.Api.Access;

/// <summary>The SHA-256 of a key or session token: the only form in which it is kept in memory or in the database.</summary>
public readonly record struct Digest(UInt128 High, UInt128 Low)
{
    private const int Size = SHA256.HashSizeInBytes;

    public static Digest Of(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(token.Length)];
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(token, bytes)], hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[(Size / 2)..]));
    }

    public byte[] ToBytes()
    {
        var hash = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(hash, High);
        BinaryPrimitives.WriteUInt128BigEndian(hash.AsSpan(Size / 2), Low);
        return hash;
    }
}
