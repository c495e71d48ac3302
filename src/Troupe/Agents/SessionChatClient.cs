using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Agents;

/// <summary>A session as an <see cref="IChatClient"/>: the last user message of a call is the input of one turn; what was said before is the
/// session's own and need not be sent again. Thread-safe; calls at once follow the agent's input policy. Leaving a call does not stop its
/// turn; <see cref="CancelAsync"/> does.</summary>
public sealed class SessionChatClient : IChatClient
{
    private readonly AgentRuntime _runtime;
    private readonly string _owner;

    internal SessionChatClient(AgentRuntime runtime, string sessionId, string owner)
    {
        _runtime = runtime;
        SessionId = sessionId;
        _owner = owner;
    }

    /// <summary>The session; keep it to resume later.</summary>
    public string SessionId { get; }

    /// <inheritdoc/>
    /// <exception cref="TroupeException">The input was refused, or the turn failed.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (session, turn) = await SubmitAsync(messages, options, cancellationToken);
        return ResponseOf(await session.WaitAsync(turn, cancellationToken));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (session, turn) = await SubmitAsync(messages, options, cancellationToken);
        await foreach (var happened in session.FollowAsync(turn, null, cancellationToken))
        {
            switch (happened)
            {
                case TurnEvent.Delta delta:
                    yield return new ChatResponseUpdate(ChatRole.Assistant, delta.Text) { ConversationId = SessionId };
                    break;

                case TurnEvent.Ended ended:
                    var response = ResponseOf(ended.Result);
                    yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(response.Usage!)])
                    {
                        ConversationId = SessionId,
                        ResponseId = response.ResponseId,
                        FinishReason = response.FinishReason,
                    };
                    break;

                default:
                    break;
            }
        }
    }

    /// <summary>Stops what the session is doing; what was said stays.</summary>
    public async Task CancelAsync(CancellationToken cancellationToken = default) =>
        await _runtime.Sessions.UseAsync(
            SessionId, _owner,
            session =>
            {
                session.CancelAll();
                return new ValueTask<bool>(true);
            },
            cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <summary>Does nothing: the session lives in the runtime.</summary>
    public void Dispose()
    {
    }

    private async Task<(Session Session, Turn Turn)> SubmitAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var message = messages.LastOrDefault(m => m.Role == ChatRole.User)?.Text
            ?? throw new ArgumentException("There is no user message to answer.", nameof(messages));
        TextRules.Check(message, nameof(messages));
        var input = new TurnInput { Message = message, Model = options?.ModelId };
        return await _runtime.Sessions.SubmitAsync(SessionId, _owner, input, cancellationToken);
    }

    private ChatResponse ResponseOf(TurnResult result)
    {
        if (result.Error is { } error && result.State is TurnState.Failed or TurnState.Abandoned)
        {
            throw error.ToException();
        }

        return new ChatResponse(new ChatMessage(ChatRole.Assistant, result.Reply))
        {
            ConversationId = SessionId,
            ResponseId = result.TurnNumber.ToString(CultureInfo.InvariantCulture),
            FinishReason = ChatFinishReason.Stop,
            Usage = new UsageDetails
            {
                InputTokenCount = result.InputTokens,
                OutputTokenCount = result.OutputTokens,
                TotalTokenCount = result.InputTokens + result.OutputTokens,
            },
        };
    }
}
