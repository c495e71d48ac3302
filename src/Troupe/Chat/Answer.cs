using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>A whole answer as it came, to be played back. Immutable.</summary>
internal sealed class Answer
{
    private const int UpdateOverhead = 200;

    private readonly ChatResponseUpdate[] _updates;

    private Answer(ChatResponseUpdate[] updates, long weight) => (_updates, Weight) = (updates, weight);

    /// <summary>Bytes, roughly.</summary>
    public long Weight { get; }

    /// <summary>An answer of its updates; null when it may not be used again: it did not end by itself, was cut or filtered, has a call that cannot be read, or what has no end here.</summary>
    public static Answer? Of(IReadOnlyList<ChatResponseUpdate> updates)
    {
        ChatFinishReason? finish = null;
        long weight = 0;
        var kept = new ChatResponseUpdate[updates.Count];
        for (var i = 0; i < kept.Length; i++)
        {
            var update = updates[i];
            finish = update.FinishReason ?? finish;
            if (AnswerOrigin.Of(update) == AnswerOrigin.Fallback || AnswerOrigin.ModelOf(update) is not null)
            {
                return null;
            }

            weight += UpdateOverhead;
            foreach (var content in update.Contents)
            {
                switch (content)
                {
                    case { Annotations.Count: > 0 }:
                        // They hold the provider's own objects as well.
                        return null;

                    case TextReasoningContent reasoning:
                        weight += 2L * (reasoning.Text.Length + (reasoning.ProtectedData?.Length ?? 0));
                        break;

                    case TextContent text:
                        weight += 2L * text.Text.Length;
                        break;

                    case FunctionCallContent { Exception: null } call:
                        weight += 2L * ToolArguments.Write(call).Length;
                        break;

                    case UsageContent:
                        weight += UpdateOverhead;
                        break;

                    default:
                        return null;
                }
            }

            kept[i] = Kept(update);
        }

        return finish == ChatFinishReason.Stop || finish == ChatFinishReason.ToolCalls ? new Answer(kept, weight) : null;
    }

    /// <summary>The updates, each a copy, so that who reads them may change them.</summary>
    public IEnumerable<ChatResponseUpdate> Replay()
    {
        for (var i = 0; i < _updates.Length; i++)
        {
            var update = CopyOf(_updates[i]);
            yield return i == 0 ? AnswerOrigin.Mark(update, AnswerOrigin.Cache) : update;
        }
    }

    /// <summary>A copy of an update that shares with it nothing that anybody changes.</summary>
    internal static ChatResponseUpdate CopyOf(ChatResponseUpdate update)
    {
        var copy = update.Clone();
        copy.AdditionalProperties = update.AdditionalProperties is { } properties ? new(properties) : null;
        copy.Contents = [.. update.Contents.Select(CopyOf)];
        return copy;
    }

    private static AIContent CopyOf(AIContent content)
    {
        AIContent copy;
        switch (content)
        {
            case TextReasoningContent reasoning:
                copy = new TextReasoningContent(reasoning.Text) { ProtectedData = reasoning.ProtectedData };
                break;

            case TextContent text:
                copy = new TextContent(text.Text);
                break;

            case FunctionCallContent call:
                var arguments = call.Arguments is { } given ? new Dictionary<string, object?>(given, StringComparer.Ordinal) : null;
                copy = new FunctionCallContent(call.CallId, call.Name, arguments) { Exception = call.Exception, InformationalOnly = call.InformationalOnly };
                break;

            case UsageContent usage:
                var details = new UsageDetails();
                details.Add(usage.Details);
                copy = new UsageContent(details);
                break;

            default:
                // What is not kept is not copied either.
                return content;
        }

        copy.RawRepresentation = content.RawRepresentation;
        copy.Annotations = content.Annotations;
        copy.AdditionalProperties = content.AdditionalProperties is { } properties ? new(properties) : null;
        return copy;
    }

    /// <summary>Without the provider's own objects, which may hold anything.</summary>
    private static ChatResponseUpdate Kept(ChatResponseUpdate update)
    {
        var kept = CopyOf(update);
        kept.RawRepresentation = null;
        foreach (var content in kept.Contents)
        {
            content.RawRepresentation = null;
        }

        if (AnswerOrigin.Of(kept) is not null)
        {
            kept.AdditionalProperties!.Remove(AnswerOrigin.PropertyName);
        }

        return kept;
    }
}
