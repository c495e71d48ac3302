using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Troupe;

/// <summary>The contract's JSON without indentation, which a model would be paid for.</summary>
internal static class CompactJson
{
    public static JsonSerializerOptions Options { get; } = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };
}
