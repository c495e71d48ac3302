using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Sqlite;

namespace Troupe.Tests.Sessions;

public sealed class FinishTests
{
    [Fact]
    public async Task A_reply_that_was_cut_says_so_now_and_after_it_is_loaded_anew()
    {
        using var folder = new TempFolder();
        string session;
        await using (var runtime = Open(folder.Path, out var model))
        {
            session = (await runtime.OpenAsync("guide", "ada")).SessionId;
            Assert.Equal("length", (await AnswerAsync(runtime, model, session, ChatFinishReason.Length)).Finish);
            Assert.Null((await AnswerAsync(runtime, model, session, ChatFinishReason.Stop)).Finish);
        }

        await using (var runtime = Open(folder.Path, out _))
        {
            var (held, turn) = await runtime.Sessions.SubmitAsync(session, "ada", new TurnInput { Message = "length", Key = "length" });
            Assert.Equal("length", (await held.WaitAsync(turn, Limits.Token)).Finish);
        }
    }

    private static AgentRuntime Open(string folder, out ScriptedChatClient model)
    {
        var runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = folder }));
        runtime.Models.Add("mine", model = new ScriptedChatClient());
        runtime.Agents.Add(new AgentDefinition { Name = "guide" });
        return runtime;
    }

    private static async Task<TurnResult> AnswerAsync(AgentRuntime runtime, ScriptedChatClient model, string session, ChatFinishReason finish)
    {
        var (held, turn) = await runtime.Sessions.SubmitAsync(session, "ada", new TurnInput { Message = finish.Value, Key = finish.Value });
        var call = await model.NextAsync();
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, "So") { FinishReason = finish });
        call.Updates.Writer.Complete();
        return await held.WaitAsync(turn, Limits.Token);
    }
}
