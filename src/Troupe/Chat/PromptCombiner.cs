using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Sends the prompts of one call site out together: one request with an id for each part, and each part of the answer checked by itself; a part that is missing or not
/// valid is asked alone. What is asked while the requests under way are at their bound goes out together with the next, so that no timer is needed. Only for prompts that may
/// see each other: they stand in one request. Thread-safe.</summary>
/// <param name="client">The model; its pipeline counts budgets and limits.</param>
/// <param name="options">The bounds.</param>
public sealed class PromptCombiner(IChatClient client, CombineOptions options)
{
    private const string Form =
        "You are given several prompts at once, as JSON: {\"prompts\":[{\"id\":\"1\",\"prompt\":\"...\"}, ...]}. Answer each by itself, as if the others were not there. " +
        "Write nothing but one JSON object with each id as a member and its answer as text, such as {\"1\":\"...\",\"2\":\"...\"}.";

    private readonly CombineOptions _options = Checked(options);
    private readonly Lock _gate = new();
    private readonly Queue<Part> _waiting = new();
    private int _running;
    private bool _isGathering;
    private long _prompts;
    private long _requests;
    private long _combined;
    private long _alone;

    /// <summary>What it has done.</summary>
    public CombineStatistics Statistics => new(Volatile.Read(ref _prompts), Volatile.Read(ref _requests), Volatile.Read(ref _combined), Volatile.Read(ref _alone));

    /// <summary>The answer to a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="isValid">Whether an answer will do; one that will not is asked once more, alone, and then returned as it is.</param>
    /// <param name="call">On whose behalf.</param>
    /// <param name="cancellationToken">The caller has gone; its part of a request is answered for nobody.</param>
    /// <exception cref="TroupeException">As many prompts wait as may (code combine_full), or the model failed.</exception>
    public async Task<string> AskAsync(string prompt, Func<string, bool>? isValid = null, ModelCall? call = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _prompts);
        var part = new Part(prompt, isValid, call, cancellationToken);
        bool isFirst;
        lock (_gate)
        {
            if (_waiting.Count >= _options.MaxWaiting)
            {
                throw new TroupeException(ErrorKind.Unavailable, "combine_full", $"As many prompts wait as may ({_options.MaxWaiting}). Try again in a few seconds.") { RetryAfter = TimeSpan.FromSeconds(2) };
            }

            _waiting.Enqueue(part);
            isFirst = !_isGathering;
            _isGathering = true;
        }

        if (isFirst)
        {
            _ = GatherAsync();
        }

        return await part.Answer.Task.WaitAsync(cancellationToken);
    }

    private static CombineOptions Checked(CombineOptions options)
    {
        options.Validate();
        return options;
    }

    /// <summary>Sends out what waits, as long as a place is free. Who asks in the same moment comes along.</summary>
    private async Task GatherAsync()
    {
        await Task.Yield();
        while (Take() is { } parts)
        {
            _ = Task.Run(() => RunAsync(parts), CancellationToken.None);
        }
    }

    private List<Part>? Take()
    {
        lock (_gate)
        {
            List<Part> parts = [];
            var length = 0;
            while (_running < _options.AtOnce && parts.Count < _options.MaxPrompts && _waiting.TryPeek(out var next)
                && (parts.Count == 0 || length + next.Prompt.Length <= _options.MaxCharacters))
            {
                _waiting.Dequeue();
                if (!next.Left.IsCancellationRequested)
                {
                    parts.Add(next);
                    length += next.Prompt.Length;
                }
            }

            if (parts.Count == 0)
            {
                _isGathering = false;
                return null;
            }

            _running++;
            return parts;
        }
    }

    private async Task RunAsync(List<Part> parts)
    {
        try
        {
            await AnswerAsync(parts);
        }
        catch (Exception failure)
        {
            foreach (var part in parts)
            {
                part.Answer.TrySetException(failure);
                _ = part.Answer.Task.Exception;
            }
        }

        bool isFirst;
        lock (_gate)
        {
            _running--;
            isFirst = !_isGathering && _waiting.Count > 0;
            _isGathering |= isFirst;
        }

        if (isFirst)
        {
            await GatherAsync();
        }
    }

    private async Task AnswerAsync(List<Part> parts)
    {
        // A request that nobody waits for any more is stopped.
        using var stop = new CancellationTokenSource();
        var left = parts.Count;
        var leaving = parts.ConvertAll(part => part.Left.UnsafeRegister(_ =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                stop.Cancel();
            }
        }, null));
        try
        {
            if (parts is [var only])
            {
                only.Answer.TrySetResult(await AskAloneAsync(only, stop.Token));
                return;
            }

            var answers = Read(await RequestAsync(_options.Instructions + "\n\n" + Form, Write(parts), parts.Count, parts[0].Call, stop.Token));
            List<Part> missing = [];
            for (var i = 0; i < parts.Count; i++)
            {
                if (answers.TryGetValue(IdOf(i), out var answer) && parts[i].IsValid?.Invoke(answer) != false)
                {
                    Interlocked.Increment(ref _combined);
                    parts[i].Answer.TrySetResult(answer);
                }
                else
                {
                    missing.Add(parts[i]);
                }
            }

            await Task.WhenAll(missing.Select(async part =>
            {
                Interlocked.Increment(ref _alone);
                part.Answer.TrySetResult(await AskAloneAsync(part, part.Left));
            }));
        }
        finally
        {
            foreach (var registration in leaving)
            {
                await registration.DisposeAsync();
            }
        }
    }

    private Task<string> AskAloneAsync(Part part, CancellationToken cancellationToken) => RequestAsync(_options.Instructions, part.Prompt, 1, part.Call, cancellationToken);

    private async Task<string> RequestAsync(string instructions, string text, int count, ModelCall? call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        var response = await client.GetResponseAsync(
            [new ChatMessage(ChatRole.System, instructions), new ChatMessage(ChatRole.User, text)],
            new ChatOptions
            {
                Temperature = _options.Temperature,
                MaxOutputTokens = _options.MaxOutputTokensEach * count,
                ResponseFormat = count > 1 ? ChatResponseFormat.Json : null,
                AdditionalProperties = call is null ? null : new() { [ModelCall.OptionName] = call },
            },
            cancellationToken);
        return response.Text;
    }

    private static string IdOf(int index) => (index + 1).ToString(CultureInfo.InvariantCulture);

    private static string Write(List<Part> parts)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteStartArray("prompts");
            for (var i = 0; i < parts.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("id", IdOf(i));
                json.WriteString("prompt", parts[i].Prompt);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    /// <summary>The parts of an answer by id; those that can be read, when not all can. Models like to put JSON between other words.</summary>
    private static Dictionary<string, string> Read(string text)
    {
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        var (from, to) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        if (from < 0 || to <= from)
        {
            return answers;
        }

        try
        {
            using var json = JsonDocument.Parse(text.AsMemory(from, to - from + 1), new JsonDocumentOptions { MaxDepth = 16 });
            foreach (var member in json.RootElement.EnumerateObject())
            {
                // An id that comes twice says that the model has mixed them up.
                if (!answers.TryAdd(member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText()))
                {
                    answers.Clear();
                    return answers;
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            answers.Clear();
        }

        return answers;
    }

    private sealed class Part(string prompt, Func<string, bool>? isValid, ModelCall? call, CancellationToken left)
    {
        public string Prompt => prompt;

        public Func<string, bool>? IsValid => isValid;

        public ModelCall? Call => call;

        public CancellationToken Left => left;

        public TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
