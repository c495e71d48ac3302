using System.CommandLine;
using Troupe.Cli;

var root = new RootCommand("Troupe hosts stateful LLM agents. Nothing lost, nothing computed twice.")
{
    ServeCommand.Create(),
};

// Commands end in good order by themselves; by default a signal would end the process two seconds later, whatever still runs.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
