namespace Troupe.Server.Page;

/// <summary>A file of the page.</summary>
/// <param name="Bytes">What it is.</param>
/// <param name="Brotli">The same, compressed when the page was built; null where that was not smaller.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Tag">Its entity tag, of its bytes.</param>
/// <param name="IsImmutable">Whether its name never means other bytes, so that any cache may keep it for good.</param>
internal sealed record PageFile(byte[] Bytes, byte[]? Brotli, string ContentType, string Tag, bool IsImmutable);
