using Troupe.Server.Sessions;

namespace Troupe.Server.Import;

/// <summary>What became of a file. The same file again adds nothing, and completes what was interrupted.</summary>
/// <param name="Format">What the file is, by its content: <c>openai</c>, <c>jsonl</c>, <c>chatgpt</c>, <c>medsim</c>, <c>taurobot</c> or <c>troupe</c>.</param>
/// <param name="Imported">Sessions that were made.</param>
/// <param name="Known">Conversations whose session was there already.</param>
/// <param name="Refused">Places that were left out, the first 100.</param>
/// <param name="RefusedMore">How many places more were left out.</param>
/// <param name="Sessions">The sessions, in the order of the file, the first 50.</param>
/// <param name="Interrupted">Why the rest of the file was not taken; absent when all of it was looked at.</param>
public sealed record ImportReport(
    string Format, int Imported, int Known, IReadOnlyList<RefusedPart> Refused, int RefusedMore, IReadOnlyList<ImportedSession> Sessions, ErrorInfo? Interrupted = null);

/// <summary>A place in a file that was left out, and why.</summary>
public sealed record RefusedPart(string Place, string Reason);

/// <summary>A session of a file: made by this import (<c>new</c>), or there already. <c>entries</c> is how many it has.</summary>
public sealed record ImportedSession(string Id, string? Title, int Entries, bool New);
