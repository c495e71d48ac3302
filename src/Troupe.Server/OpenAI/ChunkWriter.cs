using Microsoft.AspNetCore.Http;
using Troupe.Agents;
using Troupe.Server.Http;

namespace Troupe.Server.OpenAI;

/// <summary>Writes an answer as OpenAI's stream of chunks. An error before the first chunk is an ordinary error answer; after it, an error
/// object in the stream.</summary>
internal sealed class ChunkWriter(HttpContext context, AgentRuntime runtime, ChatCompletionRequest request, string id)
{
    private readonly EventStream _stream = new(context, runtime.Time);
    private readonly long _created = runtime.Time.GetUtcNow().ToUnixTimeSeconds();
    private bool _begun;

    public void Write(CompletionDelta delta, string? finish = null) => Write([new CompletionChunkChoice(0, delta, finish)], null);

    public async Task SendAsync<T>(IAsyncEnumerable<T> source, Action<T> write, Func<(string Finish, CompletionUsage Usage)> end)
    {
        try
        {
            await using var elements = source.GetAsyncEnumerator(context.RequestAborted);

            // The first piece decides between an error answer and a stream.
            var any = await elements.MoveNextAsync();
            _stream.Begin();
            _begun = true;
            Write(new CompletionDelta(Role: "assistant", Content: ""));
            if (any)
            {
                write(elements.Current);
                await _stream.SendAsync(Rest(elements), write, context.RequestAborted);
            }

            var (finish, usage) = end();
            Write(new CompletionDelta(), finish);
            if (request.IncludeUsage)
            {
                Write([], usage);
            }

            _stream.WriteDone();
            await _stream.FlushAsync(context.RequestAborted);
        }
        catch (TroupeException failure) when (_begun && !context.RequestAborted.IsCancellationRequested)
        {
            _stream.Write(null, null, OpenAIErrorBody.Of(failure, Problems.StatusOf(failure)), OpenAIJson.Default.OpenAIErrorBody);
            await _stream.FlushAsync(context.RequestAborted);
        }
    }

    private static async IAsyncEnumerable<T> Rest<T>(IAsyncEnumerator<T> elements)
    {
        while (await elements.MoveNextAsync())
        {
            yield return elements.Current;
        }
    }

    private void Write(IReadOnlyList<CompletionChunkChoice> choices, CompletionUsage? usage) =>
        _stream.Write(null, null, new CompletionChunk(id, "chat.completion.chunk", _created, request.Model, choices, usage), OpenAIJson.Default.CompletionChunk);
}
