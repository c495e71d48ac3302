using Troupe.Agents;
using Troupe.Apps.Yaml;

namespace Troupe.Cli.AgentFiles;

/// <summary>An agent's file as it was read.</summary>
/// <param name="Path">The file.</param>
/// <param name="Text">All that the definition was made of, to see whether it has changed.</param>
/// <param name="Definition">The agent; null when there are mistakes.</param>
/// <param name="NameLine">Where its name stands.</param>
/// <param name="NameColumn">Where its name stands.</param>
/// <param name="Mistakes">What is wrong.</param>
internal sealed record AgentFile(string Path, string Text, AgentDefinition? Definition, long NameLine, long NameColumn, IReadOnlyList<FileMistake> Mistakes)
{
    /// <summary>The same file with its name taken by another.</summary>
    public AgentFile Refuse(string what) => this with { Definition = null, Mistakes = [.. Mistakes, new FileMistake(Path, NameLine, NameColumn, what)] };
}
