using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

public sealed class ProfileTests
{
    [Fact]
    public async Task The_methods_of_a_busy_server_are_named_by_their_own_time_and_all_of_it()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed"));
        using var client = server.Client();
        using var stop = new CancellationTokenSource();
        var busy = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
            }
        })).ToList();
        var kept = Path.Combine(folder.Path, "kept", "server.nettrace");

        var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, "profile", "--seconds", "2", "--top", "1000", "--json", "--output", kept);
        await stop.CancelAsync();
        await Task.WhenAll(busy);

        Assert.True(exit == 0, errors);
        Assert.Contains("Profiling", errors, StringComparison.Ordinal);
        var profile = JsonElement.Parse(output);
        var samples = profile.Number("samples");
        Assert.Equal(server.Id, profile.Number("process"));
        Assert.InRange(samples, 1, int.MaxValue);
        Assert.InRange(profile.Number("outside_samples"), 1, int.MaxValue);
        var exclusive = profile.GetProperty("by_exclusive").EnumerateArray().ToList();
        var inclusive = profile.GetProperty("by_inclusive").EnumerateArray().ToList();
        Assert.Equal(exclusive.Select(m => m.Number("exclusive_samples")).OrderDescending(), exclusive.Select(m => m.Number("exclusive_samples")));
        Assert.Equal(inclusive.Select(m => m.Number("inclusive_samples")).OrderDescending(), inclusive.Select(m => m.Number("inclusive_samples")));
        Assert.All(inclusive, m => Assert.InRange(m.Number("inclusive_samples"), m.Number("exclusive_samples"), samples));
        Assert.InRange(exclusive.Sum(m => m.Number("exclusive_samples")), 1, samples);

        // Every thread begins there, and what is ours is named in full.
        Assert.Contains(inclusive, m => m.Text("method") == "System.Threading.Thread.StartCallback");
        Assert.Contains(inclusive, m => m.Text("method").StartsWith("Troupe.", StringComparison.Ordinal));
        Assert.InRange(new FileInfo(kept).Length, 1000, 256 << 20);
        Assert.Equal("completed", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("status"));
    }

    [Fact]
    public async Task Without_a_server_it_says_so()
    {
        using var folder = new TempFolder();
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            // Its files stay behind, and the process they name is gone.
            await server.KillAsync();
        }

        Assert.True(File.Exists(Path.Combine(folder.Path, "server.pid")));
        var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, "profile", "--seconds", "1");
        Assert.Equal((3, ""), (exit, output));
        Assert.Contains(folder.Path, Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_lets_nobody_look_is_named()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("DOTNET_EnableDiagnostics", "0"));
        var (exit, _, errors) = await TroupeCommand.RunAsync(folder.Path, "profile", "--seconds", "1");
        Assert.Equal(3, exit);
        Assert.Contains($"{server.Id}", Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "301")]
    [InlineData("--top", "0")]
    [InlineData("--url", "http://127.0.0.1:1")]
    public async Task What_cannot_be_is_refused(string option, string value)
    {
        using var folder = new TempFolder();
        Assert.Equal(2, (await TroupeCommand.RunAsync(folder.Path, "profile", option, value)).ExitCode);
    }
}
