using System.Diagnostics;
using System.Globalization;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;
using Troupe.Apps.MedSim.Patient;
using Troupe.Apps.MedSim.Words;
using Troupe.Bench.MedSim;

namespace Troupe.Bench.Scenarios;

/// <summary>How far MedSim's patients keep to their facts.</summary>
internal static class FaithfulnessScenario
{
    public const string Name = "MedSim: faithfulness";

    public const string Caption =
        "The patients of all own cases, answered without a model, are asked questions that were written apart from the cases and from the matching code's word lists, with labels by hand (`bench/Troupe.Bench/MedSim/Questions`). "
        + "A scripted model that misbehaves gives the planted replies: the diagnosis, a result, what was not asked, the contrary of a fact, what is in no fact; they are made of the cases by lot from a seed by code that the program does not have. "
        + "*Seen* questions (the first three sets) were written blind, but what was missed of them was looked at while the matching was improved; they are listed while the benchmark runs. *Unseen* ones (the fourth set, or the folder that `TROUPE_QUESTIONS` names) were written by others and looked at by nobody, and are not listed, but for two names that a wrong result was shown for, which was mended. One in twenty of either stood word for word among what the patients learn from, because people ask alike, and is left out. "
        + "Another seed (`TROUPE_SEED`) catches about as many planted replies. Contradictions are judged by the same check that the program uses.";

    private const int Planted = 500;
    private const int UsualSeed = 20260101;
    private const string Trust = "I'm sorry to hear that, it must be hard. Is it all right if I ask you something personal?";

    private static bool _isTelling = true;

    private static readonly int Seed = Environment.GetEnvironmentVariable("TROUPE_SEED") is { Length: > 0 } other ? int.Parse(other, CultureInfo.InvariantCulture) : UsualSeed;
    private static readonly string Questions = Path.Combine(Published.Root, "bench", "Troupe.Bench", "MedSim", "Questions");
    private static readonly string UnseenQuestions = Environment.GetEnvironmentVariable("TROUPE_QUESTIONS") is { Length: > 0 } folder ? folder : Path.Combine(Questions, "fourth");
    private static readonly string[] Seen = ["first", "second", "third"];
    private static readonly string OsceFile = Path.Combine(Published.Root, "..", "shared", "data", "medical-cases", "osce-cases.jsonl");

    public static async Task<List<Row>> RunAsync()
    {
        var seen = Seen.Select(s => QuestionSet.Read(Path.Combine(Questions, s))).Aggregate((a, b) => a.With(b));
        var unseen = QuestionSet.Read(UnseenQuestions);
        var rows = new List<Row>();
        var grades = new List<double>();
        rows.AddRange(Provoke(seen.With(unseen), grades));
        foreach (var (set, name) in new[] { (unseen, "unseen"), (seen, "seen") })
        {
            _isTelling = set == seen;
            rows.AddRange(Ask(set, name, grades));
            rows.AddRange(Rephrase(set, name));
            rows.AddRange(Look(set, name));
        }

        rows.AddRange(Plant());
        rows.AddRange(await TimeAsync(seen));
        rows.Add(Figure("reading level of replies, Flesch–Kincaid grade", grades.Average(), "≤ 7", v => v <= 7));
        return rows;
    }

    private static List<Row> Provoke(QuestionSet set, List<double> grades)
    {
        var (leaks, asked) = (0, 0);
        foreach (var read in CaseLibrary.Own.Values)
        {
            var secrets = SecretWords.Of(read);
            var (interview, voice) = (new Interview(read), new Voice(read));
            foreach (var fresh in new[] { true, false })
            {
                var memory = fresh ? InterviewMemory.Begin(1) : Midway(read);
                foreach (var question in set.Provoking)
                {
                    asked++;
                    var intent = interview.Decide(question, memory);
                    var reply = voice.Say(intent, memory);
                    grades.Add(ReadingGrade.Of(reply));
                    var findings = read.Examination.Select(e => e.Finding).Concat(read.Tests.Select(t => t.Result));
                    if (secrets.FirstIn(reply) is not null || findings.Any(f => f.Length > 12 && reply.Contains(f, StringComparison.OrdinalIgnoreCase)))
                    {
                        leaks++;
                        Tell("leaked", read, question, reply);
                    }

                    memory = memory.After(intent, question);
                }
            }
        }

        return [Figure($"diagnosis or result shown, {asked:N0} provoking questions", leaks, "0", v => v == 0)];
    }

    private static List<Row> Ask(QuestionSet set, string name, List<double> grades)
    {
        var (direct, right, unasked, replies) = (0, 0, 0, 0);
        foreach (var (id, questions) in set.Own)
        {
            var read = CaseLibrary.Own[id];
            foreach (var question in questions)
            {
                foreach (var ask in (question.Again ?? []).Prepend(question.Ask).Where(a => !Learned.Contains(SpokenWords.Fold(a))))
                {
                    var intent = Answer(read, ask, grades, question.Needs == "trust");
                    replies++;
                    unasked += Beyond(read, ask, intent, [.. question.Asks, .. question.May ?? []]);
                    if (question.Asks.Count == 0)
                    {
                        continue;
                    }

                    direct++;
                    if (intent.Facts.Any(f => question.Asks.Contains(f.Id)))
                    {
                        right++;
                    }
                    else
                    {
                        Tell($"missed {string.Join('/', question.Asks)}", read, ask, $"{intent.Kind} {string.Join(", ", intent.Facts.Select(f => f.Id))}");
                    }
                }
            }
        }

        return
        [
            Share($"direct questions answered with the fact, own cases, {name} ({direct:N0})", right, direct, "≥ 95 %", v => v >= 95),
            .. AskImported(set, name),
            Share($"replies that tell a fact unasked, {name} ({replies:N0})", unasked, replies, "≤ 2 %", v => v <= 2),
        ];
    }

    /// <summary>What the patients learned from: people ask alike ("Any fever?"), and a question that stands there word for word measures nothing.</summary>
    private static readonly HashSet<string> Learned =
        [.. CaseLibrary.Own.Values.SelectMany(c => c.Facts).SelectMany(f => f.Questions!.Concat(f.About)).Concat(QuestionBank.Lines().Where(l => l[0] is '?' or '=').Select(l => l[2..])).Select(SpokenWords.Fold)];

    private static List<Row> AskImported(QuestionSet set, string name)
    {
        if (!File.Exists(OsceFile))
        {
            Console.WriteLine($"    There is no {OsceFile}: imported cases are left out.");
            return [];
        }

        var cases = Troupe.Apps.MedSim.Osce.OsceFile.Read("osce", File.ReadAllText(OsceFile)).ToDictionary(c => c.Line, c => c.Case!);
        var (good, asked) = (0, 0);
        foreach (var (line, questions) in set.Imported)
        {
            foreach (var question in questions)
            {
                asked++;
                var memory = InterviewMemory.Begin(1);
                var intent = new Interview(cases[line]).Decide(question.Ask, memory);
                var reply = new Voice(cases[line]).Say(intent, memory);
                if (question.Expect.Exists(w => reply.Contains(w, StringComparison.OrdinalIgnoreCase)))
                {
                    good++;
                }
                else
                {
                    Tell($"missed {string.Join('/', question.Expect)}", cases[line], question.Ask, $"{intent.Kind} {reply}");
                }
            }
        }

        return [Share($"direct questions answered with the fact, imported cases, {name} ({asked:N0})", good, asked, "≥ 85 %", v => v >= 85)];
    }

    private static Intent Answer(PatientCase read, string question, List<double> grades, bool trusted)
    {
        var memory = InterviewMemory.Begin(1);
        var interview = new Interview(read);
        if (trusted)
        {
            memory = memory.After(interview.Decide(Trust, memory), Trust);
        }

        var intent = interview.Decide(question, memory);
        grades.Add(ReadingGrade.Of(new Voice(read).Say(intent, memory)));
        return intent;
    }

    private static int Beyond(PatientCase read, string question, Intent intent, List<string> may)
    {
        var beyond = intent.Facts.Where(f => !may.Contains(f.Id)).Select(f => f.Id).ToList();
        if (beyond.Count > 0)
        {
            Tell("unasked", read, question, string.Join(", ", beyond));
        }

        return beyond.Count > 0 ? 1 : 0;
    }

    /// <summary>Every word comes from a fact or is a house phrase, and facts of a case do not contradict each other: what is asked again must tell one and the same fact, or none.</summary>
    private static List<Row> Rephrase(QuestionSet set, string name)
    {
        var (contrary, asked) = (0, 0);
        foreach (var (id, questions) in set.Own)
        {
            var read = CaseLibrary.Own[id];
            var memory = InterviewMemory.Begin(1) with { Trusts = true };
            foreach (var question in questions.Where(q => q.Again is { Count: > 0 }))
            {
                foreach (var ask in question.Again!.Prepend(question.Ask).SelectMany(q => new[] { q, q }))
                {
                    asked++;
                    var intent = new Interview(read).Decide(ask, memory);
                    var reply = new Voice(read).Say(intent, memory);
                    var allowed = new HashSet<string>(memory.Told.Concat(intent.Facts.Select(f => f.Id)), StringComparer.Ordinal);
                    if (ReplyCheck.For(read).Fault(reply, ask, allowed, [.. intent.Facts.Select(f => f.Id)]) is Verdict.Contradicted)
                    {
                        contrary++;
                        Tell("contradicts", read, ask, reply);
                    }

                    memory = memory.After(intent, ask);
                }
            }
        }

        return [Figure($"contradictions over repeated and rephrased questions, {name} ({asked:N0})", contrary, "0", v => v == 0)];
    }

    private static List<Row> Look(QuestionSet set, string name)
    {
        var (right, wrong) = (0, 0);
        foreach (var question in set.Lookups)
        {
            var read = CaseLibrary.Own[question.Case];
            var found = (question.Kind == "test" ? Lookup.Tests(read) : Lookup.Examinations(read)).Find(question.Ask);
            var got = found.Status switch
            {
                LookupAnswer.Result => found.Id!,
                LookupAnswer.Normal => "normal",
                LookupAnswer.NotAvailable => "unavailable",
                LookupAnswer.NotKnown => "unknown",
                _ => "which",
            };
            if (got == question.Expect)
            {
                right++;
                continue;
            }

            wrong += found.Status is LookupAnswer.Result or LookupAnswer.Normal ? 1 : 0;
            Tell($"lookup of {question.Expect}", read, question.Ask, $"{got} {found.Name} {string.Join("/", found.Choices ?? [])}");
        }

        return
        [
            Share($"tests and examinations resolved rightly by synonym, {name} ({set.Lookups.Count:N0})", right, set.Lookups.Count, "≥ 95 %", v => v >= 95),
            Figure($"wrong results shown as right, {name}", wrong, "0", v => v == 0),
        ];
    }

    private static List<Row> Plant()
    {
        PatientCase[] cases = [.. CaseLibrary.Own.Values.OrderBy(c => c.Id, StringComparer.Ordinal)];
        var planted = new PlantedReplies(cases, Seed);
        var (caught, alarms) = (0, 0);
        foreach (var (read, asked, reply, kind) in planted.Bad(Planted))
        {
            if (FaultOf(read, asked, reply) is not null)
            {
                caught++;
            }
            else
            {
                Tell($"not caught ({kind})", read, asked.Id, reply);
            }
        }

        foreach (var (read, asked, reply) in planted.Good(Planted))
        {
            if (FaultOf(read, asked, reply) is { } fault)
            {
                alarms++;
                Tell($"false alarm ({fault})", read, asked.Id, reply);
            }
        }

        return
        [
            Share($"planted replies caught before display ({Planted})", caught, Planted, "≥ 98 %", v => v >= 98),
            Share($"false alarms on good replies ({Planted})", alarms, Planted, "≤ 3 %", v => v <= 3),
        ];
    }

    private static string? FaultOf(PatientCase read, CaseFact asked, string reply) =>
        ReplyCheck.For(read).Fault(reply, asked.Item ?? "Can you tell me about that?", new HashSet<string>(StringComparer.Ordinal) { asked.Id }, [asked.Id]);

    /// <summary>From the question to the checked reply, with a model that answers at once.</summary>
    private static async Task<List<Row>> TimeAsync(QuestionSet set)
    {
        var questions = set.Own.SelectMany(o => o.Questions.Select(q => (CaseLibrary.Own[o.Case], q.Ask))).ToList();
        var times = new List<double>();
        for (var run = 0; run < 2; run++)
        {
            times.Clear();
            foreach (var (read, question) in questions)
            {
                var began = Stopwatch.GetTimestamp();
                await new PatientMind(read).AnswerAsync(question, InterviewMemory.Begin(1), (intent, _) => Task.FromResult(string.Join(' ', intent.Facts.Select(f => f.Text))), 1, CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        var learning = CaseLibrary.Own.Values.Select(c =>
        {
            var began = Stopwatch.GetTimestamp();
            FactFinder.For(c with { Id = c.Id });
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }).ToList();
        return
        [
            Row.Of(Name, "question to checked reply, without the model's own time", "ms", times, "≤ 5 ms p50", v => v <= 5),
            Row.Of(Name, "what a patient learns when its case is first opened", "ms", learning),
        ];
    }

    private static InterviewMemory Midway(PatientCase read) =>
        InterviewMemory.Begin(7) with { Messages = 9, Trusts = true, Told = new HashSet<string>(read.Facts.Take(read.Facts.Count / 2).Select(f => f.Id), StringComparer.Ordinal) };

    private static Row Share(string figure, int part, int all, string mark, Func<double, bool> isMet) => Row.Of(Name, figure, "%", [100.0 * part / all], mark, isMet);

    private static Row Figure(string figure, double value, string mark, Func<double, bool> isMet) => Row.Of(Name, figure, "", [value], mark, isMet);

    private static void Tell(string what, PatientCase read, string question, string reply)
    {
        if (_isTelling)
        {
            Console.WriteLine($"    {what}: {read.Id}: \"{question}\" -> {reply}");
        }
    }
}
