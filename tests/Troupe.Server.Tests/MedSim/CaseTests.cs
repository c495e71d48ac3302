using System.Net;
using System.Text;
using Troupe.Apps.MedSim.Cases;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

public sealed class CaseTests
{
    [Fact]
    public void Every_case_of_ours_passes_the_checker_and_they_span_many_specialties()
    {
        Assert.All(CaseLibrary.Sources(), source =>
        {
            var reading = CaseReader.Read(source.Name, source.Text);
            Assert.Empty(reading.Mistakes.Select(m => m.ToString()));
            Assert.Equal(Path.GetFileNameWithoutExtension(source.Name), reading.Case!.Id);
            Assert.NotEmpty(reading.Case.References);
        });
        Assert.True(CaseLibrary.Own.Count >= 20);
        Assert.True(CaseLibrary.Own.Values.Select(c => c.Specialty).Distinct().Count() >= 10);
        Assert.True(CaseLibrary.Own.Values.Count(c => c.Patient is { IsSpokenFor: true, Years: < 16 }) >= 2);
    }

    [Fact]
    public async Task A_broken_case_file_is_refused_with_every_line_and_nothing_is_taken()
    {
        await using var server = await Ward.OpenAsync();
        var (_, text) = CaseLibrary.Sources().First(s => s.Name.StartsWith(Ward.Case, StringComparison.Ordinal));
        var broken = text.Replace("case: crushing-chest-pain", "case: my-case").Replace("told: offered", "told: whenever").Replace("history: 30", "history: 31").Replace("kind: bedside", "kind: magic");
        using var refused = await PostAsync(server.Admin, broken, "application/yaml");
        var problem = await refused.ProblemAsync(HttpStatusCode.BadRequest, "case_invalid");
        var mistakes = problem.GetProperty("mistakes").EnumerateArray().ToList();
        Assert.True(mistakes.Count >= 5);
        var lines = broken.Split('\n');
        Assert.All(mistakes.Where(m => m.Text("what").Contains("whenever", StringComparison.Ordinal)), m => Assert.Contains("whenever", lines[m.Number("line") - 1], StringComparison.Ordinal));
        using var lineBroken = await PostAsync(server.Admin, "{\"OSCE_Examination\": {}}\n{not json", "application/x-ndjson");
        Assert.Equal([1, 2], (await lineBroken.ProblemAsync(HttpStatusCode.BadRequest, "case_invalid")).GetProperty("mistakes").EnumerateArray().Select(m => m.Number("line")));
        Assert.DoesNotContain((await server.Admin.GetJsonAsync("/api/v1/medsim/cases")).GetProperty("cases").EnumerateArray(), c => c.Text("source") == "imported");

        var good = text.Replace("case: crushing-chest-pain", "case: my-case");
        Assert.Equal(["new", "known"], [await StatusAsync(good), await StatusAsync(good)]);
        var id = await server.Admin.BeginAsync(read: "my-case");
        Assert.Equal("changed", await StatusAsync(good.Replace("Harold Bennett", "Harold Bennet")));

        // An attempt goes on with the case as it was when it began.
        Assert.Equal("Harold Bennett", (await server.Admin.SeeAsync(id)).GetProperty("case").GetProperty("patient").Text("name"));

        async Task<string> StatusAsync(string file)
        {
            using var taken = await PostAsync(server.Admin, file, "application/yaml");
            return (await taken.JsonAsync()).GetProperty("cases")[0].Text("status");
        }
    }

    [Fact]
    public async Task A_teacher_imports_all_osce_cases_and_is_told_what_had_no_place()
    {
        if (!File.Exists(Ward.DataFile))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"There is nothing at {Ward.DataFile}; nothing was imported.");
            return;
        }

        await using var server = await Ward.OpenAsync();
        var file = await File.ReadAllTextAsync(Ward.DataFile, Limits.Token);
        using var teacher = await server.ClientWithKeyAsync(new { owner = "tina", scopes = new[] { "chat", "teach" } });
        using var student = await server.ClientWithKeyAsync(new { owner = "ada" });
        using (var forbidden = await PostAsync(student, file, "application/x-ndjson"))
        {
            await forbidden.ProblemAsync(HttpStatusCode.Forbidden, "scope_missing");
        }

        using var taken = await PostAsync(teacher, file, "application/x-ndjson");
        var report = await taken.JsonAsync();
        Assert.Equal((107, 107), (report.Number("new"), report.GetProperty("cases").GetArrayLength()));
        Assert.Contains(report.GetProperty("cases").EnumerateArray(), c => c.GetProperty("unmapped").GetArrayLength() > 0);
        using var again = await PostAsync(teacher, file, "application/x-ndjson");
        Assert.Equal(107, (await again.JsonAsync()).Number("known"));

        // Every one can be begun and asked; nothing of the diagnosis is in what a student sees before the end.
        var cases = (await teacher.GetJsonAsync("/api/v1/medsim/cases")).GetProperty("cases").EnumerateArray().Where(c => c.Text("source") == "imported").ToList();
        Assert.Equal(107, cases.Count);
        Assert.Equal(0, (await student.GetJsonAsync("/api/v1/medsim/cases")).GetProperty("cases").EnumerateArray().Count(c => c.Text("source") == "imported"));
        var id = await teacher.BeginAsync(read: cases[0].Text("id"));
        Assert.NotEmpty(await teacher.SayAsync(id, "What brings you in?"));
        await teacher.DoAsync(id, "diagnose", new { diagnosis = "no idea" });
        await teacher.DoAsync(id, "finish", new { });
        Assert.Equal("none", (await teacher.GetJsonAsync($"/api/v1/medsim/attempts/{id}/debrief")).GetProperty("diagnosis").Text("credit"));

        var made = await teacher.PostJsonAsync("/api/v1/medsim/classes", new { name = "Year 4" });
        await student.PostJsonAsync("/api/v1/medsim/classes/join", new { invite = made.Text("invite") });
        Assert.Equal(107, (await student.GetJsonAsync("/api/v1/medsim/cases")).GetProperty("cases").EnumerateArray().Count(c => c.Text("source") == "imported"));
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string text, string type)
    {
        using var content = new StringContent(text, Encoding.UTF8, type);
        return await client.PostAsync("/api/v1/medsim/cases/import", content, Limits.Token);
    }

    [Fact]
    public async Task Of_a_file_with_one_bad_line_nothing_is_taken_and_what_was_imported_is_not_taken_away()
    {
        await using var server = await Ward.OpenAsync();
        const string good = """
            {"OSCE_Examination": {"Objective_for_Doctor": "Assess a sore knee.", "Patient_Actor": {"Demographics": "40-year-old man", "History": "He has knelt a lot.", "Symptoms": {"Primary_Symptom": "Sore knee", "Secondary_Symptoms": ["Swelling"]}, "Past_Medical_History": "None.", "Social_History": "Lays floors.", "Review_of_Systems": "No fever."}, "Physical_Examination_Findings": {"Knee": {"Inspection": "Swollen."}}, "Test_Results": {"Xray": {"Findings": "Normal."}}, "Correct_Diagnosis": "Bursitis"}}
            """;
        var another = good.Replace("40-year-old", "50-year-old", StringComparison.Ordinal);
        foreach (var file in new[] { $"{good}\n{{not json", $"{{not json\n{good}", $"{good}\n{{\"OSCE_Examination\": {{}}}}\n{another}" })
        {
            using var refused = await PostAsync(server.Admin, file, "application/x-ndjson");
            await refused.ProblemAsync(HttpStatusCode.BadRequest, "case_invalid");
            Assert.Equal(0, await CountAsync());
        }

        using (var taken = await PostAsync(server.Admin, $"{good}\n{another}", "application/x-ndjson"))
        {
            Assert.Equal(2, (await taken.JsonAsync()).Number("new"));
        }

        using (var refused = await PostAsync(server.Admin, $"{another}\n{{not json", "application/x-ndjson"))
        {
            await refused.ProblemAsync(HttpStatusCode.BadRequest, "case_invalid");
        }

        Assert.Equal(2, await CountAsync());

        async Task<int> CountAsync() => (await server.Admin.GetJsonAsync("/api/v1/medsim/cases")).GetProperty("cases").EnumerateArray().Count(c => c.Text("source") == "imported");
    }

    [Fact]
    public async Task What_the_areas_weigh_is_told_for_practice_alone_and_nothing_secret_with_it()
    {
        await using var server = await Ward.OpenAsync();
        using var student = await server.ClientWithKeyAsync(new { owner = "sam" });
        const string path = $"/api/v1/medsim/cases/{Ward.Case}";
        var plain = await student.GetJsonAsync(path);
        var practice = await student.GetJsonAsync($"{path}?mode=practice");
        Assert.Equal(
            ["history 30", "examination 15", "investigations 15", "diagnosis 15", "plan 10", "communication 10", "efficiency 5"],
            practice.GetProperty("rubric").EnumerateObject().Select(a => $"{a.Name} {a.Value.GetInt32()}"));
        Assert.Equal([.. plain.EnumerateObject().Select(m => m.Name), "rubric"], practice.EnumerateObject().Select(m => m.Name));
        Assert.False(plain.TryGetProperty("rubric", out _));
        Assert.Equal(plain.GetRawText(), (await student.GetJsonAsync($"{path}?mode=osce")).GetRawText());
        foreach (var secret in new[] { "STEMI", "infarct", "aspirin", "nitrate", "onset" })
        {
            Assert.DoesNotContain(secret, practice.GetRawText(), StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("rubric", (await student.GetJsonAsync("/api/v1/medsim/cases")).GetRawText(), StringComparison.Ordinal);
        var osce = await student.SeeAsync(await student.BeginAsync("osce"));
        Assert.DoesNotContain("rubric", osce.GetRawText(), StringComparison.Ordinal);
        using var wrong = await student.GetAsync($"{path}?mode=exam", Limits.Token);
        await wrong.ProblemAsync(HttpStatusCode.BadRequest, "query_invalid", "mode");
    }
}
