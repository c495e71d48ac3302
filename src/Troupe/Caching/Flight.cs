namespace Troupe.Caching;

/// <summary>One load and those who wait for it. Guarded by its cache, but for <see cref="Result"/>.</summary>
internal sealed class Flight<TKey, TValue>(TKey key, CacheTicket ticket)
{
    public TKey Key { get; } = key;

    /// <summary>When it began: what was invalidated since does not store its value, and is not joined.</summary>
    public CacheTicket Ticket { get; } = ticket;

    /// <summary>Ends for those who wait, each with their own token.</summary>
    public TaskCompletionSource<TValue> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CancellationTokenSource Stop { get; } = new();

    public int Waiting { get; set; }

    /// <summary>Whether it goes on although nobody waits: a refresh, or a load ahead.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Whether it was begun ahead of any request; 1 until somebody asks.</summary>
    public bool IsAhead { get; set; }

    /// <summary>Whether the key was removed or set meanwhile: those who wait get the value, nobody stores it.</summary>
    public bool IsDetached { get; set; }
}
