using System.Text.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

public sealed class CommandTests
{
    [Fact]
    public async Task Commands_work_without_a_server_and_through_the_one_that_holds_the_data()
    {
        using var folder = new TempFolder();
        var (exit, token, errors) = await TroupeCommand.RunAsync(folder.Path, "keys", "create", "ada", "--scope", "chat", "--requests-per-minute", "99");
        Assert.True(exit == 0, errors);
        Assert.StartsWith("tk_", token, StringComparison.Ordinal);

        await using var server = await ServerProcess.StartAsync(folder.Path);
        using var ada = server.Client(token.Trim());
        var session = (await ada.PostJsonAsync("/api/v1/agent/prompt", new { message = "Where is the blue door?" })).Text("session_id");
        var keys = JsonDocument.Parse((await TroupeCommand.RunAsync(folder.Path, "keys", "list", "--json")).Output).RootElement.GetProperty("keys");
        var key = Assert.Single(keys.EnumerateArray());
        Assert.Equal(99, key.Number("requests_per_minute"));

        // The operator sees that there is a session, and not what is said in it.
        var everybody = (await TroupeCommand.RunAsync(folder.Path, "sessions", "list", "--everybody")).Output;
        Assert.Contains(session, everybody, StringComparison.Ordinal);
        Assert.DoesNotContain("blue door", everybody, StringComparison.Ordinal);
        Assert.Equal(1, (await TroupeCommand.RunAsync(folder.Path, "sessions", "show", session)).ExitCode);

        Assert.Equal(0, (await TroupeCommand.RunAsync(folder.Path, "keys", "revoke", key.Text("id"))).ExitCode);
        using var refused = await ada.GetAsync("/api/v1/sessions", Limits.Token);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Sessions_are_listed_found_shown_exported_and_deleted()
    {
        using var folder = new TempFolder();
        string session;
        await using (var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_API_KEY", "")))
        {
            using var client = server.Client(await File.ReadAllTextAsync(Path.Combine(folder.Path, "server.token"), Limits.Token));
            session = (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Where is the blue door?\u001b[31m" })).Text("session_id");
        }

        Assert.Contains(session, (await TroupeCommand.RunAsync(folder.Path, "sessions", "list")).Output, StringComparison.Ordinal);
        Assert.Contains(session, (await TroupeCommand.RunAsync(folder.Path, "sessions", "search", "BLUE door")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(session, (await TroupeCommand.RunAsync(folder.Path, "sessions", "search", "green")).Output, StringComparison.Ordinal);
        var shown = (await TroupeCommand.RunAsync(folder.Path, "sessions", "show", session)).Output;
        Assert.Contains("[1 after 0] user: Where is the blue door?", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);
        var file = Path.Combine(folder.Path, "out", "session.md");
        Assert.Equal(0, (await TroupeCommand.RunAsync(folder.Path, "sessions", "export", session, "--format", "markdown", "-o", file)).ExitCode);
        Assert.Contains("blue door", await File.ReadAllTextAsync(file, Limits.Token), StringComparison.Ordinal);

        // Nobody is there to say yes.
        Assert.Equal(2, (await TroupeCommand.RunAsync(folder.Path, "sessions", "delete", session)).ExitCode);
        Assert.Equal(0, (await TroupeCommand.RunAsync(folder.Path, "sessions", "delete", session, "--yes")).ExitCode);
        Assert.Equal(1, (await TroupeCommand.RunAsync(folder.Path, "sessions", "show", session)).ExitCode);
    }

    [Theory]
    [InlineData(1, "keys", "revoke", "nobody")]
    [InlineData(1, "agents", "show", "nobody")]
    [InlineData(1, "sessions", "list", "--limit", "1000")]
    [InlineData(2, "sessions", "list", "--url", "ftp://127.0.0.1")]
    [InlineData(3, "sessions", "list", "--url", "http://127.0.0.1:9", "--key", "a-key-of-sixteen-or-more")]
    public async Task What_does_not_work_is_said_in_one_line_with_an_exit_code(int code, params string[] arguments)
    {
        using var folder = new TempFolder();
        var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, arguments);

        Assert.Equal(code, exit);
        Assert.Equal("", output);
        Assert.StartsWith("troupe: ", Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_sends_elsewhere_is_not_followed()
    {
        using var folder = new TempFolder();
        await using var elsewhere = await FakeProvider.StartAsync(FakeProvider.Status(200, "{}"));
        await using var server = await FakeProvider.StartAsync(FakeProvider.Status(307, "", ("Location", new Uri(elsewhere.BaseUrl, "/").ToString())));

        var (exit, _, errors) = await TroupeCommand.RunAsync(
            folder.Path, "chat", "-m", "Between us", "--url", new Uri(server.BaseUrl, "/").ToString(), "--key", "a-key-of-sixteen-or-more");

        Assert.Equal(1, exit);
        Assert.Contains("307", errors, StringComparison.Ordinal);
        Assert.Equal(0, elsewhere.Count);
    }

    [Theory]
    [InlineData("sessions", "list", "--colour", "red")]
    [InlineData("sessions")]
    [InlineData("load", "--connections", "0")]
    [InlineData("completion", "tcsh")]
    public async Task Arguments_that_cannot_be_understood_have_an_exit_code_of_their_own(params string[] arguments)
    {
        using var folder = new TempFolder();
        Assert.Equal(2, (await TroupeCommand.RunAsync(folder.Path, arguments)).ExitCode);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task A_load_test_counts_turns_and_leaves_nothing_behind()
    {
        using var folder = new TempFolder();
        Assert.Equal(2, (await TroupeCommand.RunAsync(folder.Path, "load")).ExitCode);
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"));

        var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, "load", "-c", "4", "-d", "1", "--sessions", "8", "--json");

        Assert.True(exit == 0, errors);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, result.Number("errors"));
        Assert.True(result.Number("turns") > 0);
        Assert.DoesNotContain("station", (await TroupeCommand.RunAsync(folder.Path, "sessions", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_finds_nothing_wrong_where_nothing_is_and_names_what_is_wrong()
    {
        using var folder = new TempFolder();
        Assert.Equal(0, (await TroupeCommand.RunAsync(folder.Path, "doctor")).ExitCode);
        await using (await ServerProcess.StartAsync(folder.Path))
        {
            var (well, report, _) = await TroupeCommand.RunAsync(folder.Path, "doctor");
            Assert.True(well == 0, report);
            Assert.Contains("A server answers at", report, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(Path.Combine(folder.Path, ".env"), "CACHE_TTL=never\n", Limits.Token);
        var (ill, output, _) = await TroupeCommand.RunAsync(folder.Path, "doctor", "--json");
        Assert.Equal(1, ill);
        Assert.Contains("CACHE_TTL is 'never'", output.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);

        File.Delete(Path.Combine(folder.Path, ".env"));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "troupe.db"), "This is a letter.", Limits.Token);
        Assert.Contains("is not a whole database", (await TroupeCommand.RunAsync(folder.Path, "doctor")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_completes_commands_by_asking_the_program()
    {
        using var folder = new TempFolder();
        Assert.Equal("serve\nsessions\n", (await TroupeCommand.RunAsync(folder.Path, "[suggest:9]", "troupe se")).Output);
        foreach (var shell in new[] { "bash", "zsh", "fish" })
        {
            Assert.Contains("[suggest:", (await TroupeCommand.RunAsync(folder.Path, "completion", shell)).Output, StringComparison.Ordinal);
        }

        // The script in a real shell, where the program is a function that runs the one under test.
        var script = $$"""
            troupe() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "troupe.dll")}}' "$@"; }
            source <(troupe completion bash)
            COMP_WORDS=(troupe sess) COMP_CWORD=1 COMP_LINE="troupe sess" COMP_POINT=11
            _troupe
            echo "${COMPREPLY[@]}"
            """;
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        Assert.Equal("sessions\n", await bash.StandardOutput.ReadToEndAsync(Limits.Token));
        await bash.WaitForExitAsync(Limits.Token);
    }
}
