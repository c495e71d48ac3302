namespace Troupe.Server.Import;

/// <summary>What a file is, by its content.</summary>
/// <param name="Format">The format's name, as <c>--format</c> takes it.</param>
/// <param name="Container">How its conversations lie in it.</param>
/// <param name="Within">The member of the root that holds them; null where the root may hold them too.</param>
internal sealed record FileShape(string Format, FileContainer Container, string? Within = null);
