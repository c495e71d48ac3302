namespace Troupe.Chat;

/// <summary>Lets calls through to one provider as its limits allow. Who has to wait is let through in turn by owner, so that one with many calls does not hold up one
/// with few. Thread-safe.</summary>
internal sealed class ProviderGate(ProviderLimits limits, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Line>> _byOwner = new(StringComparer.Ordinal);
    private readonly LinkedList<Line> _turns = [];
    private readonly Bucket? _requests = limits.RequestsPerMinute is { } requests ? new Bucket(requests, time) : null;
    private readonly Bucket? _tokens = limits.TokensPerMinute is { } tokens ? new Bucket(tokens, time) : null;
    private ITimer? _timer;
    private int _running;
    private int _waiting;

    /// <summary>Calls that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting;
            }
        }
    }

    /// <summary>Waits until a call may go; <see cref="Leave"/> must follow.</summary>
    /// <exception cref="ModelException">As many calls wait as may.</exception>
    public Task EnterAsync(string model, string owner, long tokens, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_waiting == 0 && MayGoLocked(tokens))
            {
                GoLocked(tokens);
                return Task.CompletedTask;
            }

            if (_waiting >= limits.MaxWaiting)
            {
                throw new ModelException(ModelErrorCodes.RateLimited, $"As many calls of the model '{model}' wait as may ({limits.MaxWaiting}). Try again in a few seconds.")
                {
                    IsTransient = true,
                    RetryAfter = TimeSpan.FromSeconds(5),
                };
            }

            if (!_byOwner.TryGetValue(owner, out var own))
            {
                _byOwner[owner] = own = _turns.AddLast(new Line(owner));
            }

            waiter = new Waiter(tokens, own);
            own.Value.Waiters.AddLast(waiter.Place);
            _waiting++;
            PumpLocked();
        }

        return waiter.Go.Task.IsCompleted ? Task.CompletedTask : WaitAsync(waiter, cancellationToken);
    }

    /// <summary>A call has ended.</summary>
    /// <param name="reserved">What it was let through with.</param>
    /// <param name="taken">What it took.</param>
    public void Leave(long reserved, long taken)
    {
        lock (_gate)
        {
            _running--;
            _tokens?.Take(taken - reserved);
            PumpLocked();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
        }
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Go.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (waiter.HasGone)
                {
                    // It was let through in the same moment.
                    _running--;
                    _requests?.Take(-1);
                    _tokens?.Take(-waiter.Tokens);
                }
                else
                {
                    TakeOutLocked(waiter);
                }

                PumpLocked();
            }

            throw;
        }
    }

    private void PumpLocked()
    {
        while (_turns.First is { } line)
        {
            var waiter = line.Value.Waiters.First!.Value;
            if (!MayGoLocked(waiter.Tokens))
            {
                Schedule(waiter.Tokens);
                return;
            }

            // Its owner goes to the end of the turns.
            _turns.RemoveFirst();
            _turns.AddLast(line);
            TakeOutLocked(waiter);
            waiter.HasGone = true;
            GoLocked(waiter.Tokens);
            waiter.Go.TrySetResult();
        }
    }

    private void TakeOutLocked(Waiter waiter)
    {
        _waiting--;
        var line = waiter.Line;
        line.Value.Waiters.Remove(waiter.Place);
        if (line.Value.Waiters.Count == 0)
        {
            _turns.Remove(line);
            _byOwner.Remove(line.Value.Owner);
        }
    }

    private bool MayGoLocked(long tokens) =>
        _running < (limits.Concurrency ?? int.MaxValue) && _requests?.Has(1) != false && _tokens?.Has(tokens) != false;

    private void GoLocked(long tokens)
    {
        _running++;
        _requests?.Take(1);
        _tokens?.Take(tokens);
    }

    /// <summary>Looks again when a minute's share has grown enough; a call that ends looks by itself.</summary>
    private void Schedule(long tokens)
    {
        var wait = Math.Max(_requests?.SecondsUntil(1) ?? 0, _tokens?.SecondsUntil(tokens) ?? 0);
        if (wait <= 0)
        {
            return;
        }

        _timer ??= time.CreateTimer(static state => ((ProviderGate)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromSeconds(Math.Min(wait + 0.001, 60)), Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_gate)
        {
            PumpLocked();
        }
    }

    /// <summary>What waits for one owner; never empty.</summary>
    private sealed class Line(string owner)
    {
        public string Owner => owner;

        public LinkedList<Waiter> Waiters { get; } = [];
    }

    private sealed class Waiter
    {
        public Waiter(long tokens, LinkedListNode<Line> line)
        {
            (Tokens, Line) = (tokens, line);
            Place = new LinkedListNode<Waiter>(this);
        }

        public long Tokens { get; }

        public LinkedListNode<Line> Line { get; }

        public LinkedListNode<Waiter> Place { get; }

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasGone { get; set; }
    }

    /// <summary>A token bucket that holds a minute's share and fills steadily. What is larger than the bucket goes when it is full.</summary>
    private sealed class Bucket(int perMinute, TimeProvider time)
    {
        private double _level = perMinute;
        private long _at = time.GetTimestamp();

        public bool Has(long amount)
        {
            Fill();
            return _level >= Math.Min(amount, perMinute);
        }

        public void Take(long amount)
        {
            Fill();
            _level = Math.Min(perMinute, _level - amount);
        }

        public double SecondsUntil(long amount)
        {
            Fill();
            return (Math.Min(amount, perMinute) - _level) * 60 / perMinute;
        }

        private void Fill()
        {
            var now = time.GetTimestamp();
            _level = Math.Min(perMinute, _level + (time.GetElapsedTime(_at, now).TotalSeconds * perMinute / 60));
            _at = now;
        }
    }
}
