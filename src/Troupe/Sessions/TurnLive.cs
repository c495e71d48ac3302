using System.Text;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>What a turn holds from its acceptance until its end is told: the growing reply and those who wait for it. Readers keep only
/// an offset, so a slow one costs nothing. Thread-safe.</summary>
internal sealed class TurnLive(JournalRoom room, long acceptedAt)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<TurnResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel = new();
    private string _first = "";
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

    public bool Started
    {
        get
        {
            lock (_gate)
            {
                return _started;
            }
        }
    }

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
            MarkStarted();
        }
    }

    /// <summary>The token is cancelled at once; what is registered on it runs elsewhere, as the caller may hold its session's lock.</summary>
    public void Cancel() => _ = _cancel.CancelAsync();

    /// <summary>Waits until there is something new: text past an offset, the start, or the end.</summary>
    public Task ChangedAsync(int offset, bool sawStart, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_ended.Task.IsCompleted || (_started && (!sawStart || (_text?.Length ?? _first.Length) > offset)))
            {
                return Task.CompletedTask;
            }

            _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task.WaitAsync(cancellationToken);
        }
    }

    private TaskCompletionSource? TakeChanged()
    {
        var changed = _changed;
        _changed = null;
        return changed;
    }
}
