using System.Net;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Mnemosine;

public sealed class ReportTests
{
    private const string Route = "/api/v1/performance/report";

    [Fact]
    public async Task The_report_has_what_was_done_as_data_and_as_a_table()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "My secret." });
        await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "My secret.", cache = false });

        var report = await server.Admin.GetJsonAsync(Route);
        var table = await server.Admin.GetStringAsync($"{Route}?format=text", Limits.Token);

        var sections = report.GetProperty("sections").EnumerateArray().ToDictionary(s => $"{s.Text("category")} {s.Text("section")}");
        Assert.Equal(2, sections["turns assistant"].Number("calls"));
        Assert.Equal(2, sections["model_calls scripted"].Number("calls"));
        Assert.True(sections["database commit"].Number("calls") > 0);
        Assert.All(sections.Values, s => Assert.True(s.GetProperty("average_ms").GetDouble() * s.Number("calls") <= s.GetProperty("total_ms").GetDouble() + 0.001));
        Assert.All(sections.Values, s => Assert.Equal(JsonValueKind.Number, s.GetProperty("p99_ms").ValueKind));
        Assert.False(report.TryGetProperty("comparison", out _));
        Assert.Matches(@"(?m)^model calls +scripted +2 ", table);
        Assert.DoesNotContain("secret", report.GetRawText() + table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_saved_is_compared_with_also_after_a_restart()
    {
        using var folder = new TempFolder();
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using (var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model), folder: folder.Path))
        {
            await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
            using var saved = await server.Admin.SendAsync(HttpMethod.Post, $"{Route}?save=before-1_0");
            Assert.Equal(HttpStatusCode.Created, saved.StatusCode);
            Assert.Equal("before-1_0", (await saved.JsonAsync()).Text("name"));
        }

        Assert.Equal(["before-1_0.json"], Directory.GetFiles(Path.Combine(folder.Path, "performance")).Select(Path.GetFileName));
        await using var again = await TestServer.StartAsync(r => r.Models.Add("scripted", new ScriptedChatClient { Reply = _ => "Yes." }), folder: folder.Path);
        await again.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });

        var report = await again.Admin.GetJsonAsync($"{Route}?baseline=before-1_0");
        var change = report.GetProperty("comparison").GetProperty("sections").EnumerateArray().Single(s => s.Text("section") == "assistant");
        var section = report.GetProperty("sections").EnumerateArray().Single(s => s.Text("section") == "assistant");
        Assert.Equal(section.GetProperty("average_ms").GetDouble(), change.GetProperty("now").GetProperty("average_ms").GetDouble());
        Assert.Equal(
            change.GetProperty("now").GetProperty("average_ms").GetDouble() / change.GetProperty("before").GetProperty("average_ms").GetDouble(), change.GetProperty("ratio").GetDouble(), 0.001);
        Assert.Matches(@"(?m)^turns +assistant +\d+\.\d{3} ", await again.Admin.GetStringAsync($"{Route}?baseline=before-1_0&format=text", Limits.Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../troupe")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("Upper")]
    [InlineData("new\nline")]
    [InlineData("name\n")]
    [InlineData("nul\0")]
    [InlineData("ä")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_name_that_could_lead_elsewhere_is_refused(string name)
    {
        using var folder = new TempFolder();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", new ScriptedChatClient()), folder: folder.Path);
        using var saved = await server.Admin.SendAsync(HttpMethod.Post, $"{Route}?save={Uri.EscapeDataString(name)}");
        await saved.ProblemAsync(HttpStatusCode.BadRequest, "query_invalid", "save");
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "performance")));
        if (name.Length > 0)
        {
            using var read = await server.Admin.GetAsync($"{Route}?baseline={Uri.EscapeDataString(name)}", Limits.Token);
            await read.ProblemAsync(HttpStatusCode.BadRequest, "query_invalid", "baseline");
        }
    }

    [Fact]
    public async Task There_are_only_so_many_and_what_is_missing_or_damaged_says_so()
    {
        using var folder = new TempFolder();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", new ScriptedChatClient()), folder: folder.Path);
        await Task.WhenAll(Enumerable.Range(0, 110).Select(n => server.Admin.SendAsync(HttpMethod.Post, $"{Route}?save=report-{n}")));
        var files = Directory.GetFiles(Path.Combine(folder.Path, "performance"));
        Assert.Equal(100, files.Length);

        using var more = await server.Admin.SendAsync(HttpMethod.Post, $"{Route}?save=another");
        await more.ProblemAsync(HttpStatusCode.Conflict, "reports_full");
        using var same = await server.Admin.SendAsync(HttpMethod.Post, $"{Route}?save={Path.GetFileNameWithoutExtension(files[0])}");
        Assert.Equal(HttpStatusCode.Created, same.StatusCode);
        using var missing = await server.Admin.GetAsync($"{Route}?baseline=another", Limits.Token);
        await missing.ProblemAsync(HttpStatusCode.NotFound, "report_not_found");
        await File.WriteAllTextAsync(files[0], "{", Limits.Token);
        using var damaged = await server.Admin.GetAsync($"{Route}?baseline={Path.GetFileNameWithoutExtension(files[0])}", Limits.Token);
        await damaged.ProblemAsync(HttpStatusCode.BadRequest, "report_unreadable");
        using var format = await server.Admin.GetAsync($"{Route}?format=xml", Limits.Token);
        await format.ProblemAsync(HttpStatusCode.BadRequest, "query_invalid", "format");
    }
}
