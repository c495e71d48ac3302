using Troupe.Agents;
using Troupe.Models;
using Troupe.Storage;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

/// <summary>The real clock of an OSCE, which is the server's and not the wall's.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan MarkEvery = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task It_stands_still_while_the_server_is_down_however_often()
    {
        using var folder = new TempFolder();
        var time = new ManualTime();
        string id;
        double ran;
        await using (var server = await StartAsync(folder.Path, time))
        {
            id = await server.Admin.BeginAsync("osce");
            time.Advance(TimeSpan.FromMinutes(4));
            await server.Admin.SayAsync(id, "When did it start?");
            ran = 240 + await RunAsync(server, time, TimeSpan.FromMinutes(6));
            Assert.Equal((ran, "running"), await ReadAsync(server, id));
        }

        time.Advance(TimeSpan.FromHours(5));
        await using (var server = await StartAsync(folder.Path, time))
        {
            Assert.Equal((ran, "running"), await ReadAsync(server, id));
            ran += await RunAsync(server, time, TimeSpan.FromMinutes(10));
            Assert.Equal((ran, "running"), await ReadAsync(server, id));
        }

        time.Advance(TimeSpan.FromDays(2));
        await using (var server = await StartAsync(folder.Path, time))
        {
            Assert.Equal((ran, "running"), await ReadAsync(server, id));
            time.Advance(TimeSpan.FromSeconds(2099 - ran));
            Assert.Equal((2099, "running"), await ReadAsync(server, id));
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal((2100, "time_up"), await ReadAsync(server, id));
        }
    }

    [Fact]
    public async Task Of_a_server_that_was_killed_the_last_mark_counts_and_at_most_a_quarter_of_a_minute_is_lost()
    {
        using var folder = new TempFolder();
        using var after = new TempFolder();
        var time = new ManualTime();
        string id;
        double ran;
        await using (var server = await StartAsync(folder.Path, time))
        {
            id = await server.Admin.BeginAsync("osce");
            ran = await RunAsync(server, time, TimeSpan.FromMinutes(8));
            time.Advance(TimeSpan.FromSeconds(14));
            Assert.Equal((ran + 14, "running"), await ReadAsync(server, id));

            // What is on the disk in this moment is what a killed process leaves behind.
            foreach (var file in Directory.GetFiles(folder.Path, "troupe.db*"))
            {
                File.Copy(file, Path.Combine(after.Path, Path.GetFileName(file)));
            }
        }

        time.Advance(TimeSpan.FromHours(3));
        await using var second = await StartAsync(after.Path, time);
        Assert.Equal((ran, "running"), await ReadAsync(second, id));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((ran + 60, "running"), await ReadAsync(second, id));

        // What is done seals the clock, whatever the marks say.
        await second.Admin.DoAsync(id, "note", new { text = "Sweaty." });
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((ran + 90, "running"), await ReadAsync(second, id));
    }

    private static Task<TestServer> StartAsync(string folder, ManualTime time) =>
        TestServer.StartAsync(r => r.Models.Add("offline", new OfflineChatClient()), folder: folder, options: new AgentRuntimeOptions { Time = time });

    private static async Task<(double Seconds, string State)> ReadAsync(TestServer server, string id)
    {
        var seen = await server.Admin.SeeAsync(id);
        return (seen.GetProperty("clock").GetProperty("real_seconds").GetDouble(), seen.Text("state"));
    }

    /// <summary>Lets time pass until it is at least so long and a mark of that moment is on the disk, so that no other is under way.</summary>
    /// <returns>The seconds that passed.</returns>
    private static async Task<double> RunAsync(TestServer server, ManualTime time, TimeSpan atLeast)
    {
        const int looks = 500;
        for (var ran = MarkEvery; ; ran += MarkEvery)
        {
            time.Advance(MarkEvery);
            var end = $",{time.GetUtcNow().ToUnixTimeMilliseconds()}]]";
            for (var look = 0; look < looks; look++)
            {
                if (await server.Runtime.Store.ReadDocumentsAsync(new DocumentQuery("medsim-hours") { Owner = "*" }, Limits.Token) is [var mark] && mark.Body.EndsWith(end, StringComparison.Ordinal))
                {
                    if (ran >= atLeast)
                    {
                        return ran.TotalSeconds;
                    }

                    break;
                }

                // A mark that is still being written keeps the next from being begun; then a later one comes.
                await Task.Delay(1, Limits.Token);
            }
        }
    }
}
