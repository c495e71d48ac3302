using System.Globalization;

namespace Troupe.Tests.Caching;

/// <summary>The seeds of random tests: a few that stay, and one that is new each time. TROUPE_TEST_SEED replays one.</summary>
internal static class Seeds
{
    public static TheoryData<int> Of(int fixedOnes)
    {
        if (Environment.GetEnvironmentVariable("TROUPE_TEST_SEED") is { Length: > 0 } text)
        {
            return [int.Parse(text, CultureInfo.InvariantCulture)];
        }

        return [.. Enumerable.Range(1, fixedOnes), Random.Shared.Next()];
    }
}
