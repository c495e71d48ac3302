using System.CommandLine;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;

namespace Troupe.Cli.Chat;

/// <summary><c>troupe chat</c>: a conversation in the terminal.</summary>
internal static class ChatCommand
{
    public static Command Create(LinkOptions options)
    {
        var agent = new Option<string?>("--agent", "-a") { Description = "The agent of a new session; assistant unless given." };
        var session = new Option<string?>("--session", "-s") { Description = "Go on with this session." };
        var message = new Option<string?>("--message", "-m") { Description = "Say this, print the answer, and end." };
        var model = new Option<string?>("--model") { Description = "Another model than the agent's." };
        var command = new Command("chat", "Talk to an agent. Ctrl-C stops an answer and keeps what was said; /help lists the rest.\n\nExample: troupe chat --agent assistant")
        {
            agent, session, message, model,
        };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var chat = new ChatSession(link, arguments.GetValue(model), arguments.GetValue(options.Json));
            await chat.OpenAsync(arguments.GetValue(session), arguments.GetValue(agent), cancellationToken);
            if (arguments.GetValue(message) is { } said)
            {
                await chat.SayAsync(said, cancellationToken);
            }
            else
            {
                await chat.RunAsync(cancellationToken);
            }
        });
        return command;
    }
}
