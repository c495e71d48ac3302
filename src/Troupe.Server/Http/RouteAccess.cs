using Troupe.Server.Keys;

namespace Troupe.Server.Http;

/// <summary>The classification of a route. A route without one is not reachable.</summary>
/// <param name="Scope">What it wants of the caller's key.</param>
public sealed record RouteAccess(Scope Scope);
