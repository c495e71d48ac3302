namespace Troupe.Storage;

/// <summary>An app's own JSON under a name: a case attempt, a class, a profile. Changed only by who knows its newest version.</summary>
public sealed record Document
{
    /// <summary>The most characters a body may have.</summary>
    public const int MaxBodyLength = 1_000_000;

    /// <summary>What it is, in the words of its app.</summary>
    public required string Kind { get; init; }

    /// <summary>Whom it belongs to.</summary>
    public required string Owner { get; init; }

    /// <summary>Its name, unique for its kind and owner. One that has a session's id and owner is deleted with that session.</summary>
    public required string Id { get; init; }

    /// <summary>Counts its changes, from 1.</summary>
    public long Version { get; init; } = 1;

    /// <summary>What it belongs to beside its owner, so that it is found from there; null for nothing.</summary>
    public string? Link { get; init; }

    /// <summary>The JSON, at most <see cref="MaxBodyLength"/> characters.</summary>
    public required string Body { get; init; }

    /// <summary>When it was written last, to the millisecond.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The same document with another body, a version later.</summary>
    public Document Next(string body, DateTimeOffset at) => this with { Version = Version + 1, Body = body, UpdatedAt = at };

    /// <summary>The refusal of a document whose version is not the one after its newest.</summary>
    public static TroupeException Changed(string kind, string id) =>
        new(ErrorKind.Conflict, "document_changed", $"The {kind} '{id}' was changed by another request meanwhile. Read it again.");

    /// <summary>Refuses a body that is too long.</summary>
    /// <exception cref="TroupeException">It is (code document_too_large).</exception>
    public void Check()
    {
        if (Body.Length > MaxBodyLength)
        {
            throw new TroupeException(
                ErrorKind.Invalid, "document_too_large",
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The {Kind} '{Id}' would have {Body.Length} characters; at most {MaxBodyLength} are kept."));
        }
    }
}
