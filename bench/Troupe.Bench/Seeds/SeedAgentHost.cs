using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Troupe.Bench.Seeds;

/// <summary>Mnemosine before: each request builds its agent (a client of its own, the schemas of ten tools, the prompt), calls the model with a thread that waits, and keeps nothing.</summary>
internal static class SeedAgentHost
{
    private const int Tools = 10;

    /// <summary>Mnemosine after: the agent is built once, the call takes no thread, and an answer is kept by its prompt, for everybody.</summary>
    public static Task RunPooledAsync(TimeSpan modelDelay)
    {
        var kept = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        return BareHost.ServeAsync(async context =>
        {
            var prompt = (string)(await JsonNode.ParseAsync(context.Request.Body))!["message"]!;
            if (!kept.TryGetValue(prompt, out var answer))
            {
                await Task.Delay(modelDelay);
                kept[prompt] = answer = Encoding.UTF8.GetBytes(new JsonObject { ["reply"] = Work.Reply }.ToJsonString());
            }

            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.BodyWriter.WriteAsync(answer);
        });
    }

    /// <summary>Mnemosine before.</summary>
    public static Task RunAsync(TimeSpan modelDelay) => BareHost.ServeAsync(async context =>
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        using var agent = new HttpClient();
        var tools = Enumerable.Range(0, Tools).Select(i => AIFunctionFactory.Create((string question, int limit) => question[..Math.Min(limit, question.Length)], $"tool_{i}", "Looks something up.")).ToList();
        var prompt = $"You are a helpful assistant with {string.Join(", ", tools.Select(t => $"{t.Name} {t.JsonSchema}"))}.\n{request["message"]}";

        // The call blocks, as theirs did.
        Thread.Sleep(modelDelay);
        var answer = new JsonObject { ["reply"] = Work.Reply, ["prompt_length"] = prompt.Length }.ToJsonString();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(answer));
    });
}
