using System.CommandLine;
using System.Text.Json;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe backup</c>: a consistent copy, also while the server runs.</summary>
internal static class BackupCommand
{
    public static Command Create(LinkOptions options)
    {
        var path = new Argument<string?>("path") { Description = "The file to write; else a new one in the data folder's 'backups'.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("backup", "Write a copy of everything, of one moment, while others go on.\n\nExample: troupe backup /mnt/usb/troupe.db") { path };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var made = await Output.WaitAsync("Writing the backup", link.SendAsync(HttpMethod.Post, "/api/v1/backups", null, cancellationToken));
            var (from, bytes) = (made.GetProperty("path").GetString()!, made.GetProperty("bytes").GetInt64());
            if (arguments.GetValue(path) is { } to)
            {
                if (!File.Exists(from))
                {
                    throw new CommandFailure(ExitCodes.Refused, $"The backup lies at {from} on the server's machine; fetch it there.");
                }

                await WholeFile.WriteAsync(to, async file =>
                {
                    await using var source = File.OpenRead(from);
                    await source.CopyToAsync(file, cancellationToken);
                });
                WholeFile.MakePrivate(to);
                File.Delete(from);
                from = Path.GetFullPath(to);
            }

            if (arguments.GetValue(options.Json))
            {
                Output.Json(JsonElement.Parse($$"""{"path":"{{JsonEncodedText.Encode(from)}}","bytes":{{bytes}}}"""));
            }
            else
            {
                await Console.Out.WriteLineAsync($"{from} ({bytes / 1e6:0.0} MB) holds everything up to this moment. It can be read by whoever can read the file.");
            }
        });
        return command;
    }
}
