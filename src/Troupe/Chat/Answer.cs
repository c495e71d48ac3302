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
            if (AnswerOrigin.Of(update) == AnswerOrigin.Fallback)
            {
                return null;
            }

            weight += UpdateOverhead;
            foreach (var content in update.Contents)
            {
                switch (content)
                {
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
            var update = _updates[i].Clone();
            update.Contents = [.. update.Contents];
            yield return i == 0 ? AnswerOrigin.Mark(update, AnswerOrigin.Cache) : update;
        }
    }

    /// <summary>Without the provider's own objects, which may hold anything.</summary>
    private static ChatResponseUpdate Kept(ChatResponseUpdate update)
    {
        var kept = update.Clone();
        kept.RawRepresentation = null;
        kept.Contents = [.. update.Contents];
        if (AnswerOrigin.Of(kept) is not null)
        {
            kept.AdditionalProperties = new(kept.AdditionalProperties!);
            kept.AdditionalProperties.Remove(AnswerOrigin.PropertyName);
        }

        return kept;
    }
}
