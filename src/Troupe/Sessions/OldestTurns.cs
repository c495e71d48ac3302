using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>Counts turns under way and keeps those that were accepted first, at most so many. One thread at a time.</summary>
internal sealed class OldestTurns(int limit, TimeProvider time)
{
    private readonly DateTimeOffset _now = time.GetUtcNow();

    // What was accepted last stands first, to make way for an older one.
    private readonly PriorityQueue<TurnUnderWay, TimeSpan> _kept = new();

    public int Total { get; private set; }

    public void Add(SessionRecord session, Turn turn, long acceptedAt, int behind)
    {
        Total++;
        var duration = time.GetElapsedTime(acceptedAt);
        if (_kept.Count == limit)
        {
            if (!_kept.TryPeek(out _, out var least) || duration <= least)
            {
                return;
            }

            _kept.Dequeue();
        }

        _kept.Enqueue(new(session.Id, session.Owner, session.Agent, turn.Number, turn.Record.State, _now - duration, duration, behind), duration);
    }

    /// <summary>The kept ones, oldest first.</summary>
    public IReadOnlyList<TurnUnderWay> Take() => [.. _kept.UnorderedItems.Select(i => i.Element).OrderByDescending(t => t.Duration).ThenBy(t => t.Number)];
}
