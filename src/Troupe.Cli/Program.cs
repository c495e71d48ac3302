using System.CommandLine;
using Troupe.Cli;

var root = new RootCommand("Troupe hosts stateful LLM agents. Nothing lost, nothing computed twice.")
{
    ServeCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
