using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Anthropic;
using Anthropic.Core;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>Anthropic's models, through the provider's own SDK, which retries before an answer begins and as the provider asks. Its errors become the
/// family's, without the provider's words; an answer that ends without a stop reason is a broken one. Thread-safe.</summary>
public sealed class AnthropicChatClient : IChatClient
{
    private readonly AnthropicOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly AnthropicClient _provider;
    private readonly IChatClient _client;

    /// <summary>Makes a client; its connections are opened when needed.</summary>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public AnthropicChatClient(AnthropicOptions options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;

        // Redirects would carry the key to another host.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _provider = new AnthropicClient(new ClientOptions
        {
            ApiKey = options.ApiKey,
            BaseUrl = options.BaseUrl.ToString().TrimEnd('/'),
            HttpClient = _http,
            MaxRetries = options.MaxRetries,
            Timeout = options.TotalTimeout,
        });
        _client = _provider.AsIChatClient(options.Model, options.MaxOutputTokens);
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
        using var total = new CancellationTokenSource(_options.TotalTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, cancellationToken);
        await using var updates = _client.GetStreamingResponseAsync(messages, options, both.Token).GetAsyncEnumerator(both.Token);
        var finished = false;
        while (await NextAsync(updates, both, cancellationToken))
        {
            finished |= updates.Current.FinishReason is not null;
            yield return updates.Current;
        }

        if (!finished)
        {
            throw Broken();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : _client.GetService(serviceType, serviceKey);

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationTokenSource both, CancellationToken caller)
    {
        using var pause = new CancellationTokenSource(_options.IdleTimeout, _time);
        await using var stop = pause.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), both);
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception failure) when (!caller.IsCancellationRequested)
        {
            // Without the cause: it holds what the provider sent back, which may echo anything.
            throw Translate(failure, both.IsCancellationRequested);
        }
    }

    private ModelException Translate(Exception failure, bool timedOut) => failure switch
    {
        _ when timedOut => Error(ModelErrorCodes.Timeout, "took too long", isTransient: true),
        AnthropicApiException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } =>
            Error(ModelErrorCodes.Unauthorized, "refused the key; check ANTHROPIC_API_KEY and its rights"),
        AnthropicApiException { StatusCode: HttpStatusCode.TooManyRequests } => Error(ModelErrorCodes.RateLimited, "asks for patience", isTransient: true),
        AnthropicApiException { StatusCode: HttpStatusCode.RequestEntityTooLarge } => Error(ModelErrorCodes.TooLong, "finds the request too long; shorten it"),
        AnthropicApiException { StatusCode: var status } when (int)status >= 500 => Error(ModelErrorCodes.Unavailable, $"failed (HTTP {(int)status})", isTransient: true),
        AnthropicApiException { StatusCode: var status } => Error(ModelErrorCodes.Refused, $"refused the request (HTTP {(int)status})"),
        AnthropicSseException => Error(ModelErrorCodes.Unavailable, "failed while answering", isTransient: true),
        AnthropicIOException or HttpRequestException or IOException => Error(
            ModelErrorCodes.Unavailable, $"cannot be reached, or broke the connection; check its address ({_options.BaseUrl.Authority})", isTransient: true),
        AnthropicInvalidDataException or JsonException => Broken(),
        _ => Error(ModelErrorCodes.Unavailable, $"failed ({failure.GetType().Name})", isTransient: true),
    };

    private ModelException Broken() =>
        new(ModelErrorCodes.BrokenAnswer, $"The answer of the model '{_options.Model}' broke off or was not in the protocol.") { IsTransient = true };

    private ModelException Error(string code, string what, bool isTransient = false) =>
        new(code, $"The provider of the model '{_options.Model}' {what}.") { IsTransient = isTransient };
}
