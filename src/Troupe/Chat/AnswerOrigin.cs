using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Where an answer came from, said on its first update, when it did not come from its model's provider for this call.</summary>
public static class AnswerOrigin
{
    /// <summary>The name of the property.</summary>
    public const string PropertyName = "troupe.origin";

    /// <summary>The name of the property that says which model gave an answer that its own model did not.</summary>
    internal const string ModelPropertyName = "troupe.model";

    /// <summary>It was computed before.</summary>
    public const string Cache = "cache";

    /// <summary>It was being computed for an equal call.</summary>
    public const string Coalesced = "coalesced";

    /// <summary>Another model gave it, because the one that was asked failed.</summary>
    public const string Fallback = "fallback";

    /// <summary>Where the answer of an update came from; null for its provider, or when another update says it.</summary>
    public static string? Of(ChatResponseUpdate update) =>
        update.AdditionalProperties is { } properties && properties.TryGetValue(PropertyName, out var origin) ? origin as string : null;

    /// <summary>The model that gave the answer of an update in another's place, also where others wait for that answer; null for its own, or when another update says it.</summary>
    internal static string? ModelOf(ChatResponseUpdate update) =>
        update.AdditionalProperties is { } properties && properties.TryGetValue(ModelPropertyName, out var model) ? model as string : null;

    /// <summary>A copy of an update that says so.</summary>
    internal static ChatResponseUpdate Mark(ChatResponseUpdate update, string origin, string? model = null)
    {
        var marked = update.Clone();
        marked.AdditionalProperties = update.AdditionalProperties is { } properties ? new(properties) : [];
        marked.AdditionalProperties[PropertyName] = origin;
        if (model is not null)
        {
            marked.AdditionalProperties[ModelPropertyName] = model;
        }

        return marked;
    }
}
