using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>Any endpoint that speaks OpenAI's chat completions. Retries, with jitter and as the provider asks, only until the first piece of
/// an answer; holds calls back when most fail; has a deadline for each wait and for the whole. Connections are pooled. Thread-safe.</summary>
public sealed class OpenAIChatClient : IChatClient
{
    private readonly OpenAIOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly ResiliencePipeline _resilience;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Makes a client; its connections are opened when needed.</summary>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public OpenAIChatClient(OpenAIOptions options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _endpoint = new UriBuilder(options.BaseUrl) { Path = options.BaseUrl.AbsolutePath.TrimEnd('/') + "/chat/completions" }.Uri;
        _metadata = new ChatClientMetadata("openai", options.BaseUrl, options.Model);

        // Redirects would carry the key to another host, cookies one person's calls over to the next.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = DecompressionMethods.All,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _resilience = Compose();
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
    public void Dispose() => _http.Dispose();

    private ResiliencePipeline Compose()
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = _time };
        if (_options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = _options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.RetryDelay,
                MaxDelay = _options.MaxRetryAfter,
                ShouldHandle = new PredicateBuilder().Handle<ModelException>(e => e.IsTransient && (e.RetryAfter is null || e.RetryAfter <= _options.MaxRetryAfter)),
                DelayGenerator = static attempt => new ValueTask<TimeSpan?>((attempt.Outcome.Exception as ModelException)?.RetryAfter),
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = _options.BreakDuration,
                ShouldHandle = new PredicateBuilder().Handle<ModelException>(e => e.IsTransient && e.Code != ModelErrorCodes.RateLimited),
            })
            .Build();
    }

    private async Task<Reading> BeginAsync(ReadOnlyMemory<byte> body, CancellationToken both, CancellationToken caller)
    {
        try
        {
            return await _resilience.ExecuteAsync(
                static async (state, token) => await state.Client.TryBeginAsync(state.Body, token, state.Caller),
                (Client: this, Body: body, Caller: caller), both);
        }
        catch (BrokenCircuitException open)
        {
            throw new ModelException(
                ModelErrorCodes.CircuitOpen, $"The provider of the model '{_options.Model}' kept failing; calls are held back for a moment.", open)
            {
                IsTransient = true,
                RetryAfter = open.RetryAfter ?? _options.BreakDuration,
            };
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw TimedOut("to answer at all", _options.TotalTimeout);
        }
    }

    /// <summary>One try: until the first piece of the answer is here.</summary>
    private async Task<Reading> TryBeginAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken, CancellationToken caller)
    {
        var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = new Reading(idle);
        using var first = new CancellationTokenSource(_options.FirstTimeout, _time);
        var stop = first.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), idle);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
            {
                Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            if (_options.ApiKey is { Length: > 0 } key)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            }

            reading.Response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token);
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
            throw Translate(failure, first.IsCancellationRequested, cancellationToken, caller);
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
            throw failure is not OperationCanceledException ? Translate(failure, timedOut: false, total, caller)
                : total.IsCancellationRequested ? TimedOut("to end its answer", _options.TotalTimeout)
                : TimedOut("for the next piece of its answer", _options.IdleTimeout);
        }
    }

    private Exception Translate(Exception failure, bool timedOut, CancellationToken total, CancellationToken caller) => failure switch
    {
        ModelException known => known,
        OperationCanceledException when caller.IsCancellationRequested || total.IsCancellationRequested => failure,
        OperationCanceledException when timedOut => TimedOut("for the first piece of its answer", _options.FirstTimeout),
        HttpRequestException or IOException or HttpProtocolException => new ModelException(
            ModelErrorCodes.Unavailable, $"The connection to the provider of the model '{_options.Model}' failed. Check its address ({_options.BaseUrl.Authority}) and that it runs.", failure)
        {
            IsTransient = true,
        },
        InvalidDataException => new ModelException(ModelErrorCodes.BrokenAnswer, $"The answer of the model '{_options.Model}' is badly compressed.", failure) { IsTransient = true },
        OperationCanceledException => TimedOut("to connect", _options.ConnectTimeout),
        _ => failure,
    };

    private ModelException TimedOut(string what, TimeSpan limit) =>
        new(ModelErrorCodes.Timeout, $"The provider of the model '{_options.Model}' took too long {what} (limit {limit.TotalSeconds:0.#} s).") { IsTransient = true };

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
