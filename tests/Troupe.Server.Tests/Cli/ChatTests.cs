using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>The terminal program, piped and in a pseudo-terminal.</summary>
public sealed class ChatTests
{
    [Fact]
    public async Task A_piped_conversation_is_answered_line_by_line_and_branches()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "talk.md");
        var (exit, output, errors) = await TroupeCommand.RunAsync(
            folder.Path, $"My name is Ada.\nWhat is my name?\n/regenerate\n/branch\n/branch 2\n/branch 99\n/export {file}\n/nonsense\n", ["chat"]);

        Assert.True(exit == 0, errors);
        var lines = output.Trim().Split('\n');
        Assert.Contains("“My name is Ada.”", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines[1], lines[2]);
        Assert.StartsWith("*      5", lines[4], StringComparison.Ordinal);
        Assert.Contains("You go on from 2.", errors, StringComparison.Ordinal);
        Assert.Contains("'head' is 99", errors, StringComparison.Ordinal);
        Assert.Contains("'/nonsense' is unknown here", errors, StringComparison.Ordinal);
        var talk = await File.ReadAllTextAsync(file, Limits.Token);
        Assert.Contains("My name is Ada.", talk, StringComparison.Ordinal);
        Assert.DoesNotContain("What is my name?", talk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_message_is_said_and_a_session_is_gone_on_with()
    {
        using var folder = new TempFolder();
        var (_, first, _) = await TroupeCommand.RunAsync(folder.Path, "chat", "-m", "My name is Ada.", "--json");
        var session = JsonDocument.Parse(first).RootElement.Text("session_id");

        var (exit, output, _) = await TroupeCommand.RunAsync(folder.Path, "chat", "-m", "What is my name?", "-s", session);

        Assert.Equal(0, exit);
        Assert.Contains("Ada", output, StringComparison.Ordinal);
        Assert.Equal(1, (await TroupeCommand.RunAsync(folder.Path, "chat", "-m", "Hello", "-s", "nothing")).ExitCode);
        Assert.Equal(1, (await TroupeCommand.RunAsync(folder.Path, "chat", "-m", "Hello", "-a", "nobody")).ExitCode);
    }

    [Fact]
    public async Task A_turn_that_fails_is_told_in_one_line_with_an_exit_code_and_a_conversation_goes_on_after_it()
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Status(401));
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", provider.BaseUrl.ToString()), ("OPENAI_MODEL", "m"));

        foreach (var form in new[] { "--json", "--json=false" })
        {
            var (exit, _, errors) = await TroupeCommand.RunAsync(folder.Path, "chat", "-m", "Hello", form);
            Assert.Equal(1, exit);
            Assert.StartsWith("troupe: ", Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
        }

        var (end, output, _) = await TroupeCommand.RunAsync(folder.Path, "Hello\n/branch\n", ["chat"]);
        Assert.Equal(0, end);
        Assert.Contains("user: Hello", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_C_stops_an_answer_and_the_conversation_goes_on()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_DELAY_MS", "600000"));
        await using var terminal = new Terminal(folder.Path, "chat");
        await terminal.SeesAsync("> ");
        terminal.Type("Tell me a long story.\r");
        using var client = server.Client(await File.ReadAllTextAsync(Path.Combine(folder.Path, "server.token"), Limits.Token));
        while (!(await client.GetJsonAsync("/api/v1/performance/metrics")).GetProperty("models").EnumerateArray().Any(m => m.Number("running") == 1))
        {
            await Task.Yield();
        }

        terminal.Type("\u0003");
        await terminal.SeesAsync("what was said is kept");
        terminal.Type("/branch\r");
        await terminal.SeesAsync("user: Tell me a long story.");
        terminal.Type("/quit\r");

        Assert.Equal(0, await terminal.EndAsync());
    }

    [Fact]
    public async Task A_killed_server_is_waited_for_and_the_answer_comes_from_the_next_one()
    {
        using var folder = new TempFolder();
        var first = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_DELAY_MS", "600000"));
        var port = new Uri(first.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var client = first.Client();
        var chat = TroupeCommand.RunAsync(folder.Path, "chat", "-m", "Hello", "--url", first.Url, "--key", ServerProcess.ApiKey);
        while (!(await client.GetJsonAsync("/api/v1/performance/metrics")).GetProperty("models").EnumerateArray().Any(m => m.Number("running") == 1))
        {
            await Task.Yield();
        }

        await first.KillAsync();
        await using var second = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"), ("TROUPE_PORT", port), ("TROUPE_FIXED_REPLY", "Here I am again."));
        var (exit, output, errors) = await chat;

        Assert.True(exit == 0, errors);
        Assert.Equal("Here I am again.", output.Trim());
    }

    [Fact]
    public async Task A_tool_that_needs_approval_is_asked_about_and_runs_once_for_a_yes()
    {
        await using var stage = await ToolStage.OpenAsync(needsApproval: true);
        await using var server = await stage.StartAsync();
        await using var terminal = new Terminal(stage.Folder, "chat -a guide");
        await terminal.SeesAsync("> ");
        terminal.Type("push a\r");
        await terminal.SeesAsync("lab__push {\"what\":\"a\"}\r\nMay it run? [y/N] ");
        Assert.Equal(0, stage.Effects("a"));
        terminal.Type("n\r");
        await terminal.SeesAsync("It said: A person declined this call.");
        await terminal.SeesAsync("> ");
        terminal.Type("push b\r");
        await terminal.SeesAsync("May it run? [y/N] ");
        Assert.Equal(0, stage.Effects("b"));
        terminal.Type("y\r");
        await terminal.SeesAsync("It said: pushed b");
        terminal.Type("/quit\r");

        Assert.Equal(0, await terminal.EndAsync());
        Assert.Equal((0, 1), (stage.Effects("a"), stage.Effects("b")));
        Assert.Empty(stage.InvalidRequests);
    }

    [Theory]
    [InlineData("y", "It said: pushed a", 2)]
    [InlineData("n", "It said: A person declined to run this call again", 1)]
    public async Task After_a_crash_in_the_middle_of_a_tool_the_terminal_asks_whether_it_runs_again(string answer, string told, int effects)
    {
        await using var stage = await ToolStage.OpenAsync();
        stage.Close("answer");
        await using var first = await stage.StartAsync();
        var port = new Uri(first.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await using var terminal = new Terminal(stage.Folder, $"chat -a guide --url {first.Url} --key {ServerProcess.ApiKey}");
        await terminal.SeesAsync("> ");
        terminal.Type("push a\r");
        await stage.NotedAsync("effect a");
        await first.KillAsync();
        await stage.GoneAsync();
        stage.Open("answer");

        await using var second = await stage.StartAsync(("TROUPE_PORT", port));
        await terminal.SeesAsync("lab__push {\"what\":\"a\"}\r\nIt was running when the server stopped, and may have taken effect. Run it again? [y/N] ");
        Assert.Equal(1, stage.Effects("a"));
        terminal.Type($"{answer}\r");
        await terminal.SeesAsync(told);
        terminal.Type("/quit\r");

        Assert.Equal(0, await terminal.EndAsync());
        Assert.Equal(effects, stage.Effects("a"));
        Assert.Empty(stage.InvalidRequests);
    }

    /// <summary>The program in a pseudo-terminal, which the system's <c>script</c> makes.</summary>
    private sealed class Terminal : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _seen = new();
        private int _read;

        public Terminal(string folder, string command)
        {
            // The shell gives its place to the program: one that waited would take the terminal's signals too, and end with its own.
            var start = new ProcessStartInfo("script", ["-qec", $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "troupe.dll")}' {command}", "/dev/null"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                WorkingDirectory = folder,
            };
            start.Environment["TROUPE_DATA"] = folder;
            start.Environment["TERM"] = "dumb";
            start.Environment["TROUPE_API_KEY"] = "";
            _process = Process.Start(start)!;
        }

        public void Type(string keys)
        {
            _process.StandardInput.Write(keys);
            _process.StandardInput.Flush();
        }

        public async Task SeesAsync(string text)
        {
            var buffer = new char[1024];
            while (_seen.ToString().IndexOf(text, _read, StringComparison.Ordinal) is var at)
            {
                if (at >= 0)
                {
                    _read = at + text.Length;
                    return;
                }

                var count = await _process.StandardOutput.ReadAsync(buffer, Limits.Token);
                Assert.True(count > 0, $"The program ended; it had written: {_seen}");
                _seen.Append(buffer, 0, count);
            }
        }

        public async Task<int> EndAsync()
        {
            await _process.WaitForExitAsync(Limits.Token);
            return _process.ExitCode;
        }

        public ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
            return default;
        }
    }
}
