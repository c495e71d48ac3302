using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>Any endpoint that speaks OpenAI's chat completions. Retries, with jitter and as the provider asks, only until the first piece of
/// an answer; holds calls back when most fail; has a deadline for each wait and for the whole. Connections are pooled. Thread-safe.</summary>
public sealed class OpenAIChatClient : IChatClient
{
    private readonly OpenAIOptions _options;
    private readonly TimeProvider _time;
    private readonly OpenAIConnection _connection;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Makes a client; its connections are opened when needed.</summary>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public OpenAIChatClient(OpenAIOptions options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _connection = new OpenAIConnection(options, "/chat/completions", _time);
        _metadata = new ChatClientMetadata("openai", options.BaseUrl, options.Model);
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ModelException">The provider failed; the code says how.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var body = OpenAIRequest.Write(messages, options, _options);
        using var total = new CancellationTokenSource(_options.TotalTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, cancellationToken);
        await using var reading = await BeginAsync(body, both.Token, cancellationToken);
        do
        {
            yield return reading.Updates.Current;
        }
        while (await NextAsync(reading, total.Token, cancellationToken));
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private Task<Reading> BeginAsync(ReadOnlyMemory<byte> body, CancellationToken both, CancellationToken caller) =>
        _connection.ExecuteAsync(
            static async (state, token) => await state.Client.TryBeginAsync(state.Body, token, state.Caller), (Client: this, Body: body, Caller: caller), both, caller);

    /// <summary>One try: until the first piece of the answer is here.</summary>
    private async Task<Reading> TryBeginAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken, CancellationToken caller)
    {
        var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = new Reading(idle);
        using var first = new CancellationTokenSource(_options.FirstTimeout, _time);
        var stop = first.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), idle);
        try
        {
            using var request = _connection.Request(body, "text/event-stream");
            reading.Response = await _connection.SendAsync(request, idle.Token);
            if (!reading.Response.IsSuccessStatusCode)
            {
                throw await OpenAIErrors.OfAsync(reading.Response, _options.Model, _time, idle.Token);
            }

            reading.Updates = ReadAsync(reading.Response, idle.Token).GetAsyncEnumerator(idle.Token);
            if (!await reading.Updates.MoveNextAsync())
            {
                throw new ModelException(ModelErrorCodes.BrokenAnswer, $"The answer of the model '{_options.Model}' is empty.") { IsTransient = true };
            }

            return reading;
        }
        catch (Exception failure)
        {
            await reading.DisposeAsync();
            throw _connection.Translate(failure, first.IsCancellationRequested, cancellationToken, caller);
        }
        finally
        {
            await stop.DisposeAsync();
        }
    }

    private async ValueTask<bool> NextAsync(Reading reading, CancellationToken total, CancellationToken caller)
    {
        try
        {
            using var pause = new CancellationTokenSource(_options.IdleTimeout, _time);
            await using var stop = pause.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), reading.Idle);
            return await reading.Updates.MoveNextAsync();
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !caller.IsCancellationRequested)
        {
            throw failure is not OperationCanceledException ? _connection.Translate(failure, timedOut: false, total, caller)
                : total.IsCancellationRequested ? _connection.TimedOut("to end its answer", _options.TotalTimeout)
                : _connection.TimedOut("for the next piece of its answer", _options.IdleTimeout);
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new OpenAIAnswer(_options.Model);
        await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), _options.MaxAnswerBytes, _options.Model);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            using var reader = new StreamReader(body);
            foreach (var update in answer.ReadWhole(await reader.ReadToEndAsync(cancellationToken)))
            {
                yield return update;
            }

            yield break;
        }

        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            if (item.Data == "[DONE]")
            {
                break;
            }

            if (item.Data.Length > 0 && answer.ReadChunk(item.Data) is { } update)
            {
                yield return update;
            }
        }

        answer.End();
    }

    /// <summary>An answer that is being read, and what must be disposed with it.</summary>
    private sealed class Reading(CancellationTokenSource idle) : IAsyncDisposable
    {
        public CancellationTokenSource Idle { get; } = idle;

        public HttpResponseMessage? Response { get; set; }

        public IAsyncEnumerator<ChatResponseUpdate> Updates { get; set; } = null!;

        public async ValueTask DisposeAsync()
        {
            if (Updates is not null)
            {
                await Updates.DisposeAsync();
            }

            Response?.Dispose();
            Idle.Dispose();
        }
    }
}
