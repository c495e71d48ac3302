using Troupe.Caching;

namespace Troupe.Tests.Caching;

/// <summary>What the tests of the cache begin with.</summary>
internal static class Caches
{
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    /// <summary>Nothing by itself: no sweep and no look at the machine's memory.</summary>
    public static CacheOptions<string, string> Options { get; } = new()
    {
        Name = "test",
        TimeToLive = Minute,
        SweepInterval = TimeSpan.Zero,
        IsMemoryShort = static () => false,
    };

    public static Func<string, CancellationToken, Task<string>> Gives(string value) => (_, _) => Task.FromResult(value);

    public static Func<string, CancellationToken, Task<string>> Throws(Exception failure) => (_, _) => Task.FromException<string>(failure);

    /// <summary>Ends when something holds that another thread brings about and tells nobody of.</summary>
    public static async Task Until(Func<bool> holds)
    {
        var end = Limits.Token;
        while (!holds())
        {
            await Task.Delay(1, end);
        }
    }
}
