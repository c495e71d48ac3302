namespace Troupe.Cli.Import;

/// <summary>What a file is, by its content.</summary>
/// <param name="Format">The format's name, as <c>--format</c> takes it.</param>
/// <param name="Container">How its conversations lie in it.</param>
internal sealed record FileShape(string Format, FileContainer Container);
