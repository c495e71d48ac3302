using System.Net;
using System.Net.Http.Headers;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>One route of an OpenAI-compatible endpoint: pooled connections, the key, retries, the breaker, and every failure as a
/// <see cref="ModelException"/>. Thread-safe.</summary>
internal sealed class OpenAIConnection : IDisposable
{
    private readonly OpenAIOptions _options;
    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly ResiliencePipeline _resilience;

    public OpenAIConnection(OpenAIOptions options, string route, TimeProvider time)
    {
        _options = options;
        _endpoint = new UriBuilder(options.BaseUrl) { Path = options.BaseUrl.AbsolutePath.TrimEnd('/') + route }.Uri;

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
        _resilience = Compose(options, time);
    }

    public HttpRequestMessage Request(ReadOnlyMemory<byte> body, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        if (_options.ApiKey is { Length: > 0 } key)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return request;
    }

    /// <summary>Sends one request; returns once the head of the answer is here.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Runs one try after the other, as long as that may help.</summary>
    /// <param name="attempt">A try.</param>
    /// <param name="state">What it needs.</param>
    /// <param name="both">The deadline of all tries, or the caller has gone.</param>
    /// <param name="caller">The caller has gone.</param>
    public async Task<T> ExecuteAsync<T, TState>(Func<TState, CancellationToken, ValueTask<T>> attempt, TState state, CancellationToken both, CancellationToken caller)
    {
        try
        {
            return await _resilience.ExecuteAsync(static (all, token) => all.attempt(all.state, token), (attempt, state), both);
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

    public Exception Translate(Exception failure, bool timedOut, CancellationToken total, CancellationToken caller) => failure switch
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

    public ModelException TimedOut(string what, TimeSpan limit) =>
        new(ModelErrorCodes.Timeout, $"The provider of the model '{_options.Model}' took too long {what} (limit {limit.TotalSeconds:0.#} s).") { IsTransient = true };

    public void Dispose() => _http.Dispose();

    private static ResiliencePipeline Compose(OpenAIOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryAfter,
                ShouldHandle = new PredicateBuilder().Handle<ModelException>(e => e.IsTransient && (e.RetryAfter is null || e.RetryAfter <= options.MaxRetryAfter)),
                DelayGenerator = static attempt => new ValueTask<TimeSpan?>((attempt.Outcome.Exception as ModelException)?.RetryAfter),
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = options.BreakDuration,
                ShouldHandle = new PredicateBuilder().Handle<ModelException>(e => e.IsTransient && e.Code != ModelErrorCodes.RateLimited),
            })
            .Build();
    }
}
