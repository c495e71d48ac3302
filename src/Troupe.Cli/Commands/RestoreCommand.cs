using System.CommandLine;
using System.Text.Json;
using Troupe.Cli.Link;
using Troupe.Server;
using Troupe.Sqlite;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe restore</c>: puts a backup in the place of the data.</summary>
internal static class RestoreCommand
{
    public static Command Create(LinkOptions options)
    {
        var backup = new Argument<string>("backup") { Description = "A file that 'troupe backup' wrote." };
        var command = new Command("restore", "Put a backup in the place of the data. The server must be stopped; the former data stay beside it.\n\nExample: troupe restore /mnt/usb/troupe.db") { backup };
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(async () =>
        {
            var settings = ServerSettings.Read(DotEnv.Open(".env"));
            var folder = arguments.GetValue(options.Data) ?? settings.Data;
            var file = arguments.GetValue(backup)!;
            var former = await Output.WaitAsync("Checking and copying the backup", Task.Run(() => SqliteStore.Restore(folder, file), cancellationToken));
            if (arguments.GetValue(options.Json))
            {
                Output.Json(JsonElement.Parse($$"""{"restored":"{{JsonEncodedText.Encode(file)}}","former":{{(former is null ? "null" : $"\"{JsonEncodedText.Encode(former)}\"")}}}"""));
            }
            else
            {
                await Console.Out.WriteLineAsync($"'{folder}' holds what {file} held.{(former is null ? "" : $" What was there before is {former}; delete it when you no longer want it.")}");
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
