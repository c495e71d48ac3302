using System.CommandLine;
using Troupe.Cli.Chat;
using Troupe.Cli.Link;
using Troupe.Cli.Load;

namespace Troupe.Cli.Commands;

/// <summary>All commands of the program, as they are parsed.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
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
            MedSimCommand.Create(options),
            LoginCommand.Create(options),
            ProfileCommand.Create(options),
            RestoreCommand.Create(options),
            SessionsCommand.Create(options),
            ImportCommand.Create(options),
        };
        options.AddTo(root);
        return root;
    }
}
