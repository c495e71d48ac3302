using System.Diagnostics;
using Troupe.Tests;

namespace Troupe.Server.Tests.Http;

/// <summary>What the page knows of the server is what the server says of itself.</summary>
public sealed class ContractTests
{
    private const string Renew = "Renew it, and the page's types with it: 'dotnet build Troupe.slnx -c Release', then 'web/contract/renew'.";
    private static readonly string Folder = Path.Combine(House.Root, "web", "contract");

    [Fact]
    public async Task The_contract_that_is_kept_is_the_one_that_the_server_gives()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        using var client = server.Client();
        Assert.True(await client.GetStringAsync("/openapi/v1.json", Limits.Token) == await File.ReadAllTextAsync(Path.Combine(Folder, "openapi.json"), Limits.Token), $"web/contract/openapi.json is stale. {Renew}");
    }

    [Fact]
    public async Task The_types_of_the_page_are_made_of_the_contract()
    {
        var program = Path.Combine(Folder, "node_modules", "openapi-typescript", "bin", "cli.js");
        Assert.True(File.Exists(program), "What makes the types is not installed: run 'npm ci --ignore-scripts' in web/contract, or ./test.");
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "contract.ts");
        using var node = Process.Start(new ProcessStartInfo("node", [program, "openapi.json", "--output", made]) { UseShellExecute = false, WorkingDirectory = Folder, RedirectStandardOutput = true })!;
        var said = await node.StandardOutput.ReadToEndAsync(Limits.Token);
        await node.WaitForExitAsync(Limits.Token);
        Assert.True(node.ExitCode == 0, said);
        var kept = Path.Combine(House.Root, "web", "src", "api", "contract.ts");
        Assert.True(await File.ReadAllTextAsync(made, Limits.Token) == await File.ReadAllTextAsync(kept, Limits.Token), $"web/src/api/contract.ts is stale. {Renew}");
    }
}
