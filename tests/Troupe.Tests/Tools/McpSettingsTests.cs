using Troupe.Models.Mcp;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

public sealed class McpSettingsTests
{
    [Fact]
    public void The_form_of_other_clients_is_read_with_our_own_members()
    {
        var servers = Read("""
            {"mcpServers": {
              "files": {"command": "node", "args": ["a.mjs", "--x"], "env": {"TOKEN": "Bearer ${MY_TOKEN}!"}, "cwd": "/", "type": "stdio",
                "kinds": {"read": "pure", "write": "idempotent"}, "needs_approval": ["write"], "deadline_seconds": 1.5, "max_result_length": 100},
              "web-1": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${MY_TOKEN}"}},
              "off": {"command": "node", "disabled": true}
            }}
            """);

        Assert.Equal(["files", "web-1"], servers.Select(s => s.Name));
        var files = servers[0];
        Assert.Equal(("node", "/", 100, TimeSpan.FromSeconds(1.5)), (files.Command, files.WorkingDirectory, files.MaxResultLength, files.Deadline));
        Assert.Equal(["a.mjs", "--x"], files.Arguments);
        Assert.Equal("Bearer s3cret-token!", files.Environment["TOKEN"]);
        Assert.Equal((ToolKind.Pure, ToolKind.Idempotent), (files.Kinds["read"], files.Kinds["write"]));
        Assert.Equal("write", Assert.Single(files.NeedsApproval));
        Assert.Equal(("https://example.org/mcp", "Bearer s3cret-token"), (servers[1].Url!.ToString(), servers[1].Headers["Authorization"]));
    }

    [Theory]
    [InlineData("nonsense", "line 1 column 2")]
    [InlineData("{\n\"mcpServers\": {},\n\"mcpServers\": {}}", "a member twice")]
    [InlineData("{}", "no member 'mcpServers'")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"mcpServers": {}, "servers": {}}""", "at servers is not known")]
    [InlineData("""{"mcpServers": {"a__b": {"command": "node"}}}""", "at mcpServers.a__b is no name")]
    [InlineData("""{"mcpServers": {"a/b": {"command": "node"}}}""", "at mcpServers.a/b is no name")]
    [InlineData("""{"mcpServers": {"a_": {"command": "node"}}}""", "is no name")]
    [InlineData("""{"mcpServers": {"a": {}}}""", "either 'command' or 'url'")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "url": "http://x"}}}""", "either 'command' or 'url'")]
    [InlineData("""{"mcpServers": {"a": {"command": "no-such-program-here"}}}""", "at mcpServers.a.command is 'no-such-program-here'")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "cwd": "/nowhere"}}}""", "/nowhere")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "args": "x"}}}""", "at mcpServers.a.args must be a list")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "headers": {}}}}""", "at mcpServers.a.headers")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "env": {"X": "s3cret ${NOT_SET}"}}}}""", "'NOT_SET', which is not set")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "need_approval": []}}}""", "at mcpServers.a.need_approval is not known")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "kinds": {"x": "safe"}}}}""", "pure or idempotent or unsafe")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "deadline_seconds": 0}}}""", "0.1 to 3600")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "max_result_length": 1}}}""", "64 to 1000000")]
    [InlineData("""{"mcpServers": {"a": {"command": "node", "type": "http"}}}""", "must be stdio")]
    [InlineData("""{"mcpServers": {"a": {"url": "ftp://x"}}}""", "http or https")]
    [InlineData("""{"mcpServers": {"a": {"url": "http://u:s3cret@x"}}}""", "put secrets in 'headers'")]
    public void A_mistake_is_said_with_the_file_and_the_place_and_without_secrets(string text, string told)
    {
        var failure = Assert.Throws<TroupeException>(() => Read(text));
        Assert.Equal((ErrorKind.Setup, "mcp_invalid"), (failure.Kind, failure.Code));
        Assert.Contains("mcp.json'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_named_and_not_there_is_said() =>
        Assert.Contains("TROUPE_MCP", Assert.Throws<TroupeException>(() => McpSettings.Read("/nowhere/mcp.json", _ => null)).Message, StringComparison.Ordinal);

    private static IReadOnlyList<McpServerOptions> Read(string text)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, McpSettings.FileName);
        File.WriteAllText(path, text);
        return McpSettings.Read(path, name => name == "MY_TOKEN" ? "s3cret-token" : null);
    }
}
