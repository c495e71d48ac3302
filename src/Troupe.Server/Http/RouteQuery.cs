namespace Troupe.Server.Http;

/// <summary>The optional words that a route takes in its query, for the OpenAPI document.</summary>
/// <param name="Names">Their names.</param>
public sealed record RouteQuery(IReadOnlyList<string> Names);
