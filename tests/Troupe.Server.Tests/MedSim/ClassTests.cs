using System.Net;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

public sealed class ClassTests
{
    [Fact]
    public async Task A_teacher_sees_what_members_did_for_the_class_and_nothing_else()
    {
        await using var server = await Ward.OpenAsync();
        using var teacher = await server.ClientWithKeyAsync(new { owner = "tina", scopes = new[] { "chat", "teach" } });
        using var other = await server.ClientWithKeyAsync(new { owner = "tom", scopes = new[] { "chat", "teach" } });
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob" });
        var made = await teacher.PostJsonAsync("/api/v1/medsim/classes", new { name = "Year 4" });
        var (id, invite) = (made.Text("id"), made.Text("invite"));
        await ada.PostJsonAsync("/api/v1/medsim/classes/join", new { invite = invite.ToLowerInvariant(), name = "Ada" });
        await bob.PostJsonAsync("/api/v1/medsim/classes/join", new { invite });

        var forClass = await ada.BeginAsync(classId: id);
        var forHerself = await ada.BeginAsync();
        await ada.PlayAsync(forClass);
        await ada.PlayAsync(forHerself);

        var seen = await teacher.GetJsonAsync($"/api/v1/medsim/classes/{id}");
        Assert.Equal([("Ada", 1), ("bob", 0)], seen.GetProperty("members").EnumerateArray().Select(m => (m.Text("name"), m.Number("attempts"))).Order());
        Assert.Equal([(forClass, "Ada")], seen.GetProperty("attempts").EnumerateArray().Select(a => (a.Text("id"), a.Text("student"))));
        var statistics = seen.GetProperty("statistics")[0];
        Assert.Equal((Ward.Case, 1), (statistics.Text("case"), statistics.Number("attempts")));
        Assert.Equal(1, statistics.GetProperty("items").EnumerateArray().Single(i => i.Text("id") == "onset").GetProperty("difficulty").GetDouble());
        Assert.Equal("Ada", (await teacher.GetJsonAsync($"/api/v1/medsim/classes/{id}/attempts/{forClass}")).GetProperty("attempt").Text("student"));
        await GoneAsync(teacher, $"/api/v1/medsim/classes/{id}/attempts/{forHerself}", "attempt_not_found");
        await GoneAsync(teacher, $"/api/v1/medsim/attempts/{forClass}", "attempt_not_found");
        await GoneAsync(teacher, $"/api/v1/sessions/{forClass}", "session_not_found");
        await GoneAsync(other, $"/api/v1/medsim/classes/{id}", "class_not_found");
        await GoneAsync(other, $"/api/v1/medsim/classes/{id}/attempts/{forClass}", "class_not_found");

        // A member sees own attempts only.
        await GoneAsync(bob, $"/api/v1/medsim/attempts/{forClass}", "attempt_not_found");
        await GoneAsync(bob, $"/api/v1/medsim/attempts/{forClass}/debrief", "attempt_not_found");
        var mine = await bob.GetJsonAsync($"/api/v1/medsim/classes/{id}");
        Assert.Equal(0, mine.GetProperty("attempts").GetArrayLength());
        Assert.False(mine.TryGetProperty("members", out _));
        Assert.False(mine.TryGetProperty("statistics", out _));

        // Who leaves takes the attempts along; a revoked invite lets nobody in.
        using (await ada.DeleteAsync($"/api/v1/medsim/classes/{id}/members/me", Limits.Token))
        {
            await GoneAsync(teacher, $"/api/v1/medsim/classes/{id}/attempts/{forClass}", "attempt_not_found");
        }

        using (await teacher.DeleteAsync($"/api/v1/medsim/classes/{id}/invite", Limits.Token))
        {
            using var late = await ada.SendAsync(HttpMethod.Post, "/api/v1/medsim/classes/join", $$"""{"invite":"{{invite}}"}""");
            await late.ProblemAsync(HttpStatusCode.NotFound, "invite_unknown");
        }

        static async Task GoneAsync(HttpClient client, string path, string code)
        {
            using var response = await client.GetAsync(path, Limits.Token);
            await response.ProblemAsync(HttpStatusCode.NotFound, code);
        }
    }

    [Fact]
    public async Task Deleting_the_session_deletes_the_attempt_and_its_line()
    {
        await using var server = await Ward.OpenAsync();
        var id = await server.Admin.BeginAsync();
        using var deleted = await server.Admin.DeleteAsync($"/api/v1/sessions/{id}", Limits.Token);
        Assert.True(deleted.IsSuccessStatusCode);
        Assert.Equal(0, (await server.Admin.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts").GetArrayLength());
        using var gone = await server.Admin.GetAsync($"/api/v1/medsim/attempts/{id}", Limits.Token);
        await gone.ProblemAsync(HttpStatusCode.NotFound, "attempt_not_found");
    }

    [Fact]
    public async Task The_same_key_begins_one_attempt()
    {
        await using var server = await Ward.OpenAsync();
        var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Admin.PostJsonAsync("/api/v1/medsim/attempts", new { @case = Ward.Case, mode = "practice" }, "same")));
        Assert.Single(begun.Select(b => b.Text("id")).Distinct());
        using var unknown = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/medsim/attempts", """{"case":"no-such-case","mode":"practice"}""");
        await unknown.ProblemAsync(HttpStatusCode.NotFound, "case_not_found");
    }

    [Fact]
    public async Task No_list_and_no_file_has_an_attempt_of_anybody_else()
    {
        await using var server = await Ward.OpenAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob", scopes = new[] { "chat", "teach" } });
        var (hers, his) = (await ada.BeginAsync(), await bob.BeginAsync());
        await ada.PlayAsync(hers);
        foreach (var (client, own, foreign) in new[] { (ada, hers, his), (bob, his, hers) })
        {
            foreach (var path in new[] { "attempts", "attempts?state=finished", "attempts?state=running", $"attempts?case={Ward.Case}", "attempts/export", "attempts/export?format=csv" })
            {
                Assert.DoesNotContain(foreign, await client.GetStringAsync($"/api/v1/medsim/{path}", Limits.Token), StringComparison.Ordinal);
            }

            Assert.Contains(own, await client.GetStringAsync("/api/v1/medsim/attempts/export", Limits.Token), StringComparison.Ordinal);
            Assert.Equal(1, (await client.GetJsonAsync($"/api/v1/medsim/cases/{Ward.Case}")).Number("attempts"));
            foreach (var path in new[] { "", "/debrief", "/export", "/export?format=page" })
            {
                using var refused = await client.GetAsync($"/api/v1/medsim/attempts/{foreign}{path}", Limits.Token);
                await refused.ProblemAsync(HttpStatusCode.NotFound, "attempt_not_found");
            }

            foreach (var (action, body) in new[] { ("order", """{"what":"ECG"}"""), ("note", """{"text":"x"}"""), ("finish", "{}") })
            {
                using var refused = await client.SendAsync(HttpMethod.Post, $"/api/v1/medsim/attempts/{foreign}/{action}", body);
                await refused.ProblemAsync(HttpStatusCode.NotFound, "attempt_not_found");
            }
        }

        Assert.False((await bob.GetJsonAsync($"/api/v1/medsim/cases/{Ward.Case}")).TryGetProperty("best", out _));
    }
}
