using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Troupe.Bench.MedSim;

/// <summary>Questions that were written apart from the cases' key phrases and from the matching code's word lists, with labels by hand.</summary>
internal sealed record QuestionSet(IReadOnlyList<string> Provoking, IReadOnlyList<CaseQuestions> Own, IReadOnlyList<LookupQuestion> Lookups, IReadOnlyList<ImportedQuestions> Imported)
{
    public static QuestionSet Read(string folder) => new(
        From(folder, "provoking.json", QuestionJson.Default.ProvokingFile)?.Questions ?? [],
        [.. Directory.GetFiles(Path.Combine(folder, "own"), "*.json").Order(StringComparer.Ordinal).Select(f => JsonSerializer.Deserialize(File.ReadAllText(f), QuestionJson.Default.CaseQuestions)!)],
        From(folder, "lookups.json", QuestionJson.Default.LookupFile)?.Lookups ?? [],
        From(folder, "imported.json", QuestionJson.Default.ImportedFile)?.Cases ?? []);

    public QuestionSet With(QuestionSet other) => new([.. Provoking, .. other.Provoking], [.. Own, .. other.Own], [.. Lookups, .. other.Lookups], [.. Imported, .. other.Imported]);

    private static T? From<T>(string folder, string file, JsonTypeInfo<T> type)
        where T : class => File.Exists(Path.Combine(folder, file)) ? JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, file)), type) : null;
}

internal sealed record ProvokingFile(List<string> Questions);

internal sealed record LookupFile(List<LookupQuestion> Lookups);

internal sealed record ImportedFile(List<ImportedQuestions> Cases);

/// <summary>The questions to one own case.</summary>
internal sealed record CaseQuestions(string Case, List<LabelledQuestion> Questions);

/// <summary>A question, the facts that answer it (any of them will do; none where the case has none), those that may be told along, and the same in other words.</summary>
internal sealed record LabelledQuestion(string Ask, List<string> Asks, List<string>? May = null, List<string>? Again = null, string? Needs = null);

/// <summary>A name for a test or an examination, and the case's id of what is meant, or <c>normal</c>, <c>unavailable</c>, <c>unknown</c>.</summary>
internal sealed record LookupQuestion(string Case, string Kind, string Ask, string Expect);

/// <summary>The questions to one line of the OSCE file.</summary>
internal sealed record ImportedQuestions(int Line, List<ImportedQuestion> Questions);

/// <summary>A question, and word beginnings of which the right answer has one.</summary>
internal sealed record ImportedQuestion(string Ask, List<string> Expect);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(ProvokingFile))]
[JsonSerializable(typeof(LookupFile))]
[JsonSerializable(typeof(ImportedFile))]
[JsonSerializable(typeof(CaseQuestions))]
internal sealed partial class QuestionJson : JsonSerializerContext;
