using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Troupe.Cli.Link;
using Troupe.Cli.Profiling;
using Troupe.Server;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe profile</c>: where the CPU's time goes in the server that holds the data folder.</summary>
internal static class ProfileCommand
{
    private const int MaxSeconds = 300;
    private const int MaxTop = 1000;

    public static Command Create(LinkOptions options)
    {
        var seconds = new Option<int>("--seconds") { Description = $"How long to look, 1 to {MaxSeconds}.", DefaultValueFactory = _ => 10 };
        var top = new Option<int>("--top") { Description = $"How many methods to show, 1 to {MaxTop}.", DefaultValueFactory = _ => 20 };
        var output = new Option<string?>("--output") { Description = "Keep what was recorded in this file (.nettrace), for PerfView, Visual Studio or dotnet-trace." };
        var command = new Command("profile", "Show which methods of the running server take the CPU's time. On its own machine, for the same user.\n\nExample: troupe profile --seconds 10")
        {
            seconds, top, output,
        };
        seconds.Validators.Add(r => Check(r, r.GetValue(seconds), MaxSeconds));
        top.Validators.Add(r => Check(r, r.GetValue(top), MaxTop));
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(async () =>
        {
            var work = new Wanted(
                FolderOf(arguments, options), TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(top), arguments.GetValue(output), arguments.GetValue(options.Json));
            await RunAsync(work, cancellationToken);
            return ExitCodes.Done;
        }));
        return command;

        static void Check(System.CommandLine.Parsing.OptionResult result, int value, int most)
        {
            if (value < 1 || value > most)
            {
                result.AddError($"{result.Option.Name} is {value}; it must be from 1 to {most}.");
            }
        }
    }

    private static string FolderOf(ParseResult arguments, LinkOptions options) => arguments.GetValue(options.Url) is { } url
        ? throw new CommandFailure(ExitCodes.Setup, $"A server is profiled on its own machine, by its data folder. Leave out --url {url}.")
        : arguments.GetValue(options.Data) ?? ServerSettings.Read(DotEnv.Open(".env")).Data;

    private static async Task RunAsync(Wanted wanted, CancellationToken cancellationToken)
    {
        var process = ServerFiles.ReadProcessId(wanted.Folder)
            ?? throw new CommandFailure(ExitCodes.Unreachable, $"No server holds the data folder '{Path.GetFullPath(wanted.Folder)}'. Start one with 'troupe serve', or name its folder with --data.");
        var folder = Directory.CreateTempSubdirectory("troupe-profile-");
        try
        {
            var path = Path.Combine(folder.FullName, "server.nettrace");
            var recorded = await Output.WaitAsync($"Profiling process {process}", new CpuTrace(process, TimeProvider.System).RecordAsync(path, wanted.Duration, cancellationToken));
            var profile = await Output.WaitAsync("Reading", Task.Run(() => CpuProfile.Read(path), cancellationToken));
            if (wanted.Output is { } kept)
            {
                await WholeFile.WriteAsync(kept, async file =>
                {
                    await using var trace = File.OpenRead(path);
                    await trace.CopyToAsync(file, cancellationToken);
                });
            }

            await Console.Out.WriteAsync(wanted.Json ? Json(process, recorded, profile, wanted.Top) : Text(process, recorded, profile, wanted.Top));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<MethodShare> ByExclusive(CpuProfile profile, int top) =>
        profile.Methods.Where(m => m.Exclusive > 0).OrderByDescending(m => m.Exclusive).ThenBy(m => m.Method, StringComparer.Ordinal).Take(top);

    private static IEnumerable<MethodShare> ByInclusive(CpuProfile profile, int top) =>
        profile.Methods.OrderByDescending(m => m.Inclusive).ThenBy(m => m.Method, StringComparer.Ordinal).Take(top);

    private static string Text(int process, TimeSpan recorded, CpuProfile profile, int top)
    {
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"Process {process}, {recorded.TotalSeconds:0.0} s: {profile.Samples} samples in managed code, {profile.OutsideSamples} of threads that waited or were in native code.\n");
        return $"{counts}\nBy time in the method itself:\n{Table(ByExclusive(profile, top))}\nBy time in the method and what it calls:\n{Table(ByInclusive(profile, top))}";

        string Table(IEnumerable<MethodShare> methods) => " exclusive  inclusive  method\n" + string.Concat(methods.Select(m => string.Create(
            CultureInfo.InvariantCulture, $"{Percent(m.Exclusive, profile),8:0.0} % {Percent(m.Inclusive, profile),8:0.0} %  {Output.Harmless(m.Method)}\n")));
    }

    private static string Json(int process, TimeSpan recorded, CpuProfile profile, int top)
    {
        return new JsonObject
        {
            ["process"] = process,
            ["seconds"] = Math.Round(recorded.TotalSeconds, 1),
            ["samples"] = profile.Samples,
            ["outside_samples"] = profile.OutsideSamples,
            ["by_exclusive"] = Array(ByExclusive(profile, top)),
            ["by_inclusive"] = Array(ByInclusive(profile, top)),
        }.ToJsonString() + "\n";

        JsonArray Array(IEnumerable<MethodShare> methods) => [.. methods.Select(m => (JsonNode)new JsonObject
        {
            ["method"] = m.Method,
            ["exclusive_samples"] = m.Exclusive,
            ["exclusive_percent"] = Math.Round(Percent(m.Exclusive, profile), 2),
            ["inclusive_samples"] = m.Inclusive,
            ["inclusive_percent"] = Math.Round(Percent(m.Inclusive, profile), 2),
        })];
    }

    private static double Percent(int samples, CpuProfile profile) => profile.Samples == 0 ? 0 : 100.0 * samples / profile.Samples;

    private sealed record Wanted(string Folder, TimeSpan Duration, int Top, string? Output, bool Json);
}
