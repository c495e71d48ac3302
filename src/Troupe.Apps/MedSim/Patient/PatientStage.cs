using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Stands between the patient's agent and its model. It decides what may be told, holds the model's reply until it has been checked, asks again with the
/// category of what was wrong, answers from the facts alone when that does not help or the model is down, and says what was checked.</summary>
internal sealed class PatientStage(AgentRuntime runtime, CaseShelf shelf, ServerHours hours, Model model) : IChatClient
{
    private const int MaxAskings = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = ModelCall.In(options) ?? throw new InvalidOperationException("The patient answers turns only.");
        var (session, turn) = await runtime.Sessions.UseAsync(
            call.Session!, call.Owner, s => new ValueTask<(Session, Turn)>((s, s.FindTurn(call.Turn))), cancellationToken);
        var reply = await AnswerAsync(session, turn, [.. messages], options, call, cancellationToken);
        foreach (var word in SpokenPieces.Of(reply))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, word);
            await Task.Yield();
        }

        yield return new ChatResponseUpdate { Role = ChatRole.Assistant, FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The model is the catalog's.
    }

    private async Task<string> AnswerAsync(Session session, Turn turn, List<ChatMessage> messages, ChatOptions? options, ModelCall call, CancellationToken cancellationToken)
    {
        var question = session[turn.Record.UserSeq].Text;
        var state = AttemptState.Of(Enumerable.Range(1, turn.Record.UserSeq - 1).Select(seq => session[seq]));
        var begin = state.Begin ?? throw new TroupeException(ErrorKind.Conflict, "no_attempt", "This session is no attempt. Begin one: POST /api/v1/medsim/attempts.");
        var read = await shelf.GetAsync(begin.Case!, begin.CaseOwner, begin.CaseHash, cancellationToken);
        var answer = await new PatientMind(read).AnswerAsync(question, state.Memory, IsThinking ? (intent, fault) => AskAsync(read, intent, state, messages, options, call, fault, cancellationToken) : null, MaxAskings, cancellationToken);
        var note = new AttemptNote
        {
            Medsim = AttemptNote.Reply,
            Real = state.SealedSeconds + hours.Between(state.SealedAt, runtime.Time.GetUtcNow()).TotalSeconds,
            Facts = [.. answer.Intent.Facts.Select(f => f.Id)],
            Intent = answer.Intent.Kind.ToString().ToLowerInvariant(),
            Open = answer.Intent.Open ? true : null,
            Source = answer.Source,
            Reason = answer.Reason,
            Verdicts = answer.Verdicts.Count > 0 ? answer.Verdicts : null,
        };
        session.Add(turn, EntryRole.Note, answer.Source == PatientAnswer.Facts ? "Answered from the facts." : "Checked against the facts.", note.Write());
        return answer.Text;
    }

    /// <summary>A model that only picks from what it is given would pick from the instructions.</summary>
    private bool IsThinking => model.Info.Provider != "offline";

    private async Task<string> AskAsync(
        PatientCase read, Intent intent, AttemptState state, List<ChatMessage> messages, ChatOptions? options, ModelCall call, string? fault, CancellationToken cancellationToken)
    {
        var told = read.Facts.Where(f => state.Memory.Told.Contains(f.Id));
        var asked = new ChatOptions
        {
            Temperature = options?.Temperature,
            MaxOutputTokens = options?.MaxOutputTokens,
            AdditionalProperties = new() { [ModelCall.OptionName] = call.Again() },
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var response = await model.Client.GetResponseAsync(PatientPrompt.Of(read, intent, told, messages, fault), asked, patience.Token);
        return TextRules.Mend(response.Text.Trim());
    }
}
