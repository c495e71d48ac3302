namespace Troupe.Tools;

/// <summary>What a tool may return that knows better than "it worked" how its call came out, and does not want to throw.</summary>
/// <param name="Status">One of <see cref="ToolStatus"/>.</param>
/// <param name="Text">What the model reads.</param>
public sealed record ToolAnswer(string Status, string Text);
