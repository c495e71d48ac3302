namespace Troupe.Models.Mcp;

/// <summary>A stream for reading that ends with an error when a line, or a stream without lines, is longer than so many bytes: what is read as
/// one message stays in memory until it is whole.</summary>
internal sealed class BoundedLines(Stream inner, long maxBytes) : WatchedStream(inner)
{
    private long _line;

    protected override void Check(ReadOnlySpan<byte> read)
    {
        var last = read.LastIndexOf((byte)'\n');
        _line = last < 0 ? _line + read.Length : read.Length - last - 1;
        if (_line > maxBytes)
        {
            throw new InvalidDataException($"A message is longer than {maxBytes} bytes.");
        }
    }
}
