using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>The model for a machine without a network or a key. It is not a language model, and says so: it answers with the facts that the
/// agent knows and with what the person told it, picked by lexical similarity (BM25, Robertson and Zaragoza 2009). Deterministic.
/// Thread-safe.</summary>
public sealed partial class OfflineChatClient : IChatClient
{
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.5;
    private const int MaxFacts = 2;
    private const int MaxRemembered = 200;
    private const int MaxSentences = 2000;
    private const int MaxWanted = 100;

    private const string Nature = "I am Troupe's offline model, not a language model: I answer only from what I was given and what you tell me.";

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reply = Answer([.. messages], options?.AdditionalProperties?.TryGetValue(Knowledge.OptionName, out Knowledge? known) == true ? known : null);
        foreach (Match piece in Pieces.Matches(reply))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, piece.Value);

            // Others get their turn between two words, as with a model that thinks.
            await Task.Yield();
        }

        yield return new ChatResponseUpdate { Role = ChatRole.Assistant, FinishReason = ChatFinishReason.Stop };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string Answer(List<ChatMessage> messages, Knowledge? knowledge)
    {
        var asked = messages.FindLast(m => m.Role == ChatRole.User)?.Text.Trim() ?? "";
        var facts = knowledge?.Facts ?? [];
        if (asked.Length > 0 && Lexicon.Words(Greeting.Replace(asked, "")).Count == 0)
        {
            return $"{knowledge?.Greeting ?? "Hello."} {Nature}{Suggest(facts)}";
        }

        var told = messages.Where(m => m.Role == ChatRole.User).SkipLast(1).TakeLast(MaxRemembered)
            .SelectMany(m => Sentences.Split(m.Text)).Select(s => s.Trim()).Where(s => s.Length > 0 && !IsQuestion(s)).Distinct(StringComparer.Ordinal)
            .TakeLast(MaxSentences).ToList();
        var found = Rank(asked, [.. facts, .. told]);
        if (IsQuestion(asked) || found.Count > 0)
        {
            return found.Count == 0
                ? $"I know nothing about that. {Nature}{Suggest(facts)}"
                : string.Join(' ', found.Take(MaxFacts).Select(i => i < facts.Count ? facts[i] : $"You told me: “{told[i - facts.Count].TrimEnd('.')}.”"));
        }

        return asked.Length == 0 ? $"You said nothing. {Nature}" : $"I will remember that you said: “{Shorten(asked)}” {(told.Count == 0 ? Nature : "Ask me about it later.")}";
    }

    /// <summary>The candidates that speak of what is asked, best first; a much weaker one is left out. Of a long question its first words
    /// count, so that the work grows with the length of the texts and no faster.</summary>
    private static List<int> Rank(string asked, List<string> candidates)
    {
        var wanted = Lexicon.Words(asked).Distinct(StringComparer.Ordinal).Take(MaxWanted).ToList();
        var words = candidates.ConvertAll(Lexicon.Words);
        var counts = words.ConvertAll(w => w.CountBy(static word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal));
        var average = words.Count == 0 ? 1 : Math.Max(1, words.Average(w => w.Count));
        var scores = new double[candidates.Count];
        foreach (var word in wanted)
        {
            var holders = counts.Count(c => c.ContainsKey(word));
            var weight = Math.Log(1 + ((candidates.Count - holders + 0.5) / (holders + 0.5)));
            for (var i = 0; i < scores.Length; i++)
            {
                var count = counts[i].GetValueOrDefault(word);
                scores[i] += weight * count * (Saturation + 1) / (count + (Saturation * (1 - LengthWeight + (LengthWeight * words[i].Count / average))));
            }
        }

        var best = scores.Length == 0 ? 0 : scores.Max();

        // Of equal ones the newest counts: what a person said last is what holds.
        return best <= 0 ? [] : [.. Enumerable.Range(0, scores.Length).Where(i => scores[i] >= best * 0.7).OrderByDescending(i => scores[i]).ThenByDescending(i => i)];
    }

    private static bool IsQuestion(string text) => text.EndsWith('?') || Question.IsMatch(text);

    private static string Suggest(IReadOnlyList<string> facts) => facts.Count == 0 ? "" : $" For instance: {facts[0]}";

    private static string Shorten(string text) => text.Length <= 200 ? text : TextRules.Mend(text[..200]) + "…";

    [GeneratedRegex(@"\S+\s*|\s+", RegexOptions.None, 1000)]
    private static partial Regex Pieces { get; }

    [GeneratedRegex(@"(?<=[.!?])\s+|\n+", RegexOptions.None, 1000)]
    private static partial Regex Sentences { get; }

    [GeneratedRegex(@"^(hi|hello|hey|good (morning|afternoon|evening|day)|greetings)\b[\s\p{P}]*(there|world)?", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Greeting { get; }

    [GeneratedRegex(@"^(what|which|who|whom|whose|where|when|why|how|can|could|do|does|did|is|are|was|were|will|would|should|tell me|explain|describe)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Question { get; }
}
