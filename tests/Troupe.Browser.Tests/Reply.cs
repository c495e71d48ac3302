using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Browser.Tests;

/// <summary>An answer that a test gives, word by word.</summary>
internal sealed class Reply
{
    private readonly TaskCompletionSource<FakeProvider.Exchange> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the model is asked.</summary>
    public async Task AskedAsync() => await _asked.Task.Soon();

    /// <summary>Says words, at once.</summary>
    public async Task SayAsync(string words) => await (await _asked.Task.Soon()).SendAsync(FakeProvider.Text(words));

    /// <summary>Says last words, and that these were the last.</summary>
    public async Task EndAsync(string words = "")
    {
        await (await _asked.Task.Soon()).SendAsync(FakeProvider.Text(words), FakeProvider.Finish(), "[DONE]");
        _ended.TrySetResult();
    }

    /// <summary>Completes when the server listens no more.</summary>
    public async Task GoneAsync() => await (await _asked.Task.Soon()).Gone.Soon();

    public async Task GiveAsync(FakeProvider.Exchange exchange)
    {
        _asked.TrySetResult(exchange);
        await Task.WhenAny(_ended.Task, exchange.Gone);
    }
}
