namespace Troupe.Server.Tests.Docs;

/// <summary>All pages, each with a reader of its own; they read side by side, as many as the machine has processors.</summary>
public sealed class GuideReadings : IAsyncDisposable
{
    private readonly GuideTools _tools = new();
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);
    private readonly Dictionary<string, Task<int>> _readings;

    public GuideReadings()
    {
        // A reading outlives the test that is under way when it begins.
        using var apart = ExecutionContext.SuppressFlow();
        _readings = GuidePage.Names.ToDictionary(n => n, n => Task.Run(() => ReadAsync(n)), StringComparer.Ordinal);
    }

    /// <summary>The number of commands that a page's reader ran; what went wrong is thrown.</summary>
    public Task<int> OfAsync(string page) => _readings[page];

    public async ValueTask DisposeAsync()
    {
        // A page that failed has told its own test.
        await Task.WhenAll(_readings.Values).ContinueWith(_ => { }, TaskScheduler.Default);
        _places.Dispose();
        _tools.Dispose();
    }

    private async Task<int> ReadAsync(string page)
    {
        await _places.WaitAsync();
        try
        {
            return await GuideReader.ReadAsync(GuidePage.Read(page), _tools);
        }
        finally
        {
            _places.Release();
        }
    }
}
