using System.Globalization;

namespace Troupe.Apps.Yaml;

/// <summary>What is wrong in an operator's file, where, and what to do.</summary>
internal sealed record FileMistake(string File, long Line, long Column, string What)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"'{File}' line {Line} column {Column}: {What}");
}
