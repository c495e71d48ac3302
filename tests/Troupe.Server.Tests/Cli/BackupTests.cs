using System.Collections.Concurrent;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_under_load_then_a_wipe_then_a_restore_gives_back_every_acknowledged_entry_up_to_its_moment()
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        var file = Path.Combine(elsewhere.Path, "deep", "copy.db");
        var acknowledged = new ConcurrentQueue<(string Session, int Seq, string Reply)>();
        List<(string Session, int Seq, string Reply)> before;
        await using (var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "fixed")))
        {
            using var client = server.Client();
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                var session = await client.NewSessionAsync();
                for (var n = 0; !stop.IsCancellationRequested; n++)
                {
                    var reply = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"message {n}" });
                    acknowledged.Enqueue((session, reply.Number("seq"), reply.Text("reply")));
                }
            })).ToList();
            while (acknowledged.Count < 50)
            {
                await Task.Yield();
            }

            before = [.. acknowledged];
            var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, "backup", file, "--json");
            Assert.True(exit == 0, errors);
            Assert.Equal(file, JsonDocument.Parse(output).RootElement.Text("path"));
            await stop.CancelAsync();
            await Task.WhenAll(writers);
            await server.KillAsync();
        }

        foreach (var old in Directory.GetFiles(folder.Path))
        {
            File.Delete(old);
        }

        Assert.Equal(0, (await TroupeCommand.RunAsync(folder.Path, "restore", file)).ExitCode);
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            using var client = server.Client();
            foreach (var said in before.GroupBy(s => s.Session))
            {
                var entries = await client.EntriesAsync(said.Key);
                Assert.All(said, s => Assert.Equal(s.Reply, entries[s.Seq - 1].Text("text")));
                Assert.Equal(Enumerable.Range(1, entries.Count), entries.Select(e => e.Number("seq")));
            }
        }
    }

    [Fact]
    public async Task A_restore_keeps_what_was_there_before_beside_it()
    {
        using var folder = new TempFolder();
        await TroupeCommand.RunAsync(folder.Path, "keys", "create", "ada");
        var (_, made, _) = await TroupeCommand.RunAsync(folder.Path, "backup", "--json");
        var backup = JsonDocument.Parse(made).RootElement.Text("path");
        await TroupeCommand.RunAsync(folder.Path, "keys", "create", "bob");

        var (exit, output, _) = await TroupeCommand.RunAsync(folder.Path, "restore", backup, "--json");
        Assert.Equal(0, exit);
        var former = JsonDocument.Parse(output).RootElement.Text("former");
        Assert.Contains("ada", (await TroupeCommand.RunAsync(folder.Path, "keys", "list")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("bob", (await TroupeCommand.RunAsync(folder.Path, "keys", "list")).Output, StringComparison.Ordinal);

        await TroupeCommand.RunAsync(folder.Path, "restore", former);
        Assert.Contains("bob", (await TroupeCommand.RunAsync(folder.Path, "keys", "list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("nonsense")]
    [InlineData("cut")]
    public async Task What_is_no_whole_backup_changes_nothing(string what)
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        await TroupeCommand.RunAsync(folder.Path, "keys", "create", "ada");
        var file = Path.Combine(elsewhere.Path, "backup.db");
        if (what == "nonsense")
        {
            await File.WriteAllTextAsync(file, "This is a letter, not a database.", Limits.Token);
        }
        else if (what == "cut")
        {
            await TroupeCommand.RunAsync(folder.Path, "backup", file);
            await using var cut = new FileStream(file, FileMode.Open);
            cut.SetLength(cut.Length / 2);
        }

        var (exit, _, errors) = await TroupeCommand.RunAsync(folder.Path, "restore", file);

        Assert.Equal(2, exit);
        Assert.Single(errors.Trim().Split('\n'));
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.Contains("ada", (await TroupeCommand.RunAsync(folder.Path, "keys", "list")).Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder.Path, "restore.tmp")));
    }

    [Fact]
    public async Task A_running_server_is_not_restored_under_its_feet()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        var (_, made, _) = await TroupeCommand.RunAsync(folder.Path, "backup", "--json");

        var (exit, _, errors) = await TroupeCommand.RunAsync(folder.Path, "restore", JsonDocument.Parse(made).RootElement.Text("path"));

        Assert.Equal(2, exit);
        Assert.Contains("Stop it", errors, StringComparison.Ordinal);
    }
}
