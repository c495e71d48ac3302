using System.Runtime.CompilerServices;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>Reads one run of a turn for one reader, who keeps only an offset in the reply. Made under the session's lock.</summary>
internal sealed class TurnReader(Turn turn, TurnResult? result)
{
    // Of the run that is followed, for the turn may end and begin anew before its first word is read here.
    private readonly TurnLive? _live = turn.Live;
    private readonly int _epoch = turn.Record.Epoch;
    private int _offset;

    private TurnPosition Here => new(turn.Number, _epoch, _offset);

    /// <summary>What happens from a reader's position on, to the turn's end.</summary>
    public async IAsyncEnumerable<TurnEvent> ReadAsync(TurnPosition? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_live is not null)
        {
            await _live.ChangedAsync(0, sawStart: false, cancellationToken);
            if (_live.Ended.IsFaulted)
            {
                await _live.Ended;
            }
        }

        if (Begin(from, turn.Record) is { } first)
        {
            yield return first;
        }

        var resumedAt = _offset;
        var notices = 0;
        TurnResult? question = null;
        while (true)
        {
            foreach (var notice in _live?.Notices(notices) ?? [])
            {
                notices++;
                if (notice.Offset < resumedAt)
                {
                    continue;
                }

                // The words that were said before the call come before it.
                if (Said(notice.Offset) is { } before)
                {
                    yield return before;
                }

                yield return new TurnEvent.Tool(Here, notice);
            }

            // Asked before the text is read: what was said is whole once the end is known.
            var ended = _live is null || _live.Ended.IsCompleted;
            if (Said(int.MaxValue) is { } more)
            {
                yield return more;
            }

            if (ended)
            {
                var end = result ?? await _live!.Ended;
                yield return new TurnEvent.Ended(new(turn.Number, end.Epoch, _offset), end);
                yield break;
            }

            if (_live!.Question is { } asked && asked != question)
            {
                question = asked;
                yield return new TurnEvent.Waiting(Here, asked);
                continue;
            }

            await _live.ChangedAsync(_offset, sawStart: true, cancellationToken, notices, question);
        }
    }

    /// <summary>The first event: the start; the whole text in place of what a reader of another run has; nothing for one who goes on.</summary>
    private TurnEvent? Begin(TurnPosition? from, TurnRecord record)
    {
        if (from is not { } position || position.Turn != record.Number)
        {
            return new TurnEvent.Started(Here, record.UserSeq);
        }

        var text = result?.Reply ?? _live!.Text;
        if (position.Epoch == _epoch && position.Offset <= text.Length)
        {
            _offset = position.Offset;
            return null;
        }

        _offset = text.Length;
        return new TurnEvent.Snapshot(Here, text);
    }

    /// <summary>What was said since, up to an offset; null when nothing was.</summary>
    private TurnEvent.Delta? Said(int upTo)
    {
        if (upTo <= _offset)
        {
            return null;
        }

        var text = _live is null ? result!.Reply[_offset..] : _live.Read(_offset);
        text = text.Length > upTo - _offset ? text[..(upTo - _offset)] : text;
        if (text.Length == 0)
        {
            return null;
        }

        var at = _offset;
        _offset += text.Length;
        return new TurnEvent.Delta(Here, at, text);
    }
}
