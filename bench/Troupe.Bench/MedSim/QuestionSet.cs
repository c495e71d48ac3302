using System.Text.Json;
using System.Text.Json.Serialization;

namespace Troupe.Bench.MedSim;

/// <summary>Questions that were written apart from the cases and from the matching code's word lists, with labels by hand.</summary>
internal sealed partial record QuestionSet
{
    public List<string> Provoking { get; init; } = [];

    public List<DirectQuestion> Direct { get; init; } = [];

    public List<UnaskedQuestion> Unasked { get; init; } = [];

    public List<RephrasedQuestions> Rephrased { get; init; } = [];

    public List<LookupQuestion> Lookups { get; init; } = [];

    public List<ImportedQuestion> Imported { get; init; } = [];

    /// <summary>All sets of a folder as one.</summary>
    public static QuestionSet ReadAll(string folder)
    {
        var all = new QuestionSet();
        if (!Directory.Exists(folder))
        {
            return all;
        }

        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var read = JsonSerializer.Deserialize(File.ReadAllText(file), QuestionJson.Default.QuestionSet)!;
            all.Provoking.AddRange(read.Provoking);
            all.Direct.AddRange(read.Direct);
            all.Unasked.AddRange(read.Unasked);
            all.Rephrased.AddRange(read.Rephrased);
            all.Lookups.AddRange(read.Lookups);
            all.Imported.AddRange(read.Imported);
        }

        return all;
    }

    /// <summary>A question about one fact; the fact is an id or a list of ids.</summary>
    internal sealed record DirectQuestion(string Case, string Question, JsonElement Fact, List<string>? May = null)
    {
        public IEnumerable<string> Facts => Fact.ValueKind == JsonValueKind.Array ? Fact.EnumerateArray().Select(f => f.GetString()!) : [Fact.GetString()!];
    }

    /// <summary>A question, and the facts that a fair patient may tell to it.</summary>
    internal sealed record UnaskedQuestion(string Case, string Question, List<string> May);

    /// <summary>The same, asked in several ways.</summary>
    internal sealed record RephrasedQuestions(string Case, List<string> Questions);

    /// <summary>A name for a test or an examination, and what is meant; null where it must not be answered.</summary>
    internal sealed record LookupQuestion(string Case, string Kind, string Say, string? Means);

    /// <summary>A question to an imported case, and words of which one must be told.</summary>
    internal sealed record ImportedQuestion(int Line, string Question, List<string> Words);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
    [JsonSerializable(typeof(QuestionSet))]
    internal sealed partial class QuestionJson : JsonSerializerContext;
}
