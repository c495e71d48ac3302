using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>What a call took, as its updates tell; what the provider does not report is estimated.</summary>
internal struct UsageTally
{
    private UsageDetails? _usage;
    private long _length;

    /// <summary>Whether anything has come.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>About the characters of messages.</summary>
    public static long LengthOf(IEnumerable<ChatMessage> messages)
    {
        long length = 0;
        foreach (var message in messages)
        {
            foreach (var content in message.Contents)
            {
                length += content switch
                {
                    TextContent text => text.Text.Length,
                    FunctionResultContent { Result: string result } => result.Length,
                    FunctionCallContent call => call.Name.Length + ToolArguments.Write(call).Length,
                    _ => 0,
                };
            }
        }

        return length;
    }

    public void Add(ChatResponseUpdate update)
    {
        HasBegun = true;
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning:
                    _length += reasoning.Text.Length;
                    break;

                case TextContent text:
                    _length += text.Text.Length;
                    break;

                case FunctionCallContent call:
                    _length += call.Name.Length + ToolArguments.Write(call).Length;
                    break;

                case UsageContent { Details: { } details }:
                    (_usage ??= new UsageDetails()).Add(details);
                    break;

                default:
                    break;
            }
        }
    }

    public readonly long Read(long estimate) => _usage?.InputTokenCount is { } reported ? Math.Max(0, reported) : estimate;

    public readonly long Written(TokenEstimator estimator) => _usage?.OutputTokenCount is { } reported ? Math.Max(0, reported) : estimator.Estimate(_length);
}
