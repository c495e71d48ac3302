using System.Text.Json.Serialization;

namespace Troupe.Server.OpenAI;

internal sealed record CompletionFunction(string Name, string Arguments);

internal sealed record CompletionToolCall(string Id, string Type, CompletionFunction Function, int? Index = null);

internal sealed record CompletionMessage(string? Role, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content, IReadOnlyList<CompletionToolCall>? ToolCalls = null);

internal sealed record CompletionDelta(string? Role = null, string? Content = null, IReadOnlyList<CompletionToolCall>? ToolCalls = null);

internal sealed record CompletionChoice(int Index, CompletionMessage Message, string FinishReason);

internal sealed record CompletionChunkChoice(int Index, CompletionDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record CompletionUsage(long PromptTokens, long CompletionTokens, long TotalTokens);

internal sealed record Completion(
    string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, CompletionUsage Usage, IReadOnlyDictionary<string, string>? Metadata = null);

internal sealed record CompletionChunk(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChunkChoice> Choices, CompletionUsage? Usage = null);

internal sealed record ModelLine(string Id, string Object, long Created, string OwnedBy);

internal sealed record ModelList(string Object, IReadOnlyList<ModelLine> Data);

internal sealed record EmbeddingLine(string Object, int Index, object Embedding);

internal sealed record EmbeddingUsage(long PromptTokens, long TotalTokens);

internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingLine> Data, string Model, EmbeddingUsage Usage);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(CompletionChunk))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(ModelLine))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(OpenAIErrorBody))]
internal sealed partial class OpenAIJson : JsonSerializerContext;
