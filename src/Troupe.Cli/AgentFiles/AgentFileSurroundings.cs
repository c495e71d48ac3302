namespace Troupe.Cli.AgentFiles;

/// <summary>What an agent's file may name.</summary>
/// <param name="Models">The models there are.</param>
/// <param name="KnowsTool">Whether there is a tool, or a server that may have it.</param>
/// <param name="Taken">Names of agents that are there already.</param>
internal sealed record AgentFileSurroundings(IReadOnlyList<string> Models, Func<string, bool> KnowsTool, IReadOnlyList<string> Taken);
