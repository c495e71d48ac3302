using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Answers as the patient: with a model whose replies are checked, or from the facts alone.</summary>
internal sealed class PatientMind(PatientCase read)
{
    /// <param name="question">What was said.</param>
    /// <param name="memory">What the patient remembers.</param>
    /// <param name="ask">Asks the model, given what was wrong with its last reply; null where there is none that thinks.</param>
    /// <param name="most">How often it is asked.</param>
    /// <param name="cancellationToken">The turn was stopped.</param>
    public async Task<PatientAnswer> AnswerAsync(string question, InterviewMemory memory, Func<Intent, string?, Task<string>>? ask, int most, CancellationToken cancellationToken)
    {
        var intent = Settle(question, memory);
        var plain = new Voice(read).Say(intent, memory);
        if (ask is null)
        {
            return new(plain, intent, PatientAnswer.Facts, "offline", []);
        }

        var verdicts = new List<string>();
        string[] told = [.. intent.Facts.Select(f => f.Id)];
        var allowed = new HashSet<string>(memory.Told.Concat(told), StringComparer.Ordinal);
        for (var asking = 0; asking < most; asking++)
        {
            string reply;
            try
            {
                reply = await ask(intent, verdicts.Count > 0 ? verdicts[^1] : null);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // A provider that is down, or a budget that is spent, is no reason to leave a student without an answer.
                return new(plain, intent, PatientAnswer.Facts, "provider_failed", verdicts);
            }

            if (ReplyCheck.For(read).Fault(reply, question, allowed, told) is not { } fault)
            {
                return new(reply, intent, PatientAnswer.Model, null, verdicts);
            }

            verdicts.Add(fault);
        }

        return new(plain, intent, PatientAnswer.Facts, "check_failed", verdicts);
    }

    private Intent Settle(string question, InterviewMemory memory)
    {
        var intent = new Interview(read).Decide(question, memory);
        if (intent.Kind != IntentKind.Agreed)
        {
            return intent;
        }

        // A summary that says the opposite of what was told is not agreed to.
        var fault = ReplyCheck.For(read).Misquotes(question, memory.Told);
        return fault is null ? intent : new Intent(IntentKind.Facts, [read.Facts.First(f => f.Id == fault)]);
    }
}
