using System.Collections.Concurrent;
using System.Text.Json;
using Troupe.Server.Tests;
using Troupe.Tests.Models;

namespace Troupe.Browser.Tests;

/// <summary>A model over HTTP that says what it was told at once, word for word; where a test wants to speak in its place, what the test says and when.</summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Reply>> _replies = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _asked = new();
    private FakeProvider? _provider;

    private ScriptedModel()
    {
    }

    public Uri BaseUrl => _provider!.BaseUrl;

    /// <summary>What it was told last, of every request.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public static async Task<ScriptedModel> StartAsync()
    {
        var model = new ScriptedModel();
        model._provider = await FakeProvider.StartAsync(model.AnswerAsync);
        return model;
    }

    /// <summary>The next answer to these words is the test's. Called twice, it is the next two.</summary>
    public Reply Hold(string told)
    {
        var reply = new Reply();
        _replies.GetOrAdd(told, _ => new()).Enqueue(reply);
        return reply;
    }

    public ValueTask DisposeAsync() => _provider!.DisposeAsync();

    private async Task AnswerAsync(FakeProvider.Exchange exchange)
    {
        using var request = JsonDocument.Parse(exchange.Body);
        var told = request.RootElement.GetProperty("messages").EnumerateArray().Last().Text("content");
        _asked.Enqueue(told);
        if (_replies.TryGetValue(told, out var replies) && replies.TryDequeue(out var reply))
        {
            await reply.GiveAsync(exchange);
            return;
        }

        await FakeProvider.Says(told)(exchange);
    }
}
