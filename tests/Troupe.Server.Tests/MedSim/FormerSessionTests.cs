using System.Net;
using System.Text.Json;
using Troupe.Server.Tests.Cli;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

/// <summary>Sessions of a former MedSim, as <c>troupe import</c> takes them.</summary>
public sealed class FormerSessionTests
{
    [Fact]
    public async Task Former_sessions_are_attempts_that_are_over_under_the_cases_that_they_were_of()
    {
        using var folder = new TempFolder();
        var files = Directory.CreateDirectory(Path.Combine(folder.Path, "former")).FullName;
        await WriteAsync(files, "by-id.json", """ "case": "crushing-chest-pain", """);
        await WriteAsync(files, "by-words.json", """ "scenario": "Crushing chest pain", "title": "Tuesday", """);
        await WriteAsync(files, "by-title.json", """ "case": {"number": 4, "title": "a bus driver with chest pain"}, """);
        await WriteAsync(files, "unknown.json", """ "case_id": "The man with the cough", "title": "Wednesday", """);
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        foreach (var expected in new[] { 4, 0 })
        {
            var summary = (await CommandProcess.RunAsync(folder.Path, ["import", "former", "--json"])).Json();
            Assert.Equal(expected, summary.GetProperty("files").EnumerateArray().Sum(f => f.Number("new")));
        }

        var lines = (await client.GetJsonAsync("/api/v1/medsim/attempts?state=finished")).GetProperty("attempts").EnumerateArray().ToList();
        Assert.Equal(
            ["crushing-chest-pain|A bus driver with chest pain|cardiology", "crushing-chest-pain|A bus driver with chest pain|cardiology", "crushing-chest-pain|A bus driver with chest pain|cardiology", "The man with the cough|The man with the cough|"],
            lines.Select(l => $"{l.Text("case")}|{l.Text("title")}|{l.Text("specialty")}").OrderByDescending(l => l, StringComparer.Ordinal));
        Assert.All(lines, line =>
        {
            Assert.Equal(("imported", "finished", "2024-03-01T09:00:05+00:00", "2024-03-01T09:04:05+00:00"), (line.Text("mode"), line.Text("state"), line.Text("started_at"), line.Text("finished_at")));
            Assert.False(line.TryGetProperty("score", out _));
        });
        Assert.Empty((await client.GetJsonAsync("/api/v1/medsim/attempts?state=running")).GetProperty("attempts").EnumerateArray());
        Assert.Equal(3, (await client.GetJsonAsync("/api/v1/medsim/attempts?case=crushing-chest-pain")).GetProperty("attempts").GetArrayLength());
        var known = (await client.GetJsonAsync("/api/v1/medsim/cases/crushing-chest-pain"));
        Assert.Equal(3, known.Number("attempts"));
        Assert.False(known.TryGetProperty("best", out _));
    }

    [Fact]
    public async Task Its_transcript_can_be_read_and_nothing_more_can_be_done()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder.Path, "former.json", """ "case": "The man with the cough", """);
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var id = await ImportAsync(folder);
        var seen = await client.SeeAsync(id);
        Assert.Equal(("imported", "finished", "The man with the cough", "unknown"), (seen.Text("mode"), seen.Text("state"), seen.GetProperty("case").Text("title"), seen.GetProperty("case").Text("source")));
        Assert.Equal(
            ["0 said What brings you here?", "2 reply A cough.", "4 note [examiner] Temperature 38.4"],
            seen.GetProperty("events").EnumerateArray().Select(e => $"{e.GetProperty("minute").GetDouble()} {e.Text("kind")} {e.Text("text")}"));
        Assert.False(seen.TryGetProperty("rubric", out _));
        Assert.False(seen.TryGetProperty("score", out _));
        using (var debrief = await client.GetAsync($"/api/v1/medsim/attempts/{id}/debrief", Limits.Token))
        {
            var why = await debrief.ProblemAsync(HttpStatusCode.Conflict, "attempt_imported");
            Assert.Contains("no score", why.Text("detail"), StringComparison.Ordinal);
        }

        foreach (var (path, body) in new (string, object)[]
        {
            ($"sessions/{id}/turns", new { message = "Hello" }), ($"medsim/attempts/{id}/order", new { what = "ECG" }), ($"medsim/attempts/{id}/diagnose", new { diagnosis = "flu" }), ($"medsim/attempts/{id}/finish", new { }),
        })
        {
            using var late = await client.SendAsync(HttpMethod.Post, $"/api/v1/{path}", JsonSerializer.Serialize(body));
            await late.ProblemAsync(HttpStatusCode.Conflict, "attempt_ended");
        }

        foreach (var format in new[] { "json", "csv", "page" })
        {
            Assert.Contains("A cough.", await client.GetStringAsync($"/api/v1/medsim/attempts/{id}/export?format={format}", Limits.Token), StringComparison.Ordinal);
        }

        Assert.Equal(seen.GetRawText(), (await client.SeeAsync(id)).GetRawText());
        var key = await client.PostJsonAsync("/api/v1/keys", new { owner = "ada" });
        using var stranger = server.Client(key.Text("token"));
        using var foreign = await stranger.GetAsync($"/api/v1/medsim/attempts/{id}", Limits.Token);
        await foreign.ProblemAsync(HttpStatusCode.NotFound, "attempt_not_found");
        Assert.Empty((await stranger.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts").EnumerateArray());
    }

    [Fact]
    public async Task A_case_that_comes_later_is_found_and_taking_the_import_back_takes_the_attempts()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder.Path, "former.json", """ "case": "shaky-scissors-again", """);
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var id = await ImportAsync(folder);
        Assert.Equal("", (await LineAsync()).Text("specialty"));
        var file = await File.ReadAllTextAsync(Path.Combine(House.Root, "src", "Troupe.Apps", "MedSim", "Cases", "shaky-scissors.yaml"), Limits.Token);
        using (var content = new StringContent(file.Replace("case: shaky-scissors", "case: shaky-scissors-again", StringComparison.Ordinal), mediaType: new("application/yaml")))
        using (var taken = await client.PostAsync("/api/v1/medsim/cases/import", content, Limits.Token))
        {
            Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        }

        Assert.Equal(("shaky-scissors-again", "A hairdresser with shaky hands"), ((await LineAsync()).Text("case"), (await LineAsync()).Text("title")));
        Assert.Equal("imported", (await client.SeeAsync(id)).GetProperty("case").Text("source"));
        var undone = (await CommandProcess.RunAsync(folder.Path, ["import", "--undo", "first.json", "--json"]));
        Assert.True(undone.ExitCode == 0, undone.Errors);
        Assert.Empty((await client.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts").EnumerateArray());

        async Task<JsonElement> LineAsync() => (await client.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts").EnumerateArray().Single();
    }

    [Fact]
    public async Task For_another_agent_it_is_a_conversation_and_no_attempt()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder.Path, "former.json", """ "case": "crushing-chest-pain", """);
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var id = await ImportAsync(folder, "--agent", "assistant");
        Assert.Equal("assistant", (await client.GetJsonAsync($"/api/v1/sessions/{id}")).Text("agent"));
        Assert.Empty((await client.GetJsonAsync("/api/v1/medsim/attempts")).GetProperty("attempts").EnumerateArray());
    }

    private static Task<ServerProcess> StartAsync(TempFolder folder) => ServerProcess.StartAsync(folder.Path, ("TROUPE_DATA", Path.Combine(folder.Path, "data")), ("TROUPE_MODEL", "offline"));

    private static async Task<string> ImportAsync(TempFolder folder, params string[] arguments) =>
        (await CommandProcess.RunAsync(folder.Path, ["import", "former.json", "--summary", "first.json", "--json", .. arguments])).Json().GetProperty("sessions").EnumerateArray().Single().Text("id");

    private static Task WriteAsync(string folder, string name, string members) => File.WriteAllTextAsync(
        Path.Combine(folder, name),
        $$"""
        {"id": "{{name}}", {{members}} "student": "Student 4", "started_at": "2024-03-01T09:00:00Z", "messages": [
          {"role": "student", "content": "What brings you here?", "time": "2024-03-01T09:00:05Z"},
          {"role": "patient", "content": "A cough.", "time": "2024-03-01T09:02:05Z", "mood": "worried"},
          {"role": "examiner", "content": "Temperature 38.4", "time": "2024-03-01T09:04:05Z"}]}
        """,
        Limits.Token);
}
