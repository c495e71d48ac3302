using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>Writes a chat-completions request.</summary>
internal static class OpenAIRequest
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The contract's own options indent, and a provider counts white space as tokens.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    public static ReadOnlyMemory<byte> Write(IEnumerable<ChatMessage> messages, ChatOptions? options, OpenAIOptions settings)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("model", options?.ModelId ?? settings.Model);
            json.WriteStartArray("messages");
            if (options?.Instructions is { Length: > 0 } instructions)
            {
                WriteMessage(json, "system", instructions);
            }

            foreach (var message in messages)
            {
                WriteMessage(json, message);
            }

            json.WriteEndArray();
            WriteOptions(json, options, settings);
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string text)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, ChatMessage message)
    {
        if (message.Role == ChatRole.Tool)
        {
            foreach (var result in message.Contents.OfType<FunctionResultContent>())
            {
                json.WriteStartObject();
                json.WriteString("role", "tool");
                json.WriteString("tool_call_id", result.CallId);
                json.WriteString("content", TextOf(result.Result));
                json.WriteEndObject();
            }

            return;
        }

        json.WriteStartObject();
        json.WriteString("role", message.Role.Value);
        WriteContent(json, message);
        WriteToolCalls(json, message);
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, ChatMessage message)
    {
        if (!message.Contents.Any(c => c is DataContent or UriContent))
        {
            var text = message.Text;
            if (text.Length == 0 && message.Contents.Any(c => c is FunctionCallContent))
            {
                json.WriteNull("content");
            }
            else
            {
                json.WriteString("content", text);
            }

            return;
        }

        json.WriteStartArray("content");
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    json.WriteStartObject();
                    json.WriteString("type", "text");
                    json.WriteString("text", text.Text);
                    json.WriteEndObject();
                    break;

                case DataContent data when data.HasTopLevelMediaType("image"):
                    WriteImage(json, data.Uri);
                    break;

                case UriContent uri when uri.HasTopLevelMediaType("image"):
                    WriteImage(json, uri.Uri.ToString());
                    break;

                default:
                    break;
            }
        }

        json.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter json, string uri)
    {
        json.WriteStartObject();
        json.WriteString("type", "image_url");
        json.WriteStartObject("image_url");
        json.WriteString("url", uri);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteToolCalls(Utf8JsonWriter json, ChatMessage message)
    {
        var open = false;
        foreach (var call in message.Contents.OfType<FunctionCallContent>())
        {
            if (!open)
            {
                json.WriteStartArray("tool_calls");
                open = true;
            }

            json.WriteStartObject();
            json.WriteString("id", call.CallId);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WriteString("arguments", ToolArguments.Write(call));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (open)
        {
            json.WriteEndArray();
        }
    }

    private static void WriteOptions(Utf8JsonWriter json, ChatOptions? options, OpenAIOptions settings)
    {
        if (options is null)
        {
            return;
        }

        WriteNumber("temperature", options.Temperature);
        WriteNumber("top_p", options.TopP);
        WriteNumber("frequency_penalty", options.FrequencyPenalty);
        WriteNumber("presence_penalty", options.PresencePenalty);
        if (options.MaxOutputTokens is { } limit)
        {
            json.WriteNumber(settings.MaxTokensField, limit);
        }

        if (options.Seed is { } seed)
        {
            json.WriteNumber("seed", seed);
        }

        if (options.StopSequences is { Count: > 0 } stops)
        {
            json.WriteStartArray("stop");
            foreach (var stop in stops)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        WriteFormat(json, options.ResponseFormat);
        WriteTools(json, options);

        void WriteNumber(string name, float? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }

    private static void WriteFormat(Utf8JsonWriter json, ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson wanted)
        {
            return;
        }

        json.WriteStartObject("response_format");
        if (wanted.Schema is { } schema)
        {
            json.WriteString("type", "json_schema");
            json.WriteStartObject("json_schema");
            json.WriteString("name", wanted.SchemaName ?? "reply");
            json.WriteBoolean("strict", true);
            json.WritePropertyName("schema");
            schema.WriteTo(json);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type", "json_object");
        }

        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, ChatOptions options)
    {
        var open = false;
        foreach (var tool in options.Tools?.OfType<AIFunctionDeclaration>() ?? [])
        {
            if (!open)
            {
                json.WriteStartArray("tools");
                open = true;
            }

            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool.Name);
            json.WriteString("description", tool.Description);
            json.WritePropertyName("parameters");
            tool.JsonSchema.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (!open)
        {
            return;
        }

        json.WriteEndArray();
        switch (options.ToolMode)
        {
            case NoneChatToolMode:
                json.WriteString("tool_choice", "none");
                break;

            case RequiredChatToolMode { RequiredFunctionName: { } name }:
                json.WriteStartObject("tool_choice");
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", name);
                json.WriteEndObject();
                json.WriteEndObject();
                break;

            case RequiredChatToolMode:
                json.WriteString("tool_choice", "required");
                break;

            case AutoChatToolMode:
                json.WriteString("tool_choice", "auto");
                break;

            default:
                break;
        }

        if (options.AllowMultipleToolCalls is { } several)
        {
            json.WriteBoolean("parallel_tool_calls", several);
        }
    }

    private static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        _ => JsonSerializer.Serialize(result, Compact.GetTypeInfo(typeof(object))),
    };
}
