using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Says things in the patient's voice, without a model: the facts as the case has them, and house phrases for the rest. The same words for
/// the same place in the same attempt.</summary>
internal sealed class Voice(PatientCase read)
{
    private readonly CasePatient _patient = read.Patient;

    public string Say(Intent intent, InterviewMemory memory) => intent.Kind switch
    {
        IntentKind.Facts => Facts(intent.Facts, memory),
        IntentKind.Name => _patient.IsSpokenFor ? $"I'm {_patient.Speaker}. This is {_patient.Name}." : $"I'm {_patient.Name}.",
        IntentKind.Age => AgeOf(),
        var kind => Pick(PhrasesOf(kind), memory),
    };

    /// <summary>The sentences that the patient may say whatever is known.</summary>
    public static IEnumerable<string> HousePhrases(string persona) => Enum.GetValues<IntentKind>().SelectMany(k => PhrasesOf(k, persona)).Concat(Lead(persona)).Concat(Again);

    private static readonly string[] Again = ["As I said,", "Like I told you,", "I said that before:"];

    private string Facts(IReadOnlyList<CaseFact> facts, InterviewMemory memory)
    {
        var words = string.Join(' ', facts.Select(f => f.Text));
        if (facts.All(f => memory.Told.Contains(f.Id)))
        {
            return $"{Again[Turn(memory, Again.Length)]} {LowerFirst(words)}";
        }

        // Not every time: nobody begins each sentence alike.
        var lead = Lead(_patient.Persona);
        return lead.Length > 0 && Turn(memory, 3) == 0 ? $"{lead[Turn(memory, lead.Length * 3) / 3]} {words}" : words;
    }

    private string AgeOf()
    {
        var age = _patient.Age;
        return _patient.IsSpokenFor ? $"{(_patient.Sex == "male" ? "He" : "She")} is {age} old." : $"I'm {age} old.";
    }

    private string[] PhrasesOf(IntentKind kind) => PhrasesOf(kind, _patient.Persona);

    private string Pick(string[] phrases, InterviewMemory memory) => phrases.Length == 0 ? "All right." : phrases[Turn(memory, phrases.Length)];

    /// <summary>Spread over the messages of an attempt, and the same again for the same one.</summary>
    private static int Turn(InterviewMemory memory, int count)
    {
        unchecked
        {
            var mixed = (uint)memory.Seed + ((uint)memory.Messages * 0x9E3779B1u);
            mixed ^= mixed >> 15;
            mixed *= 0x85EBCA6Bu;
            mixed ^= mixed >> 13;
            return (int)(mixed % (uint)count);
        }
    }

    /// <summary>A word of one letter or a short form of I stays as it is.</summary>
    private static string LowerFirst(string text) => text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) && !StartsWithName(text) ? char.ToLowerInvariant(text[0]) + text[1..] : text;

    private static bool StartsWithName(string text)
    {
        var word = text.Split(' ', 2)[0].Trim(',', '.', '\'');
        return !FirstWords.Contains(word);
    }

    private static readonly HashSet<string> FirstWords = new(StringComparer.Ordinal)
    {
        "The", "It", "It's", "My", "No", "Yes", "A", "An", "He", "She", "He's", "She's", "We", "Nothing", "When", "There", "This", "That", "Not", "For", "Only", "Just", "Well", "They", "Some", "About", "Every", "On", "At",
        "In", "Now", "Since", "All", "Nobody", "Both", "You", "If", "Once", "After", "His", "Her", "Our", "One", "Two", "Three", "Never", "Maybe", "Sometimes", "Two", "Sitting", "Walking", "Last", "Yesterday", "Today", "Light", "Lying",
    };

    private static string[] Lead(string persona) => persona switch
    {
        "anxious" => ["Oh,", "Well, this scares me.", "Um."],
        "rambling" => ["Well, let me think.", "Oh, where do I start.", "Now, that is a long story."],
        "poor memory" => ["Let me think.", "Now, what was it.", "I hope I have this right."],
        "carer" => ["Well.", "Let me think."],
        "plain-spoken" => ["Well,"],
        _ => [],
    };

    private static string[] PhrasesOf(IntentKind kind, string persona) => kind switch
    {
        IntentKind.NothingMore => persona == "terse" ? ["That's it."] : ["I think I have told you the main things. Just ask me.", "That's about all. What else do you need to know?", "I don't know what else to say. You can ask me."],
        IntentKind.Provoked => persona switch
        {
            "terse" => ["No idea. You tell me.", "Don't know. That's your job."],
            "anxious" => ["I really don't know. I was hoping you could tell me.", "Nobody has told me anything yet. That's why I'm here."],
            "carer" => ["I don't know. That's why we came to you.", "Nobody has told us anything yet."],
            _ => ["I don't know. That's what I came to you for.", "I couldn't tell you. You are the expert, not me.", "Nobody has told me that."],
        },
        IntentKind.Private => persona == "terse" ? ["I'd rather not say."] : ["I'd rather not talk about that just now.", "That's a bit private. I don't know you that well yet."],
        IntentKind.Jargon => ["Sorry, I don't know that word. Could you say that in plain words?", "What does that mean? Could you put it more simply?"],
        IntentKind.Unknown => persona switch
        {
            "terse" => ["I couldn't say.", "Don't know."],
            "poor memory" => ["I can't call that to mind.", "I'm not sure. I forget so much."],
            _ => ["I couldn't say, to be honest.", "I'm not sure about that.", "I don't know what to say to that. Could you ask me in another way?"],
        },
        IntentKind.Greeting => persona switch
        {
            "terse" => ["Hello."],
            "anxious" => ["Hello. I'm glad somebody is here.", "Hello, thank you for seeing me."],
            "carer" => ["Hello. Thank you for seeing us."],
            _ => ["Hello. Thanks for seeing me.", "Hello, doctor."],
        },
        IntentKind.Agreed => ["Yes, that's it.", "Yes, that sounds right."],
        IntentKind.Comforted => persona == "terse" ? ["Thanks."] : ["Thank you. That's kind of you.", "Thanks. It helps that you say that."],
        IntentKind.Permission => persona == "terse" ? ["Fine."] : ["Yes, of course. Go ahead.", "All right. Do what you need to do."],
        IntentKind.Farewell => persona == "terse" ? ["Bye."] : ["Thank you, doctor.", "Thanks for your time."],
        IntentKind.Heard => persona == "terse" ? ["All right."] : ["All right.", "I see.", "OK."],
        _ => [],
    };
}
