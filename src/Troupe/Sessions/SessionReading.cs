using System.Runtime.CompilerServices;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>A session as it stood when reading began, read piece by piece, so that a long one takes no place in memory. Thread-safe.</summary>
public sealed class SessionReading
{
    private const int PageSize = 256;

    private readonly Func<int, CancellationToken, ValueTask<IReadOnlyList<Entry>>> _page;

    internal SessionReading(SessionRecord record, int head, int count, Func<int, CancellationToken, ValueTask<IReadOnlyList<Entry>>> page) =>
        (Record, Head, Count, _page) = (record, head, count, page);

    /// <summary>The session's row.</summary>
    public SessionRecord Record { get; }

    /// <summary>The entry that a new input would follow; 0 for none.</summary>
    public int Head { get; }

    /// <summary>How many entries there are.</summary>
    public int Count { get; }

    internal static int PageLength(int after, int count) => Math.Min(PageSize, count - after);

    /// <summary>All entries by seq.</summary>
    /// <exception cref="TroupeException">The session was deleted meanwhile (code session_not_found).</exception>
    public async IAsyncEnumerable<Entry> EntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var after = 0; after < Count;)
        {
            var page = await _page(after, cancellationToken);
            if (page.Count == 0)
            {
                throw TroupeException.NoSuchSession(Record.Id);
            }

            foreach (var entry in page)
            {
                yield return entry;
            }

            after += page.Count;
        }
    }

    /// <summary>The entries from the first to the head, which leaves other branches out. Holds four bytes an entry of the session.</summary>
    /// <exception cref="TroupeException">The session was deleted meanwhile (code session_not_found).</exception>
    public async IAsyncEnumerable<Entry> PathAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var parents = new int[Head + 1];
        await foreach (var entry in EntriesAsync(cancellationToken))
        {
            if (entry.Seq > Head)
            {
                break;
            }

            parents[entry.Seq] = entry.Parent;
        }

        // Turned round in place: from the parent of each to the next of each, and 0 for what is on no path.
        var next = 0;
        for (var seq = Head; seq > 0;)
        {
            (var parent, parents[seq]) = (parents[seq], next);
            (next, seq) = (seq, parent);
        }

        await foreach (var entry in EntriesAsync(cancellationToken))
        {
            if (entry.Seq == next)
            {
                yield return entry;
                next = parents[next];
            }

            if (next == 0)
            {
                break;
            }
        }
    }
}
