using System.CommandLine;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe agents</c>: the agents that one may talk to.</summary>
internal static class AgentsCommand
{
    public static Command Create(LinkOptions options) => new("agents", "The agents that one may talk to.\n\nExample: troupe agents list") { List(options), Show(options) };

    private static Command List(LinkOptions options)
    {
        var command = new Command("list", "List the agents.\n\nExample: troupe agents list");
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var agents = await link.GetAsync("/api/v1/agents", cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(agents);
            }
            else
            {
                Output.Table(agents.GetProperty("agents"), ("name", "name"), ("model", "model"), ("durability", "durability"), ("input", "input"), ("description", "description"));
            }
        });
        return command;
    }

    private static Command Show(LinkOptions options)
    {
        var name = new Argument<string>("name") { Description = "The agent's name." };
        var command = new Command("show", "Show one agent.\n\nExample: troupe agents show assistant") { name };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var wanted = arguments.GetValue(name)!;
            var agents = await link.GetAsync("/api/v1/agents", cancellationToken);
            foreach (var agent in agents.GetProperty("agents").EnumerateArray())
            {
                if (Output.TextOf(agent, "name") != wanted)
                {
                    continue;
                }

                if (arguments.GetValue(options.Json))
                {
                    Output.Json(agent);
                }
                else
                {
                    foreach (var member in agent.EnumerateObject())
                    {
                        await Console.Out.WriteLineAsync($"{member.Name,-14} {Output.TextOf(agent, member.Name)}");
                    }
                }

                return;
            }

            throw new CommandFailure(ExitCodes.Refused, $"There is no agent '{wanted}'. See: troupe agents list");
        });
        return command;
    }
}
