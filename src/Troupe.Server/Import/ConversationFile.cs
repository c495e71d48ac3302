using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Reads the conversations of one file. What is broken is told with its place and does not stop the rest.</summary>
/// <param name="wanted">The format that it must have; auto for any.</param>
internal sealed class ConversationFile(string wanted)
{
    public const long MaxBytes = 1L << 30;

    private const int MaxRefused = 1000;
    private const string Whole = "the file";

    private int _refused;
    private Stream? _stream;

    /// <summary>The format, once it is known.</summary>
    public string? Format { get; private set; }

    /// <summary>How far the file is read; to be asked while an item is taken.</summary>
    public long PositionBytes => _stream?.Position ?? 0;

    /// <summary>Hands over what a file on the disk holds, in order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Takes an item; it may hold the reading back.</param>
    /// <param name="cancellationToken">Stops between items.</param>
    public async Task ReadAsync(string path, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path))
            {
                await take(new ImportItem.Refused(Whole, "It is a folder, not a file."));
                return;
            }

            await using var stream = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
            await ReadAsync(stream, take, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await take(new ImportItem.Refused(Whole, $"It cannot be read: {failure.Message}"));
        }
    }

    /// <summary>Hands over what a file holds, in order.</summary>
    /// <param name="file">The file, from its beginning; it can be sought in.</param>
    /// <param name="take">Takes an item; it may hold the reading back.</param>
    /// <param name="cancellationToken">Stops between items.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task ReadAsync(Stream file, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        _stream = file;
        try
        {
            await ReadAllAsync(
                file,
                item =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    return item is ImportItem.Refused && ++_refused > MaxRefused
                        ? throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"More than {MaxRefused} places cannot be read. The rest of the file is left out.")) : take(item);
                },
                cancellationToken);
        }
        catch (UnreadableException failure)
        {
            await take(new ImportItem.Refused(failure.Where ?? Whole, failure.Message));
        }
        catch (JsonException failure)
        {
            await take(new ImportItem.Refused(PlaceOf(failure), BrokenJson));
        }
        finally
        {
            _stream = null;
        }
    }

    private static string BrokenJson { get; } = $"This is not valid JSON, or nested deeper than {JsonPieces.MaxDepth}. Export the file again, or repair this place.";

    private static string PlaceOf(JsonException failure, long line = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"line {line + (failure.LineNumber ?? 0) + 1}, byte {(failure.BytePositionInLine ?? 0) + 1}");

    private static ImportItem Read(IConversationFormat format, string? name, JsonElement value, string where)
    {
        try
        {
            return new ImportItem.Taken(format.Read(name, value), where);
        }
        catch (UnreadableException failure)
        {
            return new ImportItem.Refused(failure.Where is null ? where : where == Whole ? failure.Where : $"{where}, {failure.Where}", failure.Message);
        }
        catch (InvalidOperationException)
        {
            return new ImportItem.Refused(where, "It has bytes that are no UTF-8 text. Save it as UTF-8.");
        }
    }

    private async Task ReadAllAsync(Stream stream, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        if (stream.Length > MaxBytes)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"It has {stream.Length} bytes; at most {MaxBytes} are taken. Split it."));
        }

        var prefix = new byte[(int)Math.Min(FormatDetector.PrefixBytes, stream.Length)];
        var length = await stream.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellationToken);
        var mark = prefix.AsSpan(0, length).StartsWith("\uFEFF"u8) ? 3 : 0;
        var shape = FormatDetector.Find(prefix.AsSpan(mark, length - mark), length == stream.Length, wanted);
        if (wanted == "auto" && length < stream.Length && prefix.AsSpan(0, length).IndexOf((byte)'\n') < 0 && await HasSecondLineAsync(stream, cancellationToken))
        {
            shape = FormatDetector.Lines;
        }

        Format = shape.Format;
        stream.Position = mark;
        await (shape.Container switch
        {
            FileContainer.One => ReadOneAsync(stream, shape.Format, take, cancellationToken),
            FileContainer.Lines => ReadLinesAsync(stream, take, cancellationToken),
            _ => ReadPiecesAsync(stream, shape, take, cancellationToken),
        });
    }

    /// <summary>Whether another array or object begins after the first line, which is longer than what was looked at: inside of JSON that is
    /// written without lines there is no line break.</summary>
    private static async Task<bool> HasSecondLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[FormatDetector.PrefixBytes];
        var isAfter = false;
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            var rest = buffer.AsMemory(0, read);
            if (!isAfter && buffer.AsSpan(0, read).IndexOf((byte)'\n') is >= 0 and var end)
            {
                isAfter = true;
                rest = rest[(end + 1)..];
            }

            var first = isAfter ? rest.Span.IndexOfAnyExcept(" \t\r\n"u8) : -1;
            if (first >= 0)
            {
                return rest.Span[first] is (byte)'{' or (byte)'[';
            }
        }

        return false;
    }

    private static async Task ReadOneAsync(Stream stream, string format, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        if (stream.Length > JsonPieces.MaxPieceBytes)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"It is one conversation of {stream.Length} bytes; at most {JsonPieces.MaxPieceBytes} are taken. Split it."));
        }

        var bytes = new byte[stream.Length - stream.Position];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        var value = JsonElement.Parse(bytes.AsSpan(0, length), new JsonDocumentOptions { MaxDepth = JsonPieces.MaxDepth });
        await take(Read(FormatDetector.Format(format), null, value, Whole));
    }

    private static async Task ReadPiecesAsync(Stream stream, FileShape shape, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        var format = FormatDetector.Format(shape.Format);
        var isUsers = shape.Container == FileContainer.Users;
        var others = new OtherMembers();
        var number = 0;

        // The last one waits, because what stands behind it goes with it.
        ImportItem? last = null;
        try
        {
            await foreach (var piece in new JsonPieces(shape.Within ?? (isUsers ? "users" : "conversations")).ReadAsync(stream, cancellationToken))
            {
                if (!(isUsers ? IsUser(piece) : piece.Name is null))
                {
                    others.Add(piece.Name ?? "", piece.Value);
                    continue;
                }

                number++;
                if (isUsers && TauroBotFormat.IsEmpty(piece.Value))
                {
                    continue;
                }

                if (last is not null)
                {
                    await take(last);
                }

                var where = piece.Name is null ? string.Create(CultureInfo.InvariantCulture, $"conversation {number}") : $"user '{(piece.Name.Length > 80 ? TextRules.Mend(piece.Name[..80]) : piece.Name)}'";
                last = others.Join(Read(format, piece.Name is null ? null : TextRules.Mend(piece.Name), piece.Value, where));
            }
        }
        catch (Exception failure) when (last is not null && failure is (JsonException or UnreadableException))
        {
            // The file breaks off here; what stands before is whole.
            await take(others.JoinRest(last));
            throw;
        }

        if (last is not null)
        {
            await take(others.JoinRest(last));
        }
        else if (number == 0)
        {
            throw new UnreadableException("There are no conversations.");
        }
    }

    /// <summary>Whether a part of a memory file is a user. At the root stand other things, too: lists without messages, objects without any.</summary>
    private static bool IsUser(JsonPiece piece) => piece.Value.ValueKind switch
    {
        JsonValueKind.Array => piece.IsInside || piece.Value.GetArrayLength() == 0 || piece.Value.EnumerateArray().Any(m => m.ValueKind == JsonValueKind.Object),
        JsonValueKind.Object => piece.IsInside || MessageFormat.MessagesOf(piece.Value).Name is not null,
        _ => false,
    };

    /// <summary>Each line is a conversation. Lines that are messages are one conversation together, taken whole or not at all.</summary>
    private static async Task ReadLinesAsync(Stream stream, Func<ImportItem, ValueTask> take, CancellationToken cancellationToken)
    {
        var lines = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 20, leaveOpen: true));
        var messages = new MessageReader();
        var messageCount = 0;
        string? broken = null;
        for (var number = 1; await ReadLineAsync(lines, cancellationToken) is { } bytes; number++)
        {
            if (bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
            {
                continue;
            }

            var where = string.Create(CultureInfo.InvariantCulture, $"line {number}");
            ImportItem item;
            try
            {
                var value = JsonElement.Parse(bytes, new JsonDocumentOptions { MaxDepth = JsonPieces.MaxDepth });
                if (FormatDetector.FormatOf(value) is not { } format && MessageReader.IsMessage(value))
                {
                    messages.Add(value, ++messageCount);
                    continue;
                }

                // What is no conversation is told so by the format of messages.
                item = Read(FormatDetector.FormatOf(value) ?? new MessageFormat(), null, value, where);
            }
            catch (JsonException failure)
            {
                item = new ImportItem.Refused(PlaceOf(failure, number - 1), BrokenJson);
            }
            catch (UnreadableException failure)
            {
                item = new ImportItem.Refused(where, failure.Message);
            }
            catch (InvalidOperationException)
            {
                item = new ImportItem.Refused(where, "It has bytes that are no UTF-8 text. Save it as UTF-8.");
            }

            broken ??= (item as ImportItem.Refused)?.Where;
            await take(item);
        }

        if (messageCount > 0)
        {
            await take(broken is null ? Gather(messages)
                : new ImportItem.Refused(Whole, $"Its lines are the messages of one conversation, and {broken} cannot be read. The conversation is taken whole or not at all: repair that line."));
        }
    }

    private static ImportItem Gather(MessageReader messages)
    {
        try
        {
            return new ImportItem.Taken(messages.Make("openai", null, null, null), Whole);
        }
        catch (UnreadableException failure)
        {
            return new ImportItem.Refused(Whole, failure.Message);
        }
    }

    private static async Task<byte[]?> ReadLineAsync(PipeReader lines, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await lines.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end).ToArray();
                lines.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }

            if (buffer.Length > JsonPieces.MaxPieceBytes)
            {
                throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"A line is larger than {JsonPieces.MaxPieceBytes >> 20} MiB. Split it."));
            }

            if (read.IsCompleted)
            {
                var rest = buffer.ToArray();
                lines.AdvanceTo(buffer.End);
                return rest.Length == 0 ? null : rest;
            }

            lines.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
