using System.CommandLine;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe login</c>: a link that logs a browser in.</summary>
internal static class LoginCommand
{
    public static Command Create(LinkOptions options)
    {
        var command = new Command("login", "Print a link that logs a browser in as the operator, once, within 15 minutes.\n\nExample: troupe login");
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            if (link.IsOwn)
            {
                throw new CommandFailure(ExitCodes.Refused, "No server runs on this data folder, so there is nothing to log in to. Start one: troupe serve");
            }

            var made = await link.SendAsync(HttpMethod.Post, "/api/v1/login/links", null, cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(made);
            }
            else
            {
                await Console.Out.WriteLineAsync(link.Url.TrimEnd('/') + Output.TextOf(made, "path"));
            }
        });
        return command;
    }
}
