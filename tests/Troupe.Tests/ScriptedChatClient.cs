using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace Troupe.Tests;

/// <summary>A model that says what the test tells it to, when the test tells it to. Each call is seen as a <see cref="Call"/>.</summary>
internal sealed class ScriptedChatClient : IChatClient
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();
    private int _count;

    /// <summary>Answers at once when set; otherwise each call waits for the test.</summary>
    public Func<IReadOnlyList<ChatMessage>, string>? Reply { get; set; }

    /// <summary>How many calls have come.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The next call, in order of arrival.</summary>
    public async Task<Call> NextAsync() => await _calls.Reader.ReadAsync(Limits.Token);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _count);
        var call = new Call([.. messages], options, cancellationToken);
        _calls.Writer.TryWrite(call);
        if (Reply is { } reply)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, reply(call.Messages)) { FinishReason = ChatFinishReason.Stop };
            yield break;
        }

        await foreach (var update in call.Updates.Reader.ReadAllAsync(cancellationToken))
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    /// <summary>One call to the model, under the test's control.</summary>
    internal sealed class Call(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        public IReadOnlyList<ChatMessage> Messages { get; } = messages;

        public ChatOptions? Options { get; } = options;

        /// <summary>Cancelled when the host no longer wants the answer.</summary>
        public CancellationToken Cancelled { get; } = cancellationToken;

        public Channel<ChatResponseUpdate> Updates { get; } = Channel.CreateUnbounded<ChatResponseUpdate>();

        /// <summary>Completes when the host no longer wants the answer.</summary>
        public async Task LeftAsync()
        {
            var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = Cancelled.UnsafeRegister(_ => left.TrySetResult(), null);
            await left.Task.WaitAsync(Limits.Token);
        }

        public void Say(string text) => Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, text));

        public void Finish(string text = "")
        {
            Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, text) { FinishReason = ChatFinishReason.Stop });
            Updates.Writer.TryComplete();
        }

        public void Fail(Exception failure) => Updates.Writer.TryComplete(failure);
    }
}
