using System.Diagnostics;
using System.Net;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

public sealed class ProcessTests
{
    [Fact]
    public async Task A_server_that_is_told_to_stop_lets_turns_end_and_takes_nothing_new()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_REPLY", "Just in time."), ("TROUPE_FIXED_DELAY_MS", "4000"), ("TROUPE_DRAIN", "40"));
        using var client = server.Client();
        var session = await client.NewSessionAsync();
        using var running = await EventReader.OpenAsync(client, HttpMethod.Post, $"/api/v1/sessions/{session}/turns", new { message = "Hello" });
        Assert.Equal("turn.started", (await running.NextAsync())!.Name);
        using var other = await EventReader.OpenAsync(client, HttpMethod.Post, "/api/v1/agent/prompt", new { message = "In time?" });
        Assert.Equal("turn.started", (await other.NextAsync())!.Name);
        await server.SignalAsync();

        // The connections are kept; the signal may arrive a moment after it was sent.
        HttpResponseMessage ready;
        do
        {
            ready = await client.GetAsync("/health/ready", Limits.Token);
        }
        while (ready.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using (var refused = await client.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", """{"message":"Hello"}"""))
        {
            await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable, "stopping");
            Assert.NotEmpty(refused.Headers.GetValues("Retry-After"));
        }

        foreach (var reader in new[] { running, other })
        {
            Assert.Equal("Just in time.", (await reader.NextAsync())!.Data.Text("text"));
            Assert.Equal("turn.completed", (await reader.NextAsync())!.Name);
        }

        Assert.Equal(0, await server.TerminateAsync());
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_marked_and_its_key_runs_it_anew()
    {
        using var folder = new TempFolder();
        string session;
        await using (var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_DELAY_MS", "600000"), ("TROUPE_DRAIN", "0")))
        {
            using var client = server.Client();
            session = await client.NewSessionAsync();
            using var running = await EventReader.OpenAsync(client, HttpMethod.Post, $"/api/v1/sessions/{session}/turns", new { message = "Hello" }, "k");
            Assert.Equal("turn.started", (await running.NextAsync())!.Name);
            await server.SignalAsync();
            var end = await running.NextAsync();
            Assert.Equal("turn.abandoned", end!.Name);
            Assert.Equal("turn_abandoned", end.Data.GetProperty("error").Text("code"));
            Assert.Equal(0, await server.TerminateAsync());
        }

        await using (var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed")))
        {
            using var client = server.Client();
            var again = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Hello" }, "k");
            Assert.Equal("completed", again.Text("status"));
            Assert.Equal(["user", "assistant"], (await client.EntriesAsync(session)).Select(e => e.Text("role")));
        }
    }

    [Fact]
    public async Task The_usual_lines_of_curl_work()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        var metrics = await RunAsync("curl", "-sS", "-X", "GET", $"{server.Url}/api/v1/performance/metrics", "-H", $"Authorization: Bearer {ServerProcess.ApiKey}");
        Assert.Contains("\"p99_ms\":", metrics, StringComparison.Ordinal);
        var prompt = await RunAsync(
            "curl", "-sS", "-X", "POST", $"{server.Url}/api/v1/agent/prompt", "-H", "Content-Type: application/json",
            "-H", $"Authorization: Bearer {ServerProcess.ApiKey}", "-d", """{"message": "Hello, world!"}""");
        Assert.Contains("\"status\":\"completed\"", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_of_ab_is_served_without_a_failure()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ab"), "ab is not installed (apt-get install apache2-utils).");
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        var body = Path.Combine(folder.Path, "prompt.json");
        await File.WriteAllTextAsync(body, """{"message": "Hello, world!"}""", Limits.Token);
        foreach (var keepAlive in new[] { false, true })
        {
            // -l, because each reply names its own session and turn.
            string[] more = keepAlive ? ["-k"] : [];
            var report = await RunAsync(
                "ab", ["-l", "-n", "100", "-c", "10", .. more, "-T", "application/json", "-H", $"Authorization: Bearer {ServerProcess.ApiKey}", "-p", body, $"{server.Url}/api/v1/agent/prompt"]);
            Assert.Matches(@"Complete requests:\s+100\b", report);
            Assert.Matches(@"Failed requests:\s+0\b", report);
            Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
        }

        using var client = server.Client();
        Assert.Equal(200, (await client.GetJsonAsync("/api/v1/sessions?limit=200")).GetProperty("sessions").GetArrayLength());
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Limits.Token);
        var output = await process.StandardOutput.ReadToEndAsync(Limits.Token);
        await process.WaitForExitAsync(Limits.Token);
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode} {output} {await errors}");
        return output;
    }
}
