using System.Text.Json;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>A typed event of an attempt, as it stands in the data of a note in the session's log. Nothing in it is secret from its owner but the results
/// that have not arrived.</summary>
internal sealed record AttemptNote
{
    public const string Begin = "begin";
    public const string Reply = "reply";
    public const string Examination = "examination";
    public const string Order = "order";
    public const string Remark = "note";
    public const string Hint = "hint";
    public const string Wait = "wait";
    public const string Diagnosis = "diagnosis";
    public const string Plan = "plan";
    public const string Finish = "finish";

    /// <summary>One of the constants.</summary>
    public required string Medsim { get; init; }

    /// <summary>Seconds that the server has run since the attempt began.</summary>
    public double Real { get; init; }

    /// <summary>The hash of the request's idempotency key, and of its body.</summary>
    public string? Key { get; init; }

    public string? Body { get; init; }

    // begin
    public string? Case { get; init; }

    /// <summary>What a former session calls its case, where the attempt is one.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    public string? CaseOwner { get; init; }

    public string? CaseHash { get; init; }

    public string? Mode { get; init; }

    public string? Class { get; init; }

    public int? Seed { get; init; }

    public double? LimitSeconds { get; init; }

    // reply
    public IReadOnlyList<string>? Facts { get; init; }

    public string? Intent { get; init; }

    public bool? Open { get; init; }

    public string? Source { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<string>? Verdicts { get; init; }

    // examination, order, hint, wait
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Status { get; init; }

    public string? Text { get; init; }

    public string? Trace { get; init; }

    public double? Minutes { get; init; }

    public int? Cost { get; init; }

    // diagnosis
    public IReadOnlyList<string>? Differentials { get; init; }

    public string Write() => JsonSerializer.Serialize(this, MedSimJson.Default.AttemptNote);

    /// <summary>The event in an entry; null when there is none.</summary>
    public static AttemptNote? Read(Entry entry)
    {
        if (entry.Role != EntryRole.Note || entry.Data is not { } data || !data.StartsWith("{\"medsim\":", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(data, MedSimJson.Default.AttemptNote);
        }
        catch (JsonException)
        {
            // A later version's, or somebody else's.
            return null;
        }
    }
}
