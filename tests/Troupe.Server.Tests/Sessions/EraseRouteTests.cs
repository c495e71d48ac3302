using System.Net;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Sessions;

public sealed class EraseRouteTests : IDisposable
{
    private readonly ScriptedChatClient _model = new() { Reply = messages => $"to {messages[^1].Text}" };

    [Fact]
    public async Task A_branch_is_erased_for_good_and_its_places_stay()
    {
        using var folder = new TempFolder();
        string id;
        await using (var server = await StartAsync(folder))
        {
            id = await server.Admin.NewSessionAsync();
            await SayAsync(server, id, new { message = "one" });
            await SayAsync(server, id, new { message = "My secret." }, "key");
            await SayAsync(server, id, new { message = "Go on." });
            Assert.Equal((2, 4), await EraseAsync(server, id, 3));
            Assert.Equal((2, 0), await EraseAsync(server, id, 3));
            Assert.Equal((2, 0), await EraseAsync(server, id, 6));
            await CheckAsync(server);
        }

        await using (var server = await StartAsync(folder))
        {
            await CheckAsync(server);
            using (var replayed = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", """{"message":"My secret."}""", "key"))
            {
                await replayed.ProblemAsync(HttpStatusCode.Conflict, "turn_erased");
            }

            Assert.Equal(8, (await SayAsync(server, id, new { message = "after all" })).Number("seq"));
            Assert.Equal(2, (await server.Admin.EntriesAsync(id))[6].Number("parent"));
        }

        async Task CheckAsync(TestServer server)
        {
            var view = await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}");
            Assert.Equal(2, view.Number("head"));
            Assert.DoesNotContain("secret", view.GetRawText(), StringComparison.Ordinal);
            Assert.Equal(["user 0 one", "assistant 1 to one", "erased 2 ", "erased 3 ", "erased 4 ", "erased 5 "], Lines(view));
            Assert.Empty((await server.Admin.GetJsonAsync("/api/v1/sessions?q=secret")).GetProperty("sessions").EnumerateArray());
            foreach (var format in new[] { "json", "markdown" })
            {
                Assert.DoesNotContain("secret", await server.Admin.GetStringAsync($"/api/v1/sessions/{id}/export?format={format}", Limits.Token), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task An_export_with_erased_places_comes_back_as_it_was()
    {
        await using var server = await StartAsync();
        var id = await server.Admin.NewSessionAsync();
        await SayAsync(server, id, new { message = "one" });
        await SayAsync(server, id, new { message = "two" });
        await SayAsync(server, id, new { regenerate = 3 });
        await EraseAsync(server, id, 4);
        var export = await server.Admin.GetStringAsync($"/api/v1/sessions/{id}/export", Limits.Token);

        var copy = (await server.Admin.PostJsonAsync("/api/v1/sessions/import", JsonElement.Parse(export))).Text("id");

        var view = await server.Admin.GetJsonAsync($"/api/v1/sessions/{copy}");
        Assert.Equal(5, view.Number("head"));
        Assert.Equal(["user 0 one", "assistant 1 to one", "user 2 two", "erased 3 ", "assistant 3 to two"], Lines(view));
        Assert.Equal("to more", (await SayAsync(server, copy, new { message = "more" })).Text("reply"));
        Assert.Equal((2, 4), await EraseAsync(server, copy, 3));
    }

    [Theory]
    [InlineData("""{"entries":[{"role":"erased","text":"words"}]}""", "entries[0].text")]
    [InlineData("""{"entries":[{"role":"user","text":"a"},{"role":"erased","text":""}],"head":2}""", "head")]
    public async Task An_import_of_erased_places_has_no_words_and_no_head_there(string body, string member)
    {
        await using var server = await StartAsync();
        using var refused = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/sessions/import", body);
        await refused.ProblemAsync(HttpStatusCode.BadRequest, "member_invalid", member);
        var id = (await server.Admin.PostJsonAsync("/api/v1/sessions/import", JsonElement.Parse("""{"entries":[{"role":"user","text":"a"},{"role":"erased","text":""}]}"""))).Text("id");
        Assert.Equal(1, (await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}")).Number("head"));
    }

    [Theory]
    [InlineData("7", HttpStatusCode.NotFound, "entry_not_found")]
    [InlineData("0", HttpStatusCode.NotFound, "entry_not_found")]
    [InlineData("-1", HttpStatusCode.NotFound, "entry_not_found")]
    [InlineData("first", HttpStatusCode.NotFound, "entry_not_found")]
    [InlineData("99999999999", HttpStatusCode.NotFound, "entry_not_found")]
    [InlineData("3", HttpStatusCode.BadRequest, "entry_not_erasable")]
    public async Task Only_a_message_or_a_reply_of_ones_own_is_erased(string seq, HttpStatusCode status, string code)
    {
        await using var server = await StartAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        var id = (await ada.PostJsonAsync("/api/v1/sessions/import", JsonElement.Parse("""{"entries":[{"role":"user","text":"a"},{"role":"assistant","text":"b"},{"role":"note","text":"c"}]}"""))).Text("id");
        using (var refused = await ada.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}/entries/{seq}"))
        {
            await refused.ProblemAsync(status, code);
        }

        // Not even an operator erases what is somebody else's.
        using var foreign = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}/entries/1");
        await foreign.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
        Assert.Equal(["user", "assistant", "note"], (await ada.EntriesAsync(id)).Select(e => e.Text("role")));
    }

    [Fact]
    public async Task A_branch_in_which_an_answer_is_under_way_is_erased_after_it()
    {
        _model.Reply = null;
        await using var server = await StartAsync();
        var id = await server.Admin.NewSessionAsync();
        using var said = await EventReader.OpenAsync(server.Admin, HttpMethod.Post, $"/api/v1/sessions/{id}/turns", new { message = "one" });
        var turn = (await said.NextAsync())!.Data.Text("turn_id");
        using (var busy = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}/entries/1"))
        {
            await busy.ProblemAsync(HttpStatusCode.Conflict, "branch_busy");
        }

        await server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns/{turn}/cancel", null);
        Assert.Equal("turn.cancelled", (await said.NextAsync())!.Name);
        Assert.Equal((0, 1), await EraseAsync(server, id, 1));
    }

    [Fact]
    public async Task A_prompt_whose_turn_was_erased_is_not_answered_again()
    {
        await using var server = await StartAsync();
        var first = await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "one" }, "key");
        await EraseAsync(server, first.Text("session_id"), 1);
        using var again = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", """{"message":"one"}""", "key");
        await again.ProblemAsync(HttpStatusCode.Conflict, "turn_erased");
        Assert.Equal(1, _model.Count);
    }

    public void Dispose() => _model.Dispose();

    private static async Task<(int Head, int Erased)> EraseAsync(TestServer server, string id, int seq)
    {
        using var response = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}/entries/{seq}");
        var erased = await response.JsonAsync();
        return (erased.Number("head"), erased.Number("erased"));
    }

    private static Task<JsonElement> SayAsync(TestServer server, string id, object body, string? key = null) => server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns", body, key);

    private static IEnumerable<string> Lines(JsonElement session) => session.GetProperty("entries").EnumerateArray().Select(e => $"{e.Text("role")} {e.Number("parent")} {e.Text("text")}");

    private Task<TestServer> StartAsync(TempFolder? folder = null) => TestServer.StartAsync(r => r.Models.Add("scripted", _model), folder: folder?.Path);
}
