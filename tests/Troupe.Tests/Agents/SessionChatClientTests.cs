using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Storage;
using Troupe.Tests.Sessions;

namespace Troupe.Tests.Agents;

public sealed class SessionChatClientTests
{
    [Fact]
    public async Task It_streams_the_pieces_and_ends_with_the_usage()
    {
        await using var stage = new Stage();
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);
        var updates = new List<ChatResponseUpdate>();
        await using var stream = client.GetStreamingResponseAsync("go").GetAsyncEnumerator();
        var next = stream.MoveNextAsync().AsTask();
        var call = await stage.Model.NextAsync();
        foreach (var piece in new[] { "one ", "two ", "three" })
        {
            call.Say(piece);
            Assert.True(await next.Soon());
            Assert.Equal(piece, stream.Current.Text);
            next = stream.MoveNextAsync().AsTask();
        }

        call.Finish();
        while (await next.Soon())
        {
            updates.Add(stream.Current);
            next = stream.MoveNextAsync().AsTask();
        }

        var last = Assert.Single(updates);
        Assert.Equal((ChatFinishReason.Stop, client.SessionId), (last.FinishReason, last.ConversationId));
        Assert.IsType<UsageContent>(Assert.Single(last.Contents));
    }

    [Fact]
    public async Task A_failed_turn_is_thrown_by_both_kinds_of_call()
    {
        await using var stage = new Stage();
        stage.Model.Reply = _ => throw new IOException("inner words");
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);

        var failure = await Assert.ThrowsAsync<TroupeException>(() => client.GetResponseAsync("go"));
        var streamed = await Assert.ThrowsAsync<TroupeException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("go"))
            {
                Assert.Empty(update.Text);
            }
        });

        Assert.Equal((ErrorKind.Provider, "model_unavailable"), (failure.Kind, failure.Code));
        Assert.Equal(failure.Code, streamed.Code);
        Assert.DoesNotContain("inner words", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_resumed_by_its_owner_only_also_after_a_restart()
    {
        await using var stage = new Stage(sqlite: true);
        stage.Model.Reply = messages => $"{messages.Count}";
        var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);
        await client.GetResponseAsync("one");
        await stage.ReopenAsync();

        using var resumed = await stage.Runtime.ResumeAsync(client.SessionId, Stage.Owner);
        Assert.Equal("3", (await resumed.GetResponseAsync("two")).Text);
        Assert.Equal("session_not_found", (await Assert.ThrowsAsync<TroupeException>(() => stage.Runtime.ResumeAsync(client.SessionId, "bob"))).Code);
        Assert.Equal("agent_not_found", (await Assert.ThrowsAsync<TroupeException>(() => stage.Runtime.OpenAsync("nobody"))).Code);
    }

    [Fact]
    public async Task Cancelling_ends_the_call_with_what_was_said()
    {
        await using var stage = new Stage();
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);
        var pieces = new List<string>();
        await foreach (var update in Answer(client, stage))
        {
            pieces.Add(update.Text);
            if (pieces.Count == 1)
            {
                await client.CancelAsync();
            }
        }

        Assert.Equal("half", string.Concat(pieces));
        Assert.Equal(["go", "half"], (await stage.EntriesAsync(client.SessionId)).Select(e => e.Text));

        static async IAsyncEnumerable<ChatResponseUpdate> Answer(SessionChatClient client, Stage stage)
        {
            var said = Task.Run(async () => (await stage.Model.NextAsync()).Say("half"));
            await foreach (var update in client.GetStreamingResponseAsync("go"))
            {
                yield return update;
            }

            await said;
        }
    }

    [Fact]
    public async Task Leaving_early_does_not_stop_the_turn()
    {
        await using var stage = new Stage();
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);
        using var leave = new CancellationTokenSource();
        var left = client.GetResponseAsync("one", cancellationToken: leave.Token);
        var call = await stage.Model.NextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.False(call.Cancelled.IsCancellationRequested);
        call.Finish("still said");

        stage.Model.Reply = _ => "two";
        await foreach (var update in client.GetStreamingResponseAsync("two"))
        {
            Assert.Equal("two", update.Text);
            break;
        }

        await client.GetResponseAsync("three");
        Assert.Equal(["one", "still said", "two", "two", "three", "two"], (await stage.EntriesAsync(client.SessionId)).Select(e => e.Text));
    }

    [Fact]
    public async Task What_is_no_input_is_refused_before_a_turn_begins()
    {
        await using var stage = new Stage();
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.System, "only this")]));
        Assert.Equal("text_not_storable", (await Assert.ThrowsAsync<TroupeException>(() => client.GetResponseAsync("a\0b"))).Code);
        Assert.Empty(await stage.EntriesAsync(client.SessionId));
        Assert.Same(client, client.GetService(typeof(SessionChatClient)));
    }

    [Fact]
    public async Task Calls_at_once_are_answered_in_turn_and_a_stopped_host_refuses()
    {
        var stage = new Stage();
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        using var client = await stage.Runtime.OpenAsync("guide", Stage.Owner);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.GetResponseAsync($"{i}"))).Soon();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"re {i}"), answers.Select(a => a.Text));
        Assert.All(await stage.EntriesAsync(client.SessionId), e => Assert.Equal(e.Seq - 1, e.Parent));
        Assert.All(await stage.EntriesAsync(client.SessionId), e => Assert.True(e.Role is EntryRole.User or EntryRole.Assistant));

        await stage.DisposeAsync();
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TroupeException>(() => client.GetResponseAsync("late"))).Kind);
    }
}
