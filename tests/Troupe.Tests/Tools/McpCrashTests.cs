using Troupe.Models.Mcp;
using Troupe.Storage;

namespace Troupe.Tests.Tools;

/// <summary>The process dies around a call of a server's unsafe tool. The effect is counted where it happens, in the server's own file.</summary>
public sealed class McpCrashTests
{
    [Theory]
    [InlineData("before")]
    [InlineData("during")]
    [InlineData("after")]
    public async Task An_unsafe_effect_happens_at_most_once_when_the_process_dies(string moment)
    {
        using var before = new TempFolder();
        using var after = new TempFolder();
        string id;
        await using (var first = new McpStage(data: before.Path))
        {
            id = await first.NewAsync();
            var (session, turn) = await first.SayAsync(id, key: "key-1");
            var call = await first.Model.NextAsync();
            if (moment == "before")
            {
                Copy(before.Path, after.Path);
            }

            McpStage.Ask(call, moment == "during" ? "odd__hang" : "odd__effect");
            if (moment == "during")
            {
                await first.NotedAsync("call hang");
                Copy(before.Path, after.Path);
                session.Cancel(turn.Number);
            }
            else
            {
                var next = await first.Model.NextAsync();
                if (moment == "after")
                {
                    await first.Runtime.Journal.FlushAsync(Limits.Token);
                    Copy(before.Path, after.Path);
                }

                next.Finish("Done.");
            }

            await session.WaitAsync(turn, Limits.Token);
        }

        await using var second = new McpStage(data: after.Path);
        var (again, found) = await second.SayAsync(id, key: "key-1");
        if (moment == "during")
        {
            var question = await again.WaitAsync(found, Limits.Token);
            Assert.Equal((TurnState.Waiting, "outcome_unknown"), (question.State, Assert.Single(question.Asked).Reason));
            again.Answer(found.Number, "x", false);
        }

        var calls = await second.Model.NextAsync();
        if (moment == "before")
        {
            // The model was asked, and nothing had come of it: it asks anew, and that is the first run in what the files know.
            McpStage.Ask(calls, "odd__effect");
            calls = await second.Model.NextAsync();
        }

        calls.Finish("Done.");
        Assert.Equal(TurnState.Completed, (await again.WaitAsync(found, Limits.Token)).State);
        Assert.Single(second.Notes, n => n is "call effect" or "call hang");
        Assert.Single(again.Page(0, 99), e => e.Role == EntryRole.ToolResult);
    }

    private static void Copy(string from, string to)
    {
        // Notes last, so that an effect cannot be missing that the database knows of.
        foreach (var name in new[] { "troupe.db", "troupe.db-wal", SeenTools.FileName, "notes.txt" }.Where(n => File.Exists(Path.Combine(from, n))))
        {
            using var source = new FileStream(Path.Combine(from, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = File.Create(Path.Combine(to, name));
            source.CopyTo(target);
        }
    }
}
