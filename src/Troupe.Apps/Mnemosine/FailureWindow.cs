namespace Troupe.Apps.Mnemosine;

/// <summary>The share of calls that failed lately, of counters that only grow. One thread at a time.</summary>
internal sealed class FailureWindow(TimeProvider time)
{
    // At most one sample is kept for each step, so the queue is bounded.
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    private readonly Queue<(long At, long Calls, long Failures)> _samples = new();
    private (long Calls, long Failures) _before;
    private long _newest = time.GetTimestamp();

    /// <summary>Takes the counters as they are, and gives the percentage of the last five minutes; 0 when there was no call.</summary>
    public double Look(long calls, long failures)
    {
        while (_samples.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Length)
        {
            _before = (oldest.Calls, oldest.Failures);
            _samples.Dequeue();
        }

        if (time.GetElapsedTime(_newest) >= Step)
        {
            _newest = time.GetTimestamp();
            _samples.Enqueue((_newest, calls, failures));
        }

        return calls == _before.Calls ? 0 : 100.0 * (failures - _before.Failures) / (calls - _before.Calls);
    }
}
