using System.CommandLine;
using System.Text.Json;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe sessions</c>: list, show, search, export and delete sessions.</summary>
internal static class SessionsCommand
{
    private const int PageSize = 1000;

    public static Command Create(LinkOptions options) => new("sessions", "List, show, search, export and delete sessions.\n\nExample: troupe sessions search \"blue door\"")
    {
        List(options),
        Search(options),
        Show(options),
        Export(options),
        Delete(options),
    };

    private static Command List(LinkOptions options)
    {
        var limit = new Option<int>("--limit") { Description = "How many at most, 1 to 200.", DefaultValueFactory = _ => 50 };
        var archived = new Option<bool>("--archived") { Description = "Archived ones too." };
        var everybody = new Option<bool>("--everybody") { Description = "All owners' sessions, without their titles." };
        var command = new Command("list", "List sessions, newest use first.\n\nExample: troupe sessions list --limit 10") { limit, archived, everybody };
        command.Through(options, (arguments, link, cancellationToken) => PrintAsync(
            arguments, options, link,
            $"/api/v1/sessions?limit={arguments.GetValue(limit)}{(arguments.GetValue(archived) ? "&archived=true" : "")}{(arguments.GetValue(everybody) ? "&owner=*" : "")}", cancellationToken));
        return command;
    }

    private static Command Search(LinkOptions options)
    {
        var text = new Argument<string>("text") { Description = "Words that title or messages contain." };
        var command = new Command("search", "Find sessions by their words.\n\nExample: troupe sessions search \"blue door\"") { text };
        command.Through(options, (arguments, link, cancellationToken) => PrintAsync(
            arguments, options, link, $"/api/v1/sessions?limit=200&archived=true&q={Uri.EscapeDataString(arguments.GetValue(text)!)}", cancellationToken));
        return command;
    }

    private static async Task PrintAsync(ParseResult arguments, LinkOptions options, ServerLink link, string path, CancellationToken cancellationToken)
    {
        var sessions = await link.GetAsync(path, cancellationToken);
        if (arguments.GetValue(options.Json))
        {
            Output.Json(sessions);
        }
        else
        {
            Output.Table(sessions.GetProperty("sessions"), ("id", "id"), ("owner", "owner"), ("agent", "agent"), ("used", "updated_at"), ("title", "title"));
        }
    }

    private static Command Show(LinkOptions options)
    {
        var id = IdArgument();
        var command = new Command("show", "Show a session's messages.\n\nExample: troupe sessions show ID") { id };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var path = PathOf(arguments.GetValue(id)!);
            var session = await link.GetAsync($"{path}?limit={PageSize}", cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(session);
                return;
            }

            await Console.Out.WriteLineAsync($"{Output.TextOf(session, "title")} ({Output.TextOf(session, "agent")}, {Output.TextOf(session, "durability")}, {Output.TextOf(session, "updated_at")})\n");
            while (true)
            {
                foreach (var entry in session.GetProperty("entries").EnumerateArray())
                {
                    await Console.Out.WriteLineAsync($"[{Output.TextOf(entry, "seq")} after {Output.TextOf(entry, "parent")}] {Output.TextOf(entry, "role")}: {Output.TextOf(entry, "text")}");
                }

                if (!session.TryGetProperty("next", out var next))
                {
                    return;
                }

                session = await link.GetAsync($"{path}?limit={PageSize}&after={next}", cancellationToken);
            }
        });
        return command;
    }

    private static Command Export(LinkOptions options)
    {
        var id = IdArgument();
        var format = new Option<string>("--format") { Description = "json (the whole tree) or markdown.", DefaultValueFactory = _ => "json" };
        format.AcceptOnlyFromAmong("json", "markdown");
        var output = new Option<string?>("--output", "-o") { Description = "The file to write; else standard output." };
        var command = new Command("export", "Write a session to a file.\n\nExample: troupe sessions export ID --format markdown --output session.md") { id, format, output };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{PathOf(arguments.GetValue(id)!)}/export?format={arguments.GetValue(format)}");
            using var response = await link.SendAsync(request, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (arguments.GetValue(output) is not { } path)
            {
                await body.CopyToAsync(Console.OpenStandardOutput(), cancellationToken);
                await Console.Out.WriteLineAsync();
                return;
            }

            await WholeFile.WriteAsync(path, file => body.CopyToAsync(file, cancellationToken));
        });
        return command;
    }

    private static Command Delete(LinkOptions options)
    {
        var id = IdArgument();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("delete", "Delete a session for good.\n\nExample: troupe sessions delete ID --yes") { id, yes };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var session = arguments.GetValue(id)!;
            if (!arguments.GetValue(yes) && !Confirm($"Delete the session {session} for good? [y/N] "))
            {
                throw new CommandFailure(ExitCodes.Refused, "Nothing was deleted.");
            }

            await link.SendAsync(HttpMethod.Delete, PathOf(session), null, cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(JsonElement.Parse($$"""{"deleted":"{{JsonEncodedText.Encode(session)}}"}"""));
            }
            else
            {
                await Console.Out.WriteLineAsync($"The session {session} is deleted. Backups that hold it are yours to delete.");
            }
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("id") { Description = "The session's id, as 'sessions list' shows it." };

    private static string PathOf(string id) => $"/api/v1/sessions/{Uri.EscapeDataString(id)}";

    private static bool Confirm(string question)
    {
        if (Console.IsInputRedirected)
        {
            throw new CommandFailure(ExitCodes.Setup, "There is nobody to ask. Say --yes.");
        }

        Console.Error.Write(question);
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
