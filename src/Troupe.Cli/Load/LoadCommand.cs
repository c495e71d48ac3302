using System.CommandLine;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;

namespace Troupe.Cli.Load;

/// <summary><c>troupe load</c>: a load test of a running server.</summary>
internal static class LoadCommand
{
    public static Command Create(LinkOptions options)
    {
        var connections = new Option<int>("--connections", "-c") { Description = "Requests at once, 1 to 10,000.", DefaultValueFactory = _ => 16 };
        var duration = new Option<int>("--duration", "-d") { Description = "Seconds, 1 to 3,600.", DefaultValueFactory = _ => 10 };
        var sessions = new Option<int>("--sessions") { Description = "Sessions that are talked to, 1 to 100,000; they are deleted afterwards.", DefaultValueFactory = _ => 64 };
        var message = new Option<string>("--message", "-m") { Description = "What is said.", DefaultValueFactory = _ => "How do I get to the station?" };
        var agent = new Option<string>("--agent", "-a") { Description = "The agent.", DefaultValueFactory = _ => "assistant" };
        Bound(connections, 1, 10_000);
        Bound(duration, 1, 3600);
        Bound(sessions, 1, 100_000);
        var command = new Command("load", "Load-test a running server: turns a second, percentiles, errors. Real models cost money.\n\nExample: troupe load --connections 64 --duration 30")
        {
            connections, duration, sessions, message, agent,
        };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            if (link.IsOwn)
            {
                throw new CommandFailure(ExitCodes.Setup, "No server runs here. Start one with 'troupe serve', or name one with --url.");
            }

            var test = new LoadTest(link, arguments.GetValue(connections), TimeSpan.FromSeconds(arguments.GetValue(duration)), arguments.GetValue(sessions), arguments.GetValue(agent)!, arguments.GetValue(message)!);
            var result = await test.RunAsync(cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(result.ToJson());
            }
            else
            {
                await Console.Out.WriteLineAsync(result.ToString());
            }

            if (result.Errors > 0)
            {
                throw new CommandFailure(ExitCodes.Refused, $"{result.Errors} requests failed: {result.FirstError}");
            }
        });
        return command;
    }

    private static void Bound(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
        {
            result.AddError($"{option.Name} is {value}; it must be {least} to {most}.");
        }
    });
}
