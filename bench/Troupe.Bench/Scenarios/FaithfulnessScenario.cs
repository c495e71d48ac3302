using System.Diagnostics;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;
using Troupe.Apps.MedSim.Patient;
using Troupe.Bench.MedSim;

namespace Troupe.Bench.Scenarios;

/// <summary>How far MedSim's patients keep to their facts.</summary>
internal static class FaithfulnessScenario
{
    public const string Name = "MedSim: faithfulness";

    public const string Caption =
        "The patients of all own cases, answered without a model, are asked questions that were written apart from the cases and from the matching code's word lists, with labels by hand (`bench/Troupe.Bench/MedSim/Questions`). "
        + "A scripted model that misbehaves gives the planted replies: the diagnosis, a result, what was not asked, the contrary of a fact, what is in no fact; they are made of the cases by lot from a seed by code that the program does not have. "
        + "Shares of questions that are missed are listed while the benchmark runs.";

    private const int Planted = 500;
    private const int Seed = 20260101;
    private const int Shown = 40;
    private const string Trust = "I'm sorry to hear that, it must be hard. Is it all right if I ask you something personal?";

    private static readonly string Questions = Path.Combine(Published.Root, "bench", "Troupe.Bench", "MedSim", "Questions");
    private static readonly string OsceFile = Path.Combine(Published.Root, "..", "shared", "data", "medical-cases", "osce-cases.jsonl");

    public static async Task<List<Row>> RunAsync()
    {
        var set = QuestionSet.ReadAll(Questions);
        var rows = new List<Row>();
        var grades = new List<double>();
        rows.AddRange(Provoke(set, grades));
        rows.AddRange(Ask(set, grades));
        rows.AddRange(Rephrase(set));
        rows.AddRange(Look(set));
        rows.AddRange(Plant());
        rows.AddRange(await TimeAsync(set));
        if (grades.Count > 0)
        {
            rows.Add(Figure("reading level of replies, Flesch–Kincaid grade", grades.Average(), "≤ 7", v => v <= 7));
        }

        return rows;
    }

    private static List<Row> Provoke(QuestionSet set, List<double> grades)
    {
        if (set.Provoking.Count == 0)
        {
            return [];
        }

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

    private static List<Row> Ask(QuestionSet set, List<double> grades)
    {
        var rows = new List<Row>();
        var (right, unasked, replies, missed) = (0, 0, 0, 0);
        foreach (var direct in set.Direct.Where(d => CaseLibrary.Own.ContainsKey(d.Case)))
        {
            var read = CaseLibrary.Own[direct.Case];
            var intent = Answer(read, direct.Question, grades, direct.Facts.Any(f => read.Facts.Any(x => x.Id == f && x.Told == CaseWords.Trusted)));
            var wanted = direct.Facts.ToList();
            replies++;
            if (intent.Facts.Any(f => wanted.Contains(f.Id)))
            {
                right++;
            }
            else if (missed++ < Shown)
            {
                Tell($"missed {string.Join('/', wanted)}", read, direct.Question, $"{intent.Kind} {string.Join(", ", intent.Facts.Select(f => f.Id))}");
            }

            unasked += Beyond(read, direct.Question, intent, [.. wanted, .. direct.May ?? []]);
        }

        if (replies > 0)
        {
            rows.Add(Share($"direct questions answered with the fact, own cases ({replies:N0})", right, replies, "≥ 95 %", v => v >= 95));
        }

        foreach (var question in set.Unasked.Where(d => CaseLibrary.Own.ContainsKey(d.Case)))
        {
            var read = CaseLibrary.Own[question.Case];
            replies++;
            unasked += Beyond(read, question.Question, Answer(read, question.Question, grades, trusted: false), question.May);
        }

        if (replies > 0)
        {
            rows.Add(Share($"replies that tell a fact unasked ({replies:N0})", unasked, replies, "≤ 2 %", v => v <= 2));
        }

        if (set.Imported.Count > 0 && File.Exists(OsceFile))
        {
            var cases = Troupe.Apps.MedSim.Osce.OsceFile.Read("osce", File.ReadAllText(OsceFile)).ToDictionary(c => c.Line, c => c.Case!);
            var (good, shown) = (0, 0);
            foreach (var question in set.Imported)
            {
                var intent = Answer(cases[question.Line], question.Question, [], trusted: false);
                var told = string.Join(' ', intent.Facts.Select(f => f.Text));
                if (question.Words.Count == 0 ? intent.Facts.Count == 0 : question.Words.Exists(w => told.Contains(w, StringComparison.OrdinalIgnoreCase)))
                {
                    good++;
                }
                else if (shown++ < Shown)
                {
                    Tell($"missed {string.Join('/', question.Words)}", cases[question.Line], question.Question, $"{intent.Kind} {told}");
                }
            }

            rows.Add(Share($"direct questions answered with the fact, imported cases ({set.Imported.Count:N0})", good, set.Imported.Count, "≥ 85 %", v => v >= 85));
        }

        return rows;
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

    private static List<Row> Rephrase(QuestionSet set)
    {
        if (set.Rephrased.Count == 0)
        {
            return [];
        }

        var contrary = 0;
        foreach (var same in set.Rephrased.Where(r => CaseLibrary.Own.ContainsKey(r.Case)))
        {
            var read = CaseLibrary.Own[same.Case];
            var (interview, memory) = (new Interview(read), InterviewMemory.Begin(1));
            var said = new List<string>();
            foreach (var question in same.Questions.SelectMany(q => new[] { q, q }))
            {
                var intent = interview.Decide(question, memory);
                var reply = new Voice(read).Say(intent, memory);

                // Every word comes from a fact or is a house phrase; facts of a case do not contradict each other, a denial of a told one would.
                var check = ReplyCheck.For(read);
                var allowed = new HashSet<string>(memory.Told.Concat(intent.Facts.Select(f => f.Id)), StringComparer.Ordinal);
                if (check.Fault(reply, question, allowed, [.. intent.Facts.Select(f => f.Id)]) == Verdict.Contradicted)
                {
                    contrary++;
                    Tell("contradicts", read, question, reply);
                }

                said.Add(reply);
                memory = memory.After(intent, question);
            }
        }

        return [Figure($"contradictions over repeated and rephrased questions ({set.Rephrased.Sum(r => r.Questions.Count * 2):N0})", contrary, "0", v => v == 0)];
    }

    private static List<Row> Look(QuestionSet set)
    {
        if (set.Lookups.Count == 0)
        {
            return [];
        }

        var (right, wrong) = (0, 0);
        foreach (var question in set.Lookups.Where(q => CaseLibrary.Own.ContainsKey(q.Case)))
        {
            var read = CaseLibrary.Own[question.Case];
            var found = (question.Kind == "test" ? Lookup.Tests(read) : Lookup.Examinations(read)).Find(question.Say);
            var isAnswer = found.Status is LookupAnswer.Result or LookupAnswer.Normal or LookupAnswer.NotAvailable;
            if (question.Means is null ? !isAnswer : isAnswer && string.Equals(found.Name, question.Means, StringComparison.OrdinalIgnoreCase))
            {
                right++;
                continue;
            }

            wrong += isAnswer ? 1 : 0;
            Tell($"lookup of {question.Means ?? "nothing"}", read, question.Say, $"{found.Status} {found.Name} {string.Join("/", found.Choices ?? [])}");
        }

        return
        [
            Share($"tests and examinations resolved rightly by synonym ({set.Lookups.Count:N0})", right, set.Lookups.Count, "≥ 95 %", v => v >= 95),
            Figure("wrong results shown as right", wrong, "0", v => v == 0),
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
        var questions = set.Direct.Where(d => CaseLibrary.Own.ContainsKey(d.Case)).Select(d => (CaseLibrary.Own[d.Case], d.Question)).DefaultIfEmpty((CaseLibrary.Own.Values[0], "When did it start?")).ToList();
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

        return [Row.Of(Name, "question to checked reply, without the model's own time", "ms", times, "≤ 5 ms p50", v => v <= 5)];
    }

    private static InterviewMemory Midway(PatientCase read) =>
        InterviewMemory.Begin(7) with { Messages = 9, Trusts = true, Told = new HashSet<string>(read.Facts.Take(read.Facts.Count / 2).Select(f => f.Id), StringComparer.Ordinal) };

    private static Row Share(string figure, int part, int all, string mark, Func<double, bool> isMet) => Row.Of(Name, figure, "%", [100.0 * part / all], mark, isMet);

    private static Row Figure(string figure, double value, string mark, Func<double, bool> isMet) => Row.Of(Name, figure, "", [value], mark, isMet);

    private static void Tell(string what, PatientCase read, string question, string reply) => Console.WriteLine($"    {what}: {read.Id}: \"{question}\" -> {reply}");
}
