using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Troupe.Sqlite;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary>What keeps the program from starting is said in one line, with the way out, and harms nothing.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("TROUPE_PORT", "80a")]
    [InlineData("TROUPE_PORT", "65536")]
    [InlineData("TROUPE_PORT", "-1")]
    [InlineData("TROUPE_HOST", "not a host")]
    [InlineData("TROUPE_HOST", "example.org")]
    [InlineData("TROUPE_HOST", "192.0.2.1")]
    [InlineData("TROUPE_HOST", "127.0.0.1/x")]
    [InlineData("TROUPE_API_KEY", "short")]
    [InlineData("TROUPE_KEEP_ALIVE", "0")]
    [InlineData("TROUPE_MAX_CONNECTIONS", "0")]
    [InlineData("TROUPE_MAX_BODY", "1")]
    [InlineData("TROUPE_MAX_MESSAGE", "1000001")]
    [InlineData("TROUPE_DRAIN", "3601")]
    [InlineData("CACHE_TTL", "0")]
    [InlineData("SAVE_INTERVAL", "NaN")]
    [InlineData("SAVE_INTERVAL", "0")]
    [InlineData("DB_POOL_SIZE", "0")]
    [InlineData("DB_MAX_OVERFLOW", "501")]
    [InlineData("ENABLE_RESPONSE_COMPRESSION", "perhaps")]
    [InlineData("REDIS_URL", "redis://localhost:6379")]
    [InlineData("TROUPE_MODEL", "gpt")]
    [InlineData("TROUPE_FIXED_DELAY_MS", "-1", "fixed")]
    [InlineData("OPENAI_MODEL", "", "openai")]
    [InlineData("OPENAI_BASE_URL", "nonsense", "openai")]
    [InlineData("OPENAI_BASE_URL", "ftp://example.org", "openai")]
    [InlineData("OPENAI_MAX_RETRIES", "11", "openai")]
    [InlineData("OPENAI_TIMEOUT", "soon", "openai")]
    public async Task A_bad_setting_is_named_in_one_line(string name, string value, string? model = null)
    {
        using var folder = new TempFolder();
        var (code, output, errors) = await ServerProcess.RunToEndAsync(
            folder.Path, ("TROUPE_MODEL", model ?? "offline"), ("OPENAI_MODEL", name == "OPENAI_MODEL" ? value : "m"), (name, value));
        AssertOneLine(code, output, errors, name, value.Length > 0 && name is not ("TROUPE_API_KEY" or "REDIS_URL") ? value : name);
        Assert.False(name == "TROUPE_API_KEY" && errors.Contains(value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TROUPE_PORT=0\nnonsense\n", "line 2")]
    [InlineData("=x\n", "line 1")]
    public async Task A_bad_file_of_settings_is_named_with_its_line(string text, string place)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, ".env"), text, Limits.Token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path);
        AssertOneLine(code, output, errors, ".env", place);
        Assert.False(File.Exists(Path.Combine(folder.Path, SqliteStore.FileName)));
    }

    [Fact]
    public async Task A_file_of_settings_is_read_and_the_environment_wins()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, ".env"),
            """
            # The seeds' names and ours.
            export TROUPE_MODEL=fixed
            TROUPE_FIXED_REPLY="From the # file"  # with a remark
            TROUPE_API_KEY='a-key-from-the-file'
            CACHE_TTL=60 # seconds

            SAVE_INTERVAL=0.5
            """, Limits.Token);
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", ""), ("TROUPE_API_KEY", ""));
        using var client = server.Client("a-key-from-the-file");
        Assert.Equal("From the # file", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("reply"));

        await using var other = await ServerProcess.StartAsync(folder.Path, ("TROUPE_DATA", Path.Combine(folder.Path, "other")), ("TROUPE_FIXED_REPLY", "From outside"), ("TROUPE_MODEL", ""));
        using var second = other.Client();
        Assert.Equal("From outside", (await second.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("reply"));
    }

    [Fact]
    public async Task A_folder_that_another_server_holds_is_left_to_it()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_API_KEY", ""));
        var token = await File.ReadAllTextAsync(Path.Combine(folder.Path, "server.token"), Limits.Token);
        using var client = server.Client(token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_API_KEY", ""));
        AssertOneLine(code, output, errors, "Another process holds", "TROUPE_DATA");
        Assert.Equal(token, await File.ReadAllTextAsync(Path.Combine(folder.Path, "server.token"), Limits.Token));
        await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
    }

    [Fact]
    public async Task A_port_in_use_is_said_and_no_token_is_left_behind()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_PORT", $"{port}"), ("TROUPE_API_KEY", ""));
        AssertOneLine(code, output, errors, $"{port}", "TROUPE_PORT");
        Assert.False(File.Exists(Path.Combine(folder.Path, "server.token")));
    }

    [Fact]
    public async Task The_servers_token_is_the_users_alone_and_gone_at_the_end()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "server.token");
        await File.WriteAllTextAsync(file, "left by a server that was killed", Limits.Token);
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_API_KEY", ""));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, SqliteStore.FileName)));
        }

        var token = await File.ReadAllTextAsync(file, Limits.Token);
        using var client = server.Client(token);
        await client.NewSessionAsync();
        Assert.DoesNotContain(token, server.Output + server.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await server.TerminateAsync());
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task The_given_key_is_an_operators_and_written_nowhere()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        using var client = server.Client();
        await client.GetJsonAsync("/api/v1/keys");

        // What lies beside the database is another token, for commands of the same user.
        var beside = await File.ReadAllTextAsync(Path.Combine(folder.Path, "server.token"), Limits.Token);
        Assert.DoesNotContain(ServerProcess.ApiKey, beside, StringComparison.Ordinal);
        Assert.DoesNotContain(ServerProcess.ApiKey, server.Output + server.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("header")]
    [InlineData("schema")]
    [InlineData("cut")]
    [InlineData("newer")]
    public async Task A_database_that_is_damaged_or_newer_is_left_as_it_is(string damage)
    {
        using var folder = new TempFolder();
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            using var client = server.Client();
            await client.PostJsonAsync("/api/v1/keys", new { owner = "ada" });
            for (var n = 0; n < 5; n++)
            {
                await client.PostJsonAsync("/api/v1/agent/prompt", new { message = new string('x', 5000) });
            }

            Assert.Equal(0, await server.TerminateAsync());
        }

        var path = Path.Combine(folder.Path, SqliteStore.FileName);
        var bytes = await File.ReadAllBytesAsync(path, Limits.Token);
        switch (damage)
        {
            case "nonsense":
                bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("This is no database. ", 500)));
                break;
            case "header":
                bytes.AsSpan(0, 64).Fill(0xff);
                break;
            case "schema":
                bytes.AsSpan(100, 3900).Fill(0xa5);
                break;
            case "cut":
                bytes = bytes[..5000];
                break;
            default:
                // Opening a store binds the SQLite library to this process, too.
                await SqliteStore.Open(new SqliteOptions { Folder = folder.Path }).DisposeAsync();
                using (var writer = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
                {
                    await writer.OpenAsync(Limits.Token);
                    using var command = writer.CreateCommand();
                    command.CommandText = "INSERT INTO schema_version (version) VALUES (9999); PRAGMA wal_checkpoint(TRUNCATE);";
                    await command.ExecuteNonQueryAsync(Limits.Token);
                }

                bytes = await File.ReadAllBytesAsync(path, Limits.Token);
                break;
        }

        await File.WriteAllBytesAsync(path, bytes, Limits.Token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path);
        AssertOneLine(code, output, errors, damage == "newer" ? "9999" : folder.Path, damage == "newer" ? "newer" : "backup");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path, Limits.Token));
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_said()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "mine", Limits.Token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(file);
        AssertOneLine(code, output, errors, file, "data folder");
        Assert.Equal("mine", await File.ReadAllTextAsync(file, Limits.Token));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_said()
    {
        using var mount = await Mount.TryMakeAsync("4m");
        Assert.SkipWhen(mount is null, "This user may not mount a file system.");
        await using (var server = await ServerProcess.StartAsync(mount.Path))
        {
            using var client = server.Client();
            await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
            Assert.Equal(0, await server.TerminateAsync());
        }

        await mount.ReadOnlyAsync();
        var (code, output, errors) = await ServerProcess.RunToEndAsync(mount.Path);
        AssertOneLine(code, output, errors, mount.Path, "TROUPE_DATA");
    }

    [Fact]
    public async Task A_disk_without_room_is_said()
    {
        using var mount = await Mount.TryMakeAsync("128k");
        Assert.SkipWhen(mount is null, "This user may not mount a file system.");
        await File.WriteAllBytesAsync(Path.Combine(mount.Path, "filler"), new byte[64 << 10], Limits.Token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(mount.Path);
        AssertOneLine(code, output, errors, mount.Path, "full");
    }

    [Fact]
    public async Task A_disk_that_fills_up_refuses_writes_stays_readable_and_recovers()
    {
        using var mount = await Mount.TryMakeAsync("2m");
        Assert.SkipWhen(mount is null, "This user may not mount a file system.");
        await using var server = await ServerProcess.StartAsync(mount.Path, ("TROUPE_MODEL", "fixed"));
        using var client = server.Client();
        var filler = Path.Combine(mount.Path, "filler");
        var session = await client.NewSessionAsync();
        var acknowledged = 0;
        await File.WriteAllBytesAsync(filler, new byte[512 << 10], Limits.Token);
        while (true)
        {
            using var response = await client.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns", $$"""{"message":"{{acknowledged:0000}}{{new string('x', 20_000)}}"}""");
            if (!response.IsSuccessStatusCode)
            {
                await response.ProblemAsync(HttpStatusCode.ServiceUnavailable, "store_full");
                Assert.NotEmpty(response.Headers.GetValues("Retry-After"));
                break;
            }

            acknowledged++;
        }

        Assert.InRange(acknowledged, 1, 1000);
        var entries = await client.EntriesAsync(session);
        Assert.Equal(Enumerable.Range(0, acknowledged).Select(n => $"{n:0000}"), entries.Where(e => e.Text("role") == "user").Take(acknowledged).Select(e => e.Text("text")[..4]));
        File.Delete(filler);
        var reply = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "There is room again." });
        Assert.Equal("completed", reply.Text("status"));
    }

    private static void AssertOneLine(int code, string output, string errors, params string[] said)
    {
        Assert.True(code == 2, $"exit code {code}: {output} {errors}");
        var line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("troupe: ", line, StringComparison.Ordinal);
        Assert.All(said, s => Assert.Contains(s, line, StringComparison.Ordinal));
        Assert.Equal("", output);
    }

    /// <summary>A small file system of its own, gone after the test.</summary>
    private sealed class Mount(TempFolder folder) : IDisposable
    {
        public string Path => folder.Path;

        public static async Task<Mount?> TryMakeAsync(string size)
        {
            var folder = new TempFolder();
            if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder.Path))
            {
                return new Mount(folder);
            }

            folder.Dispose();
            return null;
        }

        public async Task ReadOnlyAsync() => Assert.True(await RunAsync("mount", "-o", "remount,ro", Path));

        public void Dispose()
        {
            using (var process = Process.Start("umount", ["-l", Path]))
            {
                process.WaitForExit(Limits.Wait);
            }

            folder.Dispose();
        }

        private static async Task<bool> RunAsync(string name, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(name, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            await process.WaitForExitAsync(Limits.Token);
            return process.ExitCode == 0;
        }
    }
}
