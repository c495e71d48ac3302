using System.Threading.Channels;

namespace Troupe.Tests.Models;

/// <summary>A manual clock that tells which waits have begun, so that a test moves it only when somebody waits.</summary>
internal sealed class ObservedTime : TimeProvider
{
    private readonly ManualTime _time = new();
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public override long GetTimestamp() => _time.GetTimestamp();

    public void Advance(TimeSpan by) => _time.Advance(by);

    /// <summary>Passes over the waits that have begun until now.</summary>
    public void Forget()
    {
        while (_waits.Reader.TryRead(out _))
        {
        }
    }

    /// <summary>The next wait that has begun and is none of those; others are passed over.</summary>
    public async Task<TimeSpan> NextWaitAsync(params TimeSpan[] but)
    {
        while (true)
        {
            var wait = await _waits.Reader.ReadAsync(Limits.Token);
            if (!but.Contains(wait))
            {
                return wait;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(_time.CreateTimer(callback, state, dueTime, period), _waits.Writer);
        timer.Tell(dueTime);
        return timer;
    }

    private sealed class Timer(ITimer inner, ChannelWriter<TimeSpan> waits) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = inner.Change(dueTime, period);
            Tell(dueTime);
            return changed;
        }

        public void Tell(TimeSpan dueTime)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                waits.TryWrite(dueTime);
            }
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
