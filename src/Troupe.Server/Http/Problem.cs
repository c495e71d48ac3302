namespace Troupe.Server.Http;

/// <summary>An error for a client, after RFC 9457, with the code of <see cref="TroupeException.Code"/> and the member at fault.</summary>
public sealed record Problem(string Type, string Title, int Status, string Detail, string Code, string? Member);
