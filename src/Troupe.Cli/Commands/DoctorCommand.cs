using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Troupe.Cli.Link;
using Troupe.Cli.Models;
using Troupe.Server;
using Troupe.Sqlite;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe doctor</c>: what is wrong here, and how to mend it.</summary>
internal static class DoctorCommand
{
    private const long LittleDisk = 512L << 20;

    public static Command Create(LinkOptions options)
    {
        var command = new Command("doctor", "Say what is wrong here and how to mend it. Exit code 1 when something is.\n\nExample: troupe doctor");
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(() => RunAsync(arguments, options, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, LinkOptions options, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var settings = ReadSettings(findings);
        if (settings is not null)
        {
            settings = settings with { Data = arguments.GetValue(options.Data) ?? settings.Data };
            CheckFolder(settings.Data, findings);
            await CheckServerAsync(arguments, options, settings.Data, findings, cancellationToken);
        }

        if (arguments.GetValue(options.Json))
        {
            var all = new JsonArray([.. findings.Select(f => (JsonNode)new JsonObject { ["status"] = f.Status, ["what"] = f.What, ["mend"] = f.Mend })]);
            await Console.Out.WriteLineAsync(new JsonObject { ["findings"] = all }.ToJsonString());
        }
        else
        {
            foreach (var finding in findings)
            {
                await Console.Out.WriteLineAsync($"{finding.Status,-8} {finding.What}{(finding.Mend is null ? "" : $"\n         {finding.Mend}")}");
            }
        }

        return findings.Exists(f => f.Status == "wrong") ? ExitCodes.Refused : ExitCodes.Done;
    }

    private static ServerSettings? ReadSettings(List<Finding> findings)
    {
        try
        {
            var read = DotEnv.Open(".env");
            var settings = ServerSettings.Read(read);
            using var setup = ModelSetup.Read(read);
            var usual = setup.Models[0].Info;
            findings.Add(new("ok", $"The settings are good; the model is '{usual.Name}' ({usual.Provider}){(setup.Models.Count > 1 ? $"; there are {string.Join(", ", setup.Names)}" : "")}.", null));
            return settings;
        }
        catch (TroupeException failure)
        {
            findings.Add(new("wrong", failure.Message, "Correct it in the environment or in .env."));
            return null;
        }
    }

    private static void CheckFolder(string folder, List<Finding> findings)
    {
        if (!Directory.Exists(folder))
        {
            findings.Add(new("note", $"The data folder '{Path.GetFullPath(folder)}' is not there yet.", "The first start makes it."));
            return;
        }

        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        findings.Add(free < LittleDisk
            ? new("wrong", $"The disk of '{folder}' has {free >> 20} MiB left.", "Free some space: a full disk answers every write with 503.")
            : new("ok", $"The disk of '{folder}' has {free >> 30} GiB left.", null));
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != UnixFileMode.None)
        {
            findings.Add(new("note", $"Others on this machine may list '{folder}'.", $"chmod 700 {folder}"));
        }

        foreach (var old in Directory.GetFiles(folder, "before-restore-*.db"))
        {
            findings.Add(new("note", $"{old} is what was there before a restore.", "Delete it when you no longer want it; it holds everybody's words."));
        }
    }

    private static async Task CheckServerAsync(ParseResult arguments, LinkOptions options, string folder, List<Finding> findings, CancellationToken cancellationToken)
    {
        var isHeld = SqliteStore.IsHeld(folder);
        try
        {
            await using var link = await ServerLink.OpenAsync(arguments, options, cancellationToken);
            using var client = new HttpRequestMessage(HttpMethod.Get, "/api/v1/performance/health-detailed");
            using var response = await link.Http.SendAsync(client, cancellationToken);
            if ((int)response.StatusCode is not (200 or 503))
            {
                findings.Add(new("wrong", $"The server at {link.Url} answers {(int)response.StatusCode}.", "The key must be an admin's."));
                return;
            }

            findings.Add(new("ok", link.IsOwn ? "The database opens and is whole enough to be used; no server holds it now." : $"A server answers at {link.Url}.", null));
            using var health = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            foreach (var check in health.RootElement.GetProperty("checks").EnumerateArray())
            {
                var (name, status, detail) = (Output.TextOf(check, "name"), Output.TextOf(check, "status"), Output.TextOf(check, "detail"));
                findings.Add(new(status == "ok" ? "ok" : status == "warning" ? "note" : "wrong", $"{name}: {detail}", status == "ok" ? null : MendOf(name)));
            }
        }
        catch (Exception failure) when (failure is TroupeException or CommandFailure or HttpRequestException)
        {
            findings.Add(new(
                "wrong", failure.Message,
                isHeld ? "A process holds the folder but cannot be talked to: it may be starting, stopping or another user's." : null));
        }
    }

    private static string MendOf(string check) => check switch
    {
        "memory_percent" => "Lower CACHE_TTL, so that unused sessions leave sooner, or give the machine more memory.",
        "cpu_percent" => "See /api/v1/performance/metrics for what is busy; a second core helps before anything else.",
        "disk_used_percent" => "Delete old sessions and backups, or give the disk more room.",
        "journal_waiting" or "commit_p99" => "The disk is slow. Put TROUPE_DATA on a faster one, or use batched sessions where a few seconds may be lost.",
        "store" => "Check the disk, then start the server again.",
        _ when check.StartsWith("failures_", StringComparison.Ordinal) => "The model's provider fails: check its address and key, and the log for the code.",
        _ => "See docs/guides/serving.md.",
    };

    private sealed record Finding(string Status, string What, string? Mend);
}
