using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Troupe;

/// <summary>Hashes of several texts as one: each part is preceded by its length, so that no two lists of parts read alike.</summary>
public static class Hashing
{
    /// <summary>The first 16 bytes of the SHA-256 of the parts; null counts as a part of its own kind.</summary>
    public static UInt128 Of(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = part is null ? [] : Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, part is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
