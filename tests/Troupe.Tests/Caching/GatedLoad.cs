using System.Threading.Channels;

namespace Troupe.Tests.Caching;

/// <summary>A load whose every call goes on until the test ends it.</summary>
internal sealed class GatedLoad
{
    private readonly Channel<GatedCall> _begun = Channel.CreateUnbounded<GatedCall>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Task<string> RunAsync(string key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        var call = new GatedCall(key, cancellationToken);
        _begun.Writer.TryWrite(call);
        return call.End.Task;
    }

    /// <summary>The next call, once it has begun.</summary>
    public async Task<GatedCall> NextAsync() => await _begun.Reader.ReadAsync(Limits.Token);
}
