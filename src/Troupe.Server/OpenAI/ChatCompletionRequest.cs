using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Server.OpenAI;

/// <summary>A chat-completions request, read as tolerantly as OpenAI does: what is unknown is passed over.</summary>
internal sealed class ChatCompletionRequest
{
    public required string Model { get; init; }

    public required List<ChatMessage> Messages { get; init; }

    public required ChatOptions Options { get; init; }

    public bool Stream { get; private init; }

    public bool IncludeUsage { get; private init; }

    public string? SessionId { get; private init; }

    /// <summary>Ours: whether an answer that was computed before will do.</summary>
    public bool MayReuse { get; private init; }

    public static ChatCompletionRequest Read(JsonElement body)
    {
        var stream = BoolOf(body, "stream") ?? false;
        return new ChatCompletionRequest
        {
            Model = TextOf(body, "model") ?? throw OpenAIBody.Invalid("'model' is missing: name an agent or a model.", "model"),
            Messages = ReadMessages(body),
            Options = ReadOptions(body),
            Stream = stream,
            MayReuse = BoolOf(body, "cache") != false,
            IncludeUsage = stream && body.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object && BoolOf(options, "include_usage") == true,
            SessionId = body.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? TextOf(metadata, "session_id") : null,
        };
    }

    private static List<ChatMessage> ReadMessages(JsonElement body)
    {
        if (!body.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw OpenAIBody.Invalid("'messages' must be an array of at least one message.", "messages");
        }

        var read = new List<ChatMessage>(messages.GetArrayLength());
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            read.Add(ReadMessage(message, $"messages[{index++}]"));
        }

        return read;
    }

    private static ChatMessage ReadMessage(JsonElement message, string at)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIBody.Invalid($"'{at}' must be an object.", at);
        }

        var role = TextOf(message, "role") switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "tool" => ChatRole.Tool,
            _ => throw OpenAIBody.Invalid($"'{at}.role' must be system, developer, user, assistant or tool.", $"{at}.role"),
        };
        var read = new ChatMessage { Role = role };
        var text = ReadContent(message, at, role == ChatRole.Tool ? null : read.Contents);
        if (role == ChatRole.Tool)
        {
            read.Contents.Add(new FunctionResultContent(
                TextOf(message, "tool_call_id") ?? throw OpenAIBody.Invalid($"'{at}.tool_call_id' is missing.", $"{at}.tool_call_id"), text));
        }

        if (message.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            foreach (var call in calls.EnumerateArray())
            {
                if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out var function) || TextOf(function, "name") is not { } name)
                {
                    throw OpenAIBody.Invalid($"'{at}.tool_calls' has a call without a function name.", $"{at}.tool_calls");
                }

                read.Contents.Add(ToolArguments.Read(TextOf(call, "id") ?? "", name, TextOf(function, "arguments") ?? "{}"));
            }
        }

        return read;
    }

    private static string ReadContent(JsonElement message, string at, IList<AIContent>? into)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
        {
            return "";
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            var text = TextOf(message, "content")!;
            into?.Add(new TextContent(text));
            return text;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw OpenAIBody.Invalid($"'{at}.content' must be text or an array of parts.", $"{at}.content");
        }

        var all = "";
        foreach (var part in content.EnumerateArray())
        {
            switch (part.ValueKind == JsonValueKind.Object ? TextOf(part, "type") : null)
            {
                case "text":
                    var text = TextOf(part, "text") ?? "";
                    all += text;
                    into?.Add(new TextContent(text));
                    break;

                case "image_url" when part.TryGetProperty("image_url", out var image) && TextOf(image, "url") is { } url:
                    into?.Add(ImageOf(url, at));
                    break;

                default:
                    throw OpenAIBody.Invalid($"'{at}.content' has a part of a type that is not text or image_url.", $"{at}.content");
            }
        }

        return all;
    }

    private static AIContent ImageOf(string url, string at)
    {
        try
        {
            if (!url.StartsWith("data:", StringComparison.Ordinal))
            {
                return new UriContent(new Uri(url), "image/*");
            }

            // What is no image would be left out on the way to a provider, and nobody would know.
            var data = new DataContent(url);
            return data.HasTopLevelMediaType("image") ? data : throw OpenAIBody.Invalid($"'{at}.content' has an image that is '{data.MediaType}'.", $"{at}.content");
        }
        catch (Exception failure) when (failure is UriFormatException or ArgumentException)
        {
            throw OpenAIBody.Invalid($"'{at}.content' has an image whose address is not valid.", $"{at}.content");
        }
    }

    private static ChatOptions ReadOptions(JsonElement body)
    {
        var options = new ChatOptions
        {
            Temperature = NumberOf(body, "temperature", 0, 2),
            TopP = NumberOf(body, "top_p", 0, 1),
            FrequencyPenalty = NumberOf(body, "frequency_penalty", -2, 2),
            PresencePenalty = NumberOf(body, "presence_penalty", -2, 2),
            MaxOutputTokens = WholeOf(body, "max_completion_tokens") ?? WholeOf(body, "max_tokens"),
            Seed = body.TryGetProperty("seed", out var seed) && seed.ValueKind == JsonValueKind.Number && seed.TryGetInt64(out var number) ? number : null,
            AllowMultipleToolCalls = BoolOf(body, "parallel_tool_calls"),
        };
        if (body.TryGetProperty("stop", out var stop))
        {
            options.StopSequences = stop.ValueKind switch
            {
                JsonValueKind.String => [stop.GetString()!],
                JsonValueKind.Array => [.. stop.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.GetString()!).Take(16)],
                _ => null,
            };
        }

        options.ResponseFormat = FormatOf(body);
        ReadTools(body, options);
        return options;
    }

    private static ChatResponseFormat? FormatOf(JsonElement body)
    {
        if (!body.TryGetProperty("response_format", out var format) || format.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return TextOf(format, "type") switch
        {
            "json_object" => ChatResponseFormat.Json,
            "json_schema" when format.TryGetProperty("json_schema", out var wanted) && wanted.ValueKind == JsonValueKind.Object && wanted.TryGetProperty("schema", out var schema) =>
                ChatResponseFormat.ForJsonSchema(SchemaOf(schema, "response_format"), TextOf(wanted, "name")),
            _ => null,
        };
    }

    private static void ReadTools(JsonElement body, ChatOptions options)
    {
        if (body.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array)
        {
            options.Tools = [];
            foreach (var tool in tools.EnumerateArray())
            {
                if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out var function) || TextOf(function, "name") is not { } name)
                {
                    throw OpenAIBody.Invalid("'tools' has a tool without a function name.", "tools");
                }

                options.Tools.Add(new ClientTool(
                    name, TextOf(function, "description") ?? "", function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind != JsonValueKind.Null ? SchemaOf(parameters, "tools") : ClientTool.NoParameters));
            }
        }

        if (body.TryGetProperty("tool_choice", out var choice))
        {
            options.ToolMode = choice.ValueKind switch
            {
                JsonValueKind.String => choice.GetString() switch { "none" => ChatToolMode.None, "required" => ChatToolMode.RequireAny, _ => ChatToolMode.Auto },
                JsonValueKind.Object when choice.TryGetProperty("function", out var function) && TextOf(function, "name") is { } name => ChatToolMode.RequireSpecific(name),
                _ => null,
            };
        }
    }

    private static JsonElement SchemaOf(JsonElement schema, string member)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIBody.Invalid($"'{member}' has a schema that is not an object.", member);
        }

        // It is sent on as it is: what cannot be written must fail here, as the client's mistake, and not on the way to a provider.
        using var json = new Utf8JsonWriter(System.IO.Stream.Null);
        schema.WriteTo(json);
        return schema.Clone();
    }

    private static string? TextOf(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            throw OpenAIBody.Invalid($"'{name}' holds half a surrogate pair, which is not text.", name);
        }
    }

    private static bool? BoolOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null } : null;

    private static float? NumberOf(JsonElement parent, string name, float least, float most)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number)
        {
            return null;
        }

        return value.TryGetSingle(out var number) && number >= least && number <= most ? number : throw OpenAIBody.Invalid($"'{name}' must be from {least} to {most}.", name);
    }

    private static int? WholeOf(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number)
        {
            return null;
        }

        return value.TryGetInt32(out var number) && number >= 1 ? number : throw OpenAIBody.Invalid($"'{name}' must be a whole number of at least 1.", name);
    }
}
