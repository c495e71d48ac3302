using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Troupe.Server.OpenAI;

/// <summary>A tool that a client of /v1 names: it is told to the model, and never runs here.</summary>
internal sealed class ClientTool(string name, string description, JsonElement parameters) : AIFunctionDeclaration
{
    public static JsonElement NoParameters { get; } = JsonElement.Parse("""{"type":"object","properties":{}}""");

    public override string Name => name;

    public override string Description => description;

    public override JsonElement JsonSchema => parameters;
}
