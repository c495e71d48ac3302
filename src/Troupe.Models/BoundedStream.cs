using Troupe.Chat;

namespace Troupe.Models;

/// <summary>A stream for reading that ends with an error after so many bytes.</summary>
internal sealed class BoundedStream(Stream inner, long maxBytes, string model) : WatchedStream(inner)
{
    private long _read;

    protected override void Check(ReadOnlySpan<byte> read)
    {
        _read += read.Length;
        if (_read > maxBytes)
        {
            throw new ModelException(
                ModelErrorCodes.BrokenAnswer, $"The answer of the model '{model}' is longer than {maxBytes} bytes and was cut off.");
        }
    }
}
