using System.Globalization;

namespace Troupe.Cli.AgentFiles;

/// <summary>What is wrong in an agent's file, where, and what to do.</summary>
internal sealed record AgentFileMistake(string File, long Line, long Column, string What)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"'{File}' line {Line} column {Column}: {What}");
}
