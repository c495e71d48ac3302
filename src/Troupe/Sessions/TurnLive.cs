using System.Text;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>What a turn holds from its acceptance until its end is told: the growing reply and those who wait for it. Readers keep only
/// an offset, so a slow one costs nothing. Thread-safe.</summary>
internal sealed class TurnLive(JournalRoom room, long acceptedAt, string spoken = "")
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<TurnResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel = new();
    private readonly List<ToolNotice> _notices = [];
    private readonly Dictionary<string, bool> _answers = new(StringComparer.Ordinal);
    private TaskCompletionSource<TurnResult> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _answered;
    private TurnResult? _question;
    private string _first = spoken;
    private StringBuilder? _text;
    private TaskCompletionSource? _changed;
    private bool _started;

    public JournalRoom Room { get; } = room;

    /// <summary>A timestamp of the time provider.</summary>
    public long AcceptedAt { get; } = acceptedAt;

    public CancellationToken Cancelled => _cancel.Token;

    /// <summary>The end as outsiders see it: durable where the session is.</summary>
    public Task<TurnResult> Ended => _ended.Task;

    /// <summary>Completes when the model's work has stopped, before anything is on disk.</summary>
    public TaskCompletionSource RunStopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The next thing to be told to who waits for an answer: a question, or the end.</summary>
    public Task<TurnResult> Told
    {
        get
        {
            lock (_gate)
            {
                return _ended.Task.IsCompleted ? _ended.Task : _told.Task;
            }
        }
    }

    /// <summary>The question that stands; null when none does.</summary>
    public TurnResult? Question
    {
        get
        {
            lock (_gate)
            {
                return _question;
            }
        }
    }

    /// <summary>How much of the reply stands in entries already, in characters. Set by the session.</summary>
    public int Written { get; set; } = spoken.Length;

    public int Length
    {
        get
        {
            lock (_gate)
            {
                return _text?.Length ?? _first.Length;
            }
        }
    }

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return _text?.ToString() ?? _first;
            }
        }
    }

    public void Append(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        TaskCompletionSource? changed;
        lock (_gate)
        {
            // Most replies of a model that does not stream are one piece, which needs no copy.
            if (_text is null && _first.Length == 0)
            {
                _first = text;
            }
            else
            {
                _text ??= new StringBuilder(_first, Math.Max(256, _first.Length * 2));
                _text.Append(text);
            }

            // Who waits for the start is not to be woken by what is said before it.
            changed = _started ? TakeChanged() : null;
        }

        changed?.TrySetResult();
    }

    /// <summary>The reply from an offset on; empty when there is no more yet.</summary>
    public string Read(int offset)
    {
        lock (_gate)
        {
            return _text is null ? _first[Math.Min(offset, _first.Length)..] : _text.ToString(offset, Math.Max(0, _text.Length - offset));
        }
    }

    /// <summary>What readers see of tools, from one on.</summary>
    public IReadOnlyList<ToolNotice> Notices(int from)
    {
        lock (_gate)
        {
            return from < _notices.Count ? _notices[from..] : [];
        }
    }

    public void Note(ToolNotice notice)
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            _notices.Add(notice);
            changed = TakeChanged();
        }

        changed?.TrySetResult();
    }

    /// <summary>Asks a person, and completes when all calls of the question are answered.</summary>
    public Task AskAsync(TurnResult question, CancellationToken cancellationToken)
    {
        TaskCompletionSource? changed;
        TaskCompletionSource<TurnResult> told;
        Task answered;
        lock (_gate)
        {
            _question = question;
            answered = (_answered = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            told = _told;
            changed = TakeChanged();
        }

        told.TrySetResult(question);
        changed?.TrySetResult();
        return answered.WaitAsync(cancellationToken);
    }

    /// <summary>Takes a person's answer to one call; false when that call is not asked about.</summary>
    public bool Answer(string callId, bool approve)
    {
        TaskCompletionSource? answered = null;
        lock (_gate)
        {
            if (_question is null || !_question.Asked.Any(c => c.CallId == callId))
            {
                return false;
            }

            _answers.TryAdd(callId, approve);
            if (_question.Asked.All(c => _answers.ContainsKey(c.CallId)))
            {
                WithdrawLocked();
                answered = _answered;
            }
        }

        answered?.TrySetResult();
        return true;
    }

    /// <summary>Whether a person said yes to a call.</summary>
    public bool IsApproved(string callId)
    {
        lock (_gate)
        {
            return _answers.GetValueOrDefault(callId);
        }
    }

    /// <summary>From here on readers may see the turn.</summary>
    public void MarkStarted()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            _started = true;
            changed = TakeChanged();
        }

        changed?.TrySetResult();
    }

    public void End(TurnResult result)
    {
        Room.Dispose();
        if (_ended.TrySetResult(result))
        {
            Volatile.Read(ref _told).TrySetResult(result);
            MarkStarted();
        }
    }

    /// <summary>The end could not be stored: whoever waits is told why.</summary>
    public void Fail(Exception failure)
    {
        Room.Dispose();
        if (_ended.TrySetException(failure))
        {
            // Not everybody has somebody waiting.
            _ = _ended.Task.Exception;
            var told = Volatile.Read(ref _told);
            told.TrySetException(failure);
            _ = told.Task.Exception;
            MarkStarted();
        }
    }

    /// <summary>Asks the run to stop. The token is cancelled at once; what is registered on it runs elsewhere, as the caller may hold its
    /// session's lock. A question that stood is withdrawn: what is told next is the end.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            WithdrawLocked();
        }

        _ = _cancel.CancelAsync();
    }

    /// <summary>Waits until there is something new: text past an offset, the start, or the end.</summary>
    public Task ChangedAsync(int offset, bool sawStart, CancellationToken cancellationToken, int notices = 0, TurnResult? question = null)
    {
        lock (_gate)
        {
            if (_ended.Task.IsCompleted
                || (_started && (!sawStart || (_text?.Length ?? _first.Length) > offset || _notices.Count > notices || (_question is not null && _question != question))))
            {
                return Task.CompletedTask;
            }

            _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task.WaitAsync(cancellationToken);
        }
    }

    private void WithdrawLocked()
    {
        if (_question is not null)
        {
            _question = null;
            _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private TaskCompletionSource? TakeChanged()
    {
        var changed = _changed;
        _changed = null;
        return changed;
    }
}
