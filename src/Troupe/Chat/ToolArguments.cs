using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>The arguments of a tool call, between a model's JSON text and the contract's dictionary.</summary>
public static class ToolArguments
{
    private const string RawName = "troupe.arguments";

    /// <summary>A call from what the model wrote. Text that is no JSON object is kept as it is, and the call carries the error.</summary>
    public static FunctionCallContent Read(string callId, string name, string arguments)
    {
        var call = new FunctionCallContent(callId, name) { AdditionalProperties = new() { [RawName] = arguments } };
        try
        {
            using var document = JsonDocument.Parse(arguments.Length == 0 ? "{}" : arguments, new JsonDocumentOptions { MaxDepth = 64 });
            call.Arguments = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value.Clone(), StringComparer.Ordinal);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            call.Exception = new FormatException($"The arguments of '{name}' are not a JSON object.", failure);
        }

        return call;
    }

    /// <summary>The JSON text of a call's arguments: what the model wrote, where that is known.</summary>
    public static string Write(FunctionCallContent call) =>
        call.AdditionalProperties?.TryGetValue(RawName, out string? written) == true && written is { Length: > 0 }
            ? written
            : JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal), CompactJson.Options.GetTypeInfo(typeof(IDictionary<string, object?>)));
}
