using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>What an answer depends on: the SHA-256 of the whole request, each part preceded by its length, with the scope, the model and the version of this form in it.</summary>
internal readonly record struct AnswerKey(UInt128 High, UInt128 Low)
{
    private const string Version = "troupe-answer-1";

    private static readonly AdditionalPropertiesDictionary NoProperties = [];

    private static readonly FrozenSet<Type> Known = FrozenSet.Create(
        typeof(TextReasoningContent), typeof(TextContent), typeof(FunctionCallContent), typeof(FunctionResultContent), typeof(DataContent), typeof(UriContent));

    /// <summary>The key of a call; null when the request holds what this does not know, and so may not be taken for another.</summary>
    /// <param name="provider">Who runs the model.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="scope">Who may be given the answer: the kind of scope and its id.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="options">The options.</param>
    public static AnswerKey? Of(string provider, string model, string scope, IReadOnlyCollection<ChatMessage> messages, ChatOptions? options)
    {
        var writer = new Writer();
        writer.Add(Version);
        writer.Add(provider);
        writer.Add(model);
        writer.Add(scope);
        writer.Add(messages.Count);
        foreach (var message in messages)
        {
            if (!AddMessage(ref writer, message))
            {
                return null;
            }
        }

        writer.Add(options is null ? "no options" : "options");
        return options is null || AddOptions(ref writer, options) ? writer.End() : null;
    }

    private static bool AddMessage(ref Writer writer, ChatMessage message)
    {
        writer.Add(message.Role.Value);
        writer.Add(message.AuthorName);
        writer.Add(message.MessageId);
        writer.Add(message.CreatedAt?.ToString("O", CultureInfo.InvariantCulture));
        writer.Add(message.Contents.Count);
        foreach (var content in message.Contents)
        {
            if (!AddContent(ref writer, content))
            {
                return false;
            }
        }

        return message.RawRepresentation is null && AddProperties(ref writer, message.AdditionalProperties);
    }

    private static bool AddContent(ref Writer writer, AIContent content)
    {
        switch (content)
        {
            case { } derived when !Known.Contains(derived.GetType()):
                // It may say more than the kind that it is derived from.
                return false;

            case TextReasoningContent reasoning:
                writer.Add("reasoning");
                writer.Add(reasoning.Text);
                writer.Add(reasoning.ProtectedData);
                break;

            case TextContent text:
                writer.Add("text");
                writer.Add(text.Text);
                break;

            case FunctionCallContent call:
                writer.Add("call");
                writer.Add(call.CallId);
                writer.Add(call.Name);
                writer.Add(call.InformationalOnly ? 1 : 0);
                writer.Add(call.Exception?.Message);
                writer.Add(call.Arguments is null ? null : ToolArguments.Write(call));
                break;

            case FunctionResultContent { Result: null or string or JsonElement } result:
                writer.Add("result");
                writer.Add(result.CallId);
                writer.Add(result.Exception?.Message);
                writer.Add(result.Result is JsonElement ? "json" : "text");
                writer.Add(result.Result is JsonElement json ? json.GetRawText() : (string?)result.Result);
                break;

            case DataContent data:
                writer.Add("data");
                writer.Add(data.MediaType);
                writer.Add(data.Name);
                writer.Add(data.Data.Span);
                break;

            case UriContent uri:
                writer.Add("uri");
                writer.Add(uri.Uri.OriginalString);
                writer.Add(uri.MediaType);
                break;

            default:
                return false;
        }

        return content is { RawRepresentation: null, Annotations: null or { Count: 0 } } && AddProperties(ref writer, content.AdditionalProperties);
    }

    private static bool AddOptions(ref Writer writer, ChatOptions options)
    {
        // What makes the provider remember, or an object of its own that only it can read, is no part of a request that could come again.
        if (options.ConversationId is not null || options.RawRepresentationFactory is not null || options.AllowBackgroundResponses is true || HasContinuation(options))
        {
            return false;
        }

        writer.Add(options.ModelId);
        writer.Add(options.Instructions);
        writer.Add(options.Temperature);
        writer.Add(options.MaxOutputTokens);
        writer.Add(options.TopP);
        writer.Add(options.TopK);
        writer.Add(options.FrequencyPenalty);
        writer.Add(options.PresencePenalty);
        writer.Add(options.Seed);
        writer.Add(options.Reasoning?.Effort?.ToString());
        writer.Add(options.Reasoning?.Output?.ToString());
        writer.Add(options.AllowMultipleToolCalls switch { null => null, true => "many", false => "one" });
        writer.Add(options.AllowBackgroundResponses?.ToString());
        writer.Add(options.StopSequences?.Count ?? -1);
        foreach (var stop in options.StopSequences ?? [])
        {
            writer.Add(stop);
        }

        return AddFormat(ref writer, options.ResponseFormat) && AddTools(ref writer, options) && AddProperties(ref writer, options.AdditionalProperties);
    }

#pragma warning disable MEAI001 // It is looked at, not used: a call that goes on with another one is not cached.
    private static bool HasContinuation(ChatOptions options) => options.ContinuationToken is not null;
#pragma warning restore MEAI001

    private static bool AddFormat(ref Writer writer, ChatResponseFormat? format)
    {
        switch (format)
        {
            case null:
                writer.Add((string?)null);
                return true;

            case ChatResponseFormatText:
                writer.Add("text");
                return true;

            case ChatResponseFormatJson json:
                writer.Add("json");
                writer.Add(json.SchemaName);
                writer.Add(json.SchemaDescription);
                writer.Add(json.Schema?.GetRawText());
                return true;

            default:
                return false;
        }
    }

    private static bool AddTools(ref Writer writer, ChatOptions options)
    {
        switch (options.ToolMode)
        {
            case null:
                writer.Add((string?)null);
                break;

            case AutoChatToolMode:
                writer.Add("auto");
                break;

            case NoneChatToolMode:
                writer.Add("none");
                break;

            case RequiredChatToolMode required:
                writer.Add(required.RequiredFunctionName is { } name ? "required:" + name : "required");
                break;

            default:
                return false;
        }

        writer.Add(options.Tools?.Count ?? -1);
        foreach (var tool in options.Tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function)
            {
                return false;
            }

            writer.Add(function.Name);
            writer.Add(function.Description);
            writer.Add(function.JsonSchema.GetRawText());
            writer.Add(function.ReturnJsonSchema?.GetRawText());
            if (!AddProperties(ref writer, function.AdditionalProperties))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AddProperties(ref Writer writer, IReadOnlyDictionary<string, object?>? properties)
    {
        // Who asks is left out: the scope is in the key, and the rest is who pays, not what is asked.
        var said = (properties ?? NoProperties).Where(static p => p.Value is not ModelCall).OrderBy(static p => p.Key, StringComparer.Ordinal).ToList();
        writer.Add(said.Count);
        foreach (var (name, value) in said)
        {
            writer.Add(name);
            switch (value)
            {
                case null:
                    writer.Add("null");
                    break;

                case string text:
                    writer.Add("text");
                    writer.Add(text);
                    break;

                case bool or int or long or double or float or decimal:
                    writer.Add(value.GetType().Name);
                    writer.Add(Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;

                case JsonElement json:
                    writer.Add("json");
                    writer.Add(json.GetRawText());
                    break;

                case Knowledge knowledge:
                    writer.Add("knowledge");
                    writer.Add(knowledge.Greeting);
                    writer.Add(knowledge.Facts.Count);
                    foreach (var fact in knowledge.Facts)
                    {
                        writer.Add(fact);
                    }

                    break;

                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Collects parts, each preceded by its length; a part that is absent is another than an empty one.</summary>
    private ref struct Writer()
    {
        private const int LengthSize = sizeof(int);
        private readonly ArrayBufferWriter<byte> _bytes = new(1024);

        public readonly void Add(ReadOnlySpan<byte> part)
        {
            BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(LengthSize), part.Length);
            _bytes.Advance(LengthSize);
            _bytes.Write(part);
        }

        public readonly void Add(string? part)
        {
            if (part is null)
            {
                BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(LengthSize), -1);
                _bytes.Advance(LengthSize);
                return;
            }

            // As it is in memory: in UTF-8 all halves of surrogate pairs would be the same.
            Add(MemoryMarshal.AsBytes(part.AsSpan()));
        }

        public readonly void Add(long? number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(bytes, number ?? 0);
            Add(number is null ? default : (ReadOnlySpan<byte>)bytes);
        }

        public readonly void Add(float? number) => Add(number is { } value ? BitConverter.SingleToInt32Bits(value) : (long?)null);

        public readonly AnswerKey End()
        {
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(_bytes.WrittenSpan, digest);
            return new AnswerKey(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }
    }
}
