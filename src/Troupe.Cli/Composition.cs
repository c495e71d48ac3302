using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Apps.Mnemosine;
using Troupe.Apps.TauroBot;
using Troupe.Chat;
using Troupe.Cli.AgentFiles;
using Troupe.Cli.Models;
using Troupe.Server;
using Troupe.Sessions;
using Troupe.Sqlite;
using Troupe.Storage;

namespace Troupe.Cli;

/// <summary>Puts store, models, agents, apps and server together.</summary>
internal static class Composition
{
    /// <exception cref="TroupeException">The settings or the data folder do not allow it.</exception>
    public static (ServerHost Host, AgentRuntime Runtime, AgentFolder Agents) Build(ServerSettings settings, Func<string, string?> read, Action<ILoggingBuilder> logging)
    {
        // Settings first: a wrong one must not leave a new database behind.
        var models = ModelSetup.Read(read);
        var servers = ToolSetup.Read(read);
        var agents = AgentFolder.Open(read("TROUPE_AGENTS") is { Length: > 0 } path ? path : null, new AgentFileSurroundings(
            models.Names, tool => servers.Any(s => tool.StartsWith(s.Prefix, StringComparison.Ordinal)), [Assistant.Definition.Name, Bot.Definition.Name]));
        var logs = LoggerFactory.Create(logging);
        var tools = ToolSetup.Open(servers, settings.Data, logs);
        var store = SqliteStore.Open(new SqliteOptions { Folder = settings.Data, MaxReaders = settings.DbPoolSize + settings.DbMaxOverflow });
        var runtime = new AgentRuntime(store, new AgentRuntimeOptions
        {
            Journal = new JournalOptions { SaveInterval = TimeSpan.FromSeconds(settings.SaveIntervalSeconds) },
            Sessions = new SessionDirectoryOptions { Idle = TimeSpan.FromSeconds(settings.CacheTtlSeconds) },
            Answers = new AnswerCacheOptions { TimeToLive = settings.AnswerTtlSeconds > 0 ? TimeSpan.FromSeconds(Math.Max(0.001, settings.AnswerTtlSeconds)) : null },
            Pool = new AgentPoolOptions { Size = settings.AgentPoolSize },
            Budget = settings.Budget,
            Embeddings = models.Embeddings,
            Logs = logs,
        });
        foreach (var (info, client) in models.Models)
        {
            runtime.Models.Add(info, client);
        }

        foreach (var source in tools)
        {
            runtime.Tools.Add(source);
        }

        MnemosineApp.AddAgents(runtime);
        TauroBotApp.AddAgents(runtime);
        agents.Begin(runtime.Agents, runtime.Time, logs.CreateLogger("Troupe.AgentFiles"));
        runtime.Pool.WarmUp(runtime.Agents.All);
        return (ServerHost.Build(runtime, settings, [MnemosineApp.Map], logging), runtime, agents);
    }
}
