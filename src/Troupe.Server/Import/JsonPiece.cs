using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>One value of a large JSON array or object.</summary>
/// <param name="Name">The member's name; null in an array.</param>
/// <param name="IsInside">Whether it stands in the object that was gone into, not at the root.</param>
/// <param name="Value">The value.</param>
internal sealed record JsonPiece(string? Name, bool IsInside, JsonElement Value);
