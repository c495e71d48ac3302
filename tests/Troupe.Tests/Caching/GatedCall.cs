namespace Troupe.Tests.Caching;

/// <summary>One call of a <see cref="GatedLoad"/>; it heeds its token only as far as the test makes it.</summary>
internal sealed class GatedCall
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GatedCall(string key, CancellationToken token)
    {
        Key = key;
        Token = token;
        token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), _cancelled);
    }

    public string Key { get; }

    public CancellationToken Token { get; }

    public TaskCompletionSource<string> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Cancelled => _cancelled.Task;
}
