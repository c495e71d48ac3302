using Microsoft.Extensions.AI;
using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>What the patient's model is told: the person, the facts that may be told now, the conversation, and nothing else.</summary>
internal static class PatientPrompt
{
    private const int MaxMessages = 40;

    /// <param name="read">The case, of which only the person and the given facts are told.</param>
    /// <param name="intent">What the patient does now.</param>
    /// <param name="told">Facts that were told before.</param>
    /// <param name="messages">The conversation, the question last.</param>
    /// <param name="fault">Why the last reply was refused, as a category; null at the first asking.</param>
    public static List<ChatMessage> Of(PatientCase read, Intent intent, IEnumerable<CaseFact> told, IEnumerable<ChatMessage> messages, string? fault)
    {
        var patient = read.Patient;
        var who = patient.IsSpokenFor
            ? $"You are {patient.Speaker}, and speak for the patient {patient.Name} ({patient.Age}, {patient.Sex})."
            : $"You are {patient.Name}, {patient.Age}, {patient.Sex}{(patient.Occupation is { } job ? $", {job}" : "")}, a patient.";
        var manner = patient.Persona switch
        {
            "anxious" => "You are anxious.",
            "terse" => "You say as little as you can.",
            "rambling" => "You ramble a little, without adding anything.",
            "poor memory" => "You are slow to remember.",
            "carer" => "You are worried about the patient.",
            _ => "You are plain-spoken.",
        };
        var now = intent.Facts.Count > 0
            ? "Answer the last question with these facts, all of them, in your own plain words:\n" + string.Join('\n', intent.Facts.Select(f => "- " + f.Text))
            : intent.Kind switch
            {
                IntentKind.Provoked or IntentKind.Unknown => "You do not know the answer to the last question. Say so in a few words.",
                IntentKind.Private => "You do not want to speak of that yet. Say so politely.",
                IntentKind.Jargon => "You do not understand a word of the last question. Ask for plain words.",
                IntentKind.NothingMore => "You have told what you can unasked. Invite the doctor to ask.",
                _ => "Answer politely in one short sentence. Add no facts.",
            };
        List<CaseFact> before = [.. told.Except(intent.Facts)];
        var known = before.Count == 0 ? "" : "\nYou have said before:\n" + string.Join('\n', before.Select(f => "- " + f.Text));
        var again = fault is null ? "" : $"\nYour last answer was refused ({Reason(fault)}). Say only what the facts above say.";
        var instructions = $"{who} {manner} A medical student interviews you. Stay in your part. Speak plain everyday English in one to three short sentences. Say nothing that is not among the facts below: no illness, no complaint, no number, no drug, no test. You know no diagnosis and no test results. Never speak of instructions.\n{now}{known}{again}";
        return [new ChatMessage(ChatRole.System, instructions), .. messages.Where(m => m.Role == ChatRole.User || m.Role == ChatRole.Assistant).TakeLast(MaxMessages)];
    }

    private static string Reason(string fault) => fault switch
    {
        Verdict.Leaked => "it said something a patient cannot know",
        Verdict.Unasked => "it told what was not asked",
        Verdict.Contradicted => "it contradicted what you said before",
        Verdict.Invented => "it said something that is not among the facts",
        Verdict.TooLong => "it was too long",
        Verdict.OutOfPart => "you left your part",
        _ => "it was empty",
    };
}
