namespace Troupe.Server.Tests.Docs;

/// <summary>A fenced block of a page.</summary>
/// <param name="Line">The line of its fence, from 1.</param>
/// <param name="Language">What the fence says that it holds.</param>
/// <param name="Text">What it holds.</param>
/// <param name="FileName">The file that it shows, which the line before names.</param>
/// <param name="Marker">The words of an HTML comment before it: how it is run, or why it is not.</param>
internal sealed record GuideBlock(int Line, string Language, string Text, string? FileName, string? Marker)
{
    public const string NotRun = "not run:";
    public const string WithoutServer = "run with the server stopped";

    /// <summary>Commands that are run.</summary>
    public bool IsRun => Language == "sh" && !IsMarkedNotRun;

    public bool IsMarkedNotRun => Marker?.StartsWith(NotRun, StringComparison.Ordinal) ?? false;
}
