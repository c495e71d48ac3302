using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;

namespace Troupe.Specialists;

/// <summary>Asks several agents one question at once, each by itself and without a session, and tells who answered, who was late and who failed: a slow one holds up nobody longer than
/// it may take. Thread-safe.</summary>
/// <param name="runtime">Where the agents are.</param>
/// <param name="options">The bounds.</param>
public sealed class SpecialistPanel(AgentRuntime runtime, PanelOptions? options = null)
{
    private readonly PanelOptions _options = Checked(options ?? new PanelOptions());
    private readonly SemaphoreSlim _workers = new((options ?? new PanelOptions()).MaxWorkers);

    /// <summary>Asks, and waits for all as long as they may take.</summary>
    /// <param name="question">What is asked of each.</param>
    /// <param name="agents">Their names.</param>
    /// <param name="call">On whose behalf: the owner, the session, the budgets. Its caching is each agent's own.</param>
    /// <param name="cancellationToken">The caller has gone; they are stopped.</param>
    /// <exception cref="TroupeException">There is no such agent (code agent_not_found), or they are too many (code too_many_specialists).</exception>
    public async Task<Consultation> ConsultAsync(string question, IReadOnlyList<string> agents, ModelCall? call = null, CancellationToken cancellationToken = default)
    {
        var started = runtime.Time.GetTimestamp();
        var definitions = Find(agents);
        var opinions = await Task.WhenAll(definitions.Select(agent => AskAsync(question, agent, call, cancellationToken)));
        return new Consultation(opinions, _options.Merge([.. opinions.Where(o => o.Status == OpinionStatus.Given)]), runtime.Time.GetElapsedTime(started));
    }

    /// <summary>Asks, and gives each opinion as soon as it is there.</summary>
    /// <inheritdoc cref="ConsultAsync"/>
    public IAsyncEnumerable<Opinion> StreamAsync(string question, IReadOnlyList<string> agents, ModelCall? call = null, CancellationToken cancellationToken = default)
    {
        var definitions = Find(agents);
        var given = Channel.CreateBounded<Opinion>(definitions.Count);
        _ = Task.Run(
            async () =>
            {
                try
                {
                    await Task.WhenAll(definitions.Select(async agent => given.Writer.TryWrite(await AskAsync(question, agent, call, cancellationToken))));
                    given.Writer.TryComplete();
                }
                catch (Exception failure)
                {
                    given.Writer.TryComplete(failure);
                }
            },
            CancellationToken.None);
        return given.Reader.ReadAllAsync(cancellationToken);
    }

    private static PanelOptions Checked(PanelOptions options)
    {
        options.Validate();
        return options;
    }

    private List<AgentDefinition> Find(IReadOnlyList<string> agents) => agents.Count <= _options.MaxSpecialists
        ? [.. agents.Select(runtime.Agents.Get)]
        : throw new TroupeException(ErrorKind.Invalid, "too_many_specialists", $"{agents.Count} specialists are asked for; at most {_options.MaxSpecialists} may be.");

    private async Task<Opinion> AskAsync(string question, AgentDefinition agent, ModelCall? call, CancellationToken cancellationToken)
    {
        var started = runtime.Time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asking = Task.Run(() => AnswerAsync(question, agent, call, stop.Token), CancellationToken.None);
        try
        {
            var (text, isCached) = await asking.WaitAsync(_options.Timeout, runtime.Time, cancellationToken);
            return new Opinion(agent.Name, OpinionStatus.Given, text, runtime.Time.GetElapsedTime(started), IsCached: isCached);
        }
        catch (TimeoutException) when (!asking.IsCompleted)
        {
            // One that does not heed its token is left behind.
            _ = asking.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            await stop.CancelAsync();
            return new Opinion(agent.Name, OpinionStatus.Late, "", runtime.Time.GetElapsedTime(started), $"It took longer than {_options.Timeout.TotalSeconds:0.###} s.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await stop.CancelAsync();
            throw;
        }
        catch (Exception failure)
        {
            return new Opinion(
                agent.Name, OpinionStatus.Failed, "", runtime.Time.GetElapsedTime(started), failure is TroupeException known ? known.Message : $"It failed ({failure.GetType().Name}).");
        }
    }

    private async Task<(string Text, bool IsCached)> AnswerAsync(string question, AgentDefinition agent, ModelCall? call, CancellationToken cancellationToken)
    {
        await _workers.WaitAsync(cancellationToken);
        try
        {
            using var lease = runtime.Pool.Lease(agent);
            var model = lease.Agent.Model ?? throw new TroupeException(ErrorKind.Invalid, "model_not_found", $"There is no model '{agent.Model}'.");
            var asked = new ChatOptions
            {
                Temperature = agent.Temperature,
                MaxOutputTokens = agent.MaxOutputTokens,
                AdditionalProperties = new()
                {
                    [ModelCall.OptionName] = new ModelCall { Owner = call?.Owner, Session = call?.Session, Turn = call?.Turn ?? 0, Budgets = call?.Budgets ?? [], Caching = agent.Caching },
                },
            };
            if (agent.Knowledge is { } knowledge)
            {
                asked.AdditionalProperties[Knowledge.OptionName] = knowledge;
            }

            ChatMessage[] messages = agent.Instructions.Length == 0
                ? [new(ChatRole.User, question)]
                : [new(ChatRole.System, agent.Instructions), new(ChatRole.User, question)];
            var text = new System.Text.StringBuilder();
            string? origin = null;
            await foreach (var update in model.Client.GetStreamingResponseAsync(messages, asked, cancellationToken))
            {
                origin ??= AnswerOrigin.Of(update);
                text.Append(update.Text);
            }

            return (text.ToString(), origin == AnswerOrigin.Cache);
        }
        finally
        {
            _workers.Release();
        }
    }
}
