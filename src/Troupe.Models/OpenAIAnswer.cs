using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>Reads a chat-completions answer, chunk by chunk or whole. A stream that is wrong never looks right: an error object, a chunk
/// that is no JSON, or an end without a finish reason throws.</summary>
internal sealed class OpenAIAnswer(string model)
{
    private readonly SortedDictionary<int, PendingCall> _calls = [];
    private bool _finished;

    /// <summary>The update of one chunk; null when the chunk says nothing.</summary>
    public ChatResponseUpdate? ReadChunk(string data)
    {
        using var document = Parse(data);
        return Read(document.RootElement, "delta");
    }

    /// <summary>The updates of a whole answer, from a server that does not stream.</summary>
    public IEnumerable<ChatResponseUpdate> ReadWhole(string body)
    {
        using var document = Parse(body);
        if (Read(document.RootElement, "message") is { } update)
        {
            yield return update;
        }

        End();
    }

    /// <summary>Checks that the answer was whole.</summary>
    public void End()
    {
        if (!_finished)
        {
            throw Broken("ended without a finish reason");
        }
    }

    private static string? TextOf(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair; its other half may be in the next chunk.
            return Unescape(value.GetRawText());
        }
    }

    private static string Unescape(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\')
            {
                text.Append(quoted[i]);
                continue;
            }

            i++;
            if (quoted[i] == 'u')
            {
                text.Append((char)Convert.ToUInt16(quoted.Substring(i + 1, 4), 16));
                i += 4;
            }
            else
            {
                text.Append(quoted[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
            }
        }

        return text.ToString();
    }

    private JsonDocument Parse(string data)
    {
        try
        {
            var document = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = 64 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Told below, without the text, which may be anybody's.
        }

        throw Broken("has a part that is not a JSON object");
    }

    private ChatResponseUpdate? Read(JsonElement chunk, string part)
    {
        try
        {
            return ReadObject(chunk, part);
        }
        catch (InvalidOperationException)
        {
            // A value is of another kind than the protocol says, or a name has half a surrogate pair.
            throw Broken("has a part that is not in the protocol");
        }
    }

    private ChatResponseUpdate? ReadObject(JsonElement chunk, string part)
    {
        if (chunk.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            throw OpenAIErrors.Of(error, model);
        }

        var update = new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            ResponseId = TextOf(chunk, "id"),
            ModelId = TextOf(chunk, "model"),
        };
        if (chunk.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0)
        {
            ReadChoice(choices[0], part, update);
        }

        if (chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            update.Contents.Add(new UsageContent(new UsageDetails
            {
                InputTokenCount = CountOf(usage, "prompt_tokens"),
                OutputTokenCount = CountOf(usage, "completion_tokens"),
                TotalTokenCount = CountOf(usage, "total_tokens"),
                CachedInputTokenCount = usage.TryGetProperty("prompt_tokens_details", out var read) ? CountOf(read, "cached_tokens") : null,
                ReasoningTokenCount = usage.TryGetProperty("completion_tokens_details", out var written) ? CountOf(written, "reasoning_tokens") : null,
            }));
        }

        return update.Contents.Count == 0 && update.FinishReason is null ? null : update;

        static long? CountOf(JsonElement parent, string name) =>
            parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var count) && count >= 0 ? count : null;
    }

    private void ReadChoice(JsonElement choice, string part, ChatResponseUpdate update)
    {
        if (choice.TryGetProperty(part, out var said) && said.ValueKind == JsonValueKind.Object)
        {
            if (TextOf(said, "reasoning_content") is { Length: > 0 } reasoning)
            {
                update.Contents.Add(new TextReasoningContent(reasoning));
            }

            if (TextOf(said, "content") is { Length: > 0 } text)
            {
                update.Contents.Add(new TextContent(text));
            }

            if (TextOf(said, "refusal") is { Length: > 0 } refusal)
            {
                update.Contents.Add(new TextContent(refusal));
            }

            if (said.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
            {
                ReadCalls(calls);
            }
        }

        if (TextOf(choice, "finish_reason") is { Length: > 0 } reason)
        {
            _finished = true;
            update.FinishReason = new ChatFinishReason(reason);
            foreach (var call in _calls.Values)
            {
                update.Contents.Add(ToolArguments.Read(call.Id, call.Name.ToString(), call.Arguments.ToString()));
            }

            _calls.Clear();
        }
    }

    private void ReadCalls(JsonElement calls)
    {
        var position = 0;
        foreach (var piece in calls.EnumerateArray())
        {
            var id = TextOf(piece, "id");
            var index = piece.TryGetProperty("index", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number)
                ? number : PlaceOf(id, position);
            position++;
            if (!_calls.TryGetValue(index, out var call))
            {
                if (_calls.Count >= 128)
                {
                    throw Broken("asks for more than 128 tools at once");
                }

                _calls.Add(index, call = new PendingCall());
            }

            call.Id = string.IsNullOrEmpty(id) ? call.Id : id;
            if (piece.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object)
            {
                call.Name.Append(TextOf(function, "name"));
                call.Arguments.Append(TextOf(function, "arguments"));
            }
        }
    }

    /// <summary>Where a piece without an index belongs, which some servers leave out: to the call of its id, else to the newest.</summary>
    private int PlaceOf(string? id, int position)
    {
        if (string.IsNullOrEmpty(id))
        {
            return position == 0 && _calls.Count > 0 ? _calls.Keys.Max() : position;
        }

        foreach (var (place, call) in _calls)
        {
            if (call.Id == id)
            {
                return place;
            }
        }

        return _calls.Count == 0 ? 0 : _calls.Keys.Max() + 1;
    }

    private ModelException Broken(string how) =>
        new(ModelErrorCodes.BrokenAnswer, $"The answer of the model '{model}' {how}.") { IsTransient = true };

    private sealed class PendingCall
    {
        public string Id { get; set; } = "";

        public StringBuilder Name { get; } = new();

        public StringBuilder Arguments { get; } = new();
    }
}
