using System.Net;
using System.Text.Json;
using Troupe.Agents;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

public sealed class EncounterTests
{
    [Fact]
    public async Task A_student_goes_from_the_first_question_to_the_debrief_in_practice()
    {
        await using var server = await Ward.OpenAsync();
        using var student = await server.ClientWithKeyAsync(new { owner = "sam" });
        var begun = await student.PostJsonAsync("/api/v1/medsim/attempts", new { @case = Ward.Case, mode = "practice" });
        var id = begun.Text("id");
        Assert.Equal(("running", 30), (begun.Text("state"), begun.GetProperty("rubric").Number("history")));
        Assert.Equal(begun.GetProperty("case").Text("opening"), begun.GetProperty("events")[0].Text("text"));
        var ended = await student.PlayAsync(id);
        Assert.Equal("finished", ended.Text("state"));

        var debrief = await student.GetJsonAsync($"/api/v1/medsim/attempts/{id}/debrief");
        Assert.Equal(ended.GetProperty("score").GetDouble(), debrief.GetProperty("total").GetDouble());
        Assert.Equal("full", debrief.GetProperty("diagnosis").Text("credit"));
        Assert.True(debrief.Item("onset").GetProperty("done").GetBoolean());
        Assert.True(debrief.Item("ecg").GetProperty("done").GetBoolean());
        Assert.True(debrief.Item("aspirin").GetProperty("done").GetBoolean());
        Assert.False(debrief.Item("nitrate").GetProperty("done").GetBoolean());
        Assert.False(debrief.Item("smoking").GetProperty("done").GetBoolean());

        // Each tick cites the line that brought it.
        var ticked = debrief.GetProperty("transcript").EnumerateArray().Single(e => e.Number("seq") == debrief.Item("onset").Number("seq"));
        Assert.Equal(("said", "When did it start?"), (ticked.Text("kind"), ticked.Text("text")));
        Assert.Contains("onset", ticked.GetProperty("ticks").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(100, debrief.GetProperty("areas").EnumerateArray().Sum(a => a.Number("weight")));
        Assert.Equal(["introduced", "open-first", "empathy"], debrief.GetProperty("items").EnumerateArray().Where(i => i.Text("area") == "communication" && i.GetProperty("done").GetBoolean() && i.TryGetProperty("seq", out _)).Select(i => i.Text("id")));

        // The same attempt, scored again.
        Assert.Equal(debrief.GetRawText(), (await student.GetJsonAsync($"/api/v1/medsim/attempts/{id}/debrief")).GetRawText());
        var line = (await student.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts")[0];
        Assert.Equal(("finished", debrief.GetProperty("total").GetDouble()), (line.Text("state"), line.GetProperty("score").GetDouble()));
        foreach (var format in new[] { "json", "csv", "page" })
        {
            using var file = await student.GetAsync($"/api/v1/medsim/attempts/{id}/export?format={format}", Limits.Token);
            Assert.True(file.IsSuccessStatusCode);
            Assert.DoesNotContain("<script", await file.Content.ReadAsStringAsync(Limits.Token), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task In_an_osce_there_are_no_hints_and_no_weights_and_the_bell_ends_all_but_the_diagnosis()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("offline", new OfflineChatClient()), options: new AgentRuntimeOptions { Time = time });
        using var student = await server.ClientWithKeyAsync(new { owner = "sam" });
        var id = await student.BeginAsync("osce");
        Assert.False((await student.SeeAsync(id)).TryGetProperty("rubric", out _));
        using (var hint = await student.SendAsync(HttpMethod.Post, $"/api/v1/medsim/attempts/{id}/hint", "{}"))
        {
            await hint.ProblemAsync(HttpStatusCode.Conflict, "hints_off");
        }

        await student.SayAsync(id, "When did it start?");
        time.Advance(TimeSpan.FromMinutes(34));
        Assert.Equal(2040, (await student.SeeAsync(id)).GetProperty("clock").GetProperty("real_seconds").GetDouble());
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("time_up", (await student.SeeAsync(id)).Text("state"));
        using (var late = await student.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", """{"message":"Do you smoke?"}"""))
        {
            await late.ProblemAsync(HttpStatusCode.Conflict, "time_up");
        }

        using (var late = await student.SendAsync(HttpMethod.Post, $"/api/v1/medsim/attempts/{id}/order", """{"what":"ECG"}"""))
        {
            await late.ProblemAsync(HttpStatusCode.Conflict, "time_up");
        }

        await student.DoAsync(id, "diagnose", new { diagnosis = "myocardial infarction" });
        Assert.Equal("finished", (await student.DoAsync(id, "finish", new { })).Text("state"));
        Assert.Equal("partial", (await student.GetJsonAsync($"/api/v1/medsim/attempts/{id}/debrief")).GetProperty("diagnosis").Text("credit"));
    }

    [Fact]
    public async Task Case_time_costs_and_results_follow_the_actions_and_a_key_acts_once()
    {
        await using var server = await Ward.OpenAsync();
        var id = await server.Admin.BeginAsync();
        var first = await server.Admin.DoAsync(id, "order", new { what = "ekg" }, "one");
        var again = await server.Admin.DoAsync(id, "order", new { what = "ekg" }, "one");
        Assert.Equal(("12-lead ECG", "ordered", 15), (first.Text("name"), first.Text("status"), first.GetProperty("clock").Number("cost")));
        Assert.Equal((first.Number("seq"), 15), (again.Number("seq"), again.GetProperty("clock").Number("cost")));
        using (var other = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/medsim/attempts/{id}/order", """{"what":"troponin"}""", "one"))
        {
            await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        var order = (await server.Admin.SeeAsync(id)).GetProperty("orders")[0];
        Assert.Equal("pending", order.Text("status"));
        Assert.False(order.TryGetProperty("result", out _));
        await server.Admin.DoAsync(id, "wait", new { });
        var seen = await server.Admin.SeeAsync(id);
        Assert.Contains("ST elevation", seen.GetProperty("orders")[0].Text("result"), StringComparison.Ordinal);
        Assert.Equal(6, seen.GetProperty("clock").GetProperty("case_minutes").GetDouble());
        Assert.Equal("result", seen.GetProperty("events").EnumerateArray().Last().Text("kind"));
    }

    [Fact]
    public async Task What_is_not_known_not_clear_or_too_late_changes_nothing()
    {
        await using var server = await Ward.OpenAsync();
        var id = await server.Admin.BeginAsync();
        var before = (await server.Admin.SeeAsync(id)).GetRawText();
        await RefusedAsync("order", new { what = "flux capacitor reading" }, HttpStatusCode.BadRequest, "test_unknown");
        await RefusedAsync("examine", new { what = "the aura" }, HttpStatusCode.BadRequest, "examination_unknown");
        await RefusedAsync("wait", new { }, HttpStatusCode.Conflict, "nothing_pending");
        await RefusedAsync("wait", new { minutes = -1 }, HttpStatusCode.BadRequest, "member_invalid");
        await RefusedAsync("finish", new { }, HttpStatusCode.Conflict, "attempt_incomplete");
        await RefusedAsync("plan", new { text = "" }, HttpStatusCode.BadRequest, "member_invalid");
        await RefusedAsync("note", new { words = "x" }, HttpStatusCode.BadRequest, "member_unknown");
        Assert.Equal("which", (await server.Admin.DoAsync(id, "order", new { what = "x-ray" })).Text("status"));
        Assert.Equal(before, (await server.Admin.SeeAsync(id)).GetRawText());
        using (var branch = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", """{"message":"Hello","parent":0}"""))
        {
            await branch.ProblemAsync(HttpStatusCode.Conflict, "attempt_linear");
        }

        await server.Admin.PlayAsync(id);
        using (var erased = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}/entries/3"))
        {
            await erased.ProblemAsync(HttpStatusCode.Conflict, "session_kept_whole");
        }

        var ended = (await server.Admin.SeeAsync(id)).GetRawText();
        foreach (var (action, body) in new (string, object)[] { ("order", new { what = "ECG" }), ("examine", new { what = "skin" }), ("note", new { text = "x" }), ("diagnose", new { diagnosis = "flu" }), ("plan", new { text = "x" }), ("finish", new { }), ("hint", new { }), ("wait", new { }) })
        {
            await RefusedAsync(action, body, HttpStatusCode.Conflict, "attempt_ended");
        }

        using (var late = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", """{"message":"Do you smoke?"}"""))
        {
            await late.ProblemAsync(HttpStatusCode.Conflict, "attempt_ended");
        }

        Assert.Equal(ended, (await server.Admin.SeeAsync(id)).GetRawText());

        async Task RefusedAsync(string action, object body, HttpStatusCode status, string code)
        {
            using var response = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/medsim/attempts/{id}/{action}", JsonSerializer.Serialize(body));
            await response.ProblemAsync(status, code);
        }
    }

    [Fact]
    public async Task The_model_is_never_told_the_diagnosis_and_what_it_says_is_held_until_it_is_checked()
    {
        var model = new ScriptedChatClient { Reply = _ => "I think I have a heart attack, and I also get headaches." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        var id = await server.Admin.BeginAsync();
        Assert.Contains("hour ago", await server.Admin.SayAsync(id, "When did it start?"), StringComparison.Ordinal);
        Assert.Equal(3, model.Count);
        for (var i = 0; i < 3; i++)
        {
            var words = string.Join('\n', (await model.NextAsync()).Messages.Select(m => m.Text));
            Assert.Contains("suitcase", words, StringComparison.Ordinal);
            Assert.DoesNotContain("infarct", words, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("STEMI", words, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("150/90", words, StringComparison.Ordinal);
            Assert.DoesNotContain("allergic", words, StringComparison.OrdinalIgnoreCase);
        }

        model.Reply = _ => "About an hour ago. I was lifting a suitcase onto the bus.";
        Assert.Equal("About an hour ago. I was lifting a suitcase onto the bus.", await server.Admin.SayAsync(id, "Sorry, when did it begin?"));
        model.Reply = _ => throw new InvalidOperationException("down");
        Assert.Contains("not allergic", await server.Admin.SayAsync(id, "Any allergies?"), StringComparison.Ordinal);
        var replies = (await server.Admin.SeeAsync(id)).GetProperty("events").EnumerateArray().Where(e => e.Text("kind") == "reply").Skip(1).ToList();
        Assert.Equal(["facts", "model", "facts"], replies.Select(r => r.Text("source")));
        Assert.Equal(("check_failed", "provider_failed"), (replies[0].Text("reason"), replies[2].Text("reason")));
    }

    [Fact]
    public async Task Killed_in_mid_encounter_the_attempt_goes_on_at_the_same_minute_with_the_same_patient()
    {
        using var folder = new TempFolder();
        string id, before, reply;
        await using (var first = await ServerProcess.StartAsync(folder.Path))
        {
            using var student = first.Client();
            id = await student.BeginAsync("osce");
            reply = await student.SayAsync(id, "When did it start?");
            await student.DoAsync(id, "order", new { what = "ECG" }, "order-1");
            before = Steady(await student.SeeAsync(id));
            await first.KillAsync();
        }

        await using var second = await ServerProcess.StartAsync(folder.Path);
        using var client = second.Client();
        Assert.Equal(before, Steady(await client.SeeAsync(id)));
        var again = await client.DoAsync(id, "order", new { what = "ECG" }, "order-1");
        Assert.Equal(15, again.GetProperty("clock").Number("cost"));
        Assert.Contains(reply[^40..], await client.SayAsync(id, "When did it start?"), StringComparison.Ordinal);
        await client.DoAsync(id, "wait", new { });
        Assert.Equal("finished", (await client.PlayAsync(id)).Text("state"));

        // All but the real clock, which runs.
        static string Steady(JsonElement view) => string.Join('\n', view.GetProperty("events").GetRawText(), view.GetProperty("orders").GetRawText(), view.GetProperty("clock").GetProperty("case_minutes"), view.GetProperty("clock").GetProperty("cost"));
    }
}
