using System.CommandLine;
using Troupe.Cli;
using Troupe.Cli.Chat;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;
using Troupe.Cli.Load;

var options = new LinkOptions();
var root = new RootCommand("Troupe hosts stateful LLM agents. Nothing lost, nothing computed twice.")
{
    ServeCommand.Create(options),
    AgentsCommand.Create(options),
    BackupCommand.Create(options),
    ChatCommand.Create(options),
    CompletionCommand.Create(),
    DoctorCommand.Create(options),
    KeysCommand.Create(options),
    LoadCommand.Create(options),
    RestoreCommand.Create(options),
    SessionsCommand.Create(options),
    ImportCommand.Create(options),
};
options.AddTo(root);

// Commands end in good order by themselves; by default a signal would end the process two seconds later, whatever still runs.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
