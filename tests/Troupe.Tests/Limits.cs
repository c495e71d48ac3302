namespace Troupe.Tests;

/// <summary>The one bound on waiting in tests: generous, because machines are shared, and only there so that a lost wake-up fails.</summary>
internal static class Limits
{
    public static TimeSpan Wait { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Cancelled after <see cref="Wait"/>, or with the test run.</summary>
    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Wait);
            return source.Token;
        }
    }

    /// <summary>Waits until something holds that nobody tells of.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        var bound = Token;
        while (!holds())
        {
            bound.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Wait);

    public static Task Soon(this Task task) => task.WaitAsync(Wait);
}
