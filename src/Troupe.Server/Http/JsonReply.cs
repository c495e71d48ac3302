using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Troupe.Server.Http;

/// <summary>Writes a JSON answer with its length, so that any client can keep its connection.</summary>
public static class JsonReply
{
    // Answers are JSON by their type and are never part of a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Writes a value; the status must have been set.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        var bytes = Serialize(value, type);
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        response.BodyWriter.Write(bytes);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    /// <summary>The UTF-8 JSON of a value; good until the thread serializes again.</summary>
    internal static ReadOnlySpan<byte> Serialize<T>(T value, JsonTypeInfo<T> type)
    {
        const int largestKept = 64 * 1024;
        var buffer = _buffer is { Capacity: <= largestKept } kept ? kept : _buffer = new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        var writer = _writer ??= new Utf8JsonWriter(buffer, Options);
        writer.Reset(buffer);
        JsonSerializer.Serialize(writer, value, type);
        return buffer.WrittenSpan;
    }
}
