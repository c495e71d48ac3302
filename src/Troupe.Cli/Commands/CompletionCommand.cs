using System.CommandLine;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe completion</c>: a script that lets a shell complete commands and options. The shell asks the program itself.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _troupe() {
          local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}"
          COMPREPLY=($(compgen -W "$(troupe "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$cur"))
        }
        complete -o default -F _troupe troupe
        """;

    private const string Zsh = """
        #compdef troupe
        _troupe() {
          local -a found
          found=("${(@f)$(troupe "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -a found
        }
        compdef _troupe troupe
        """;

    private const string Fish = """
        complete -c troupe -f -a '(troupe "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes commands in a shell.\n\nExample: source <(troupe completion bash)") { shell };
        command.SetAction(arguments => Console.Out.WriteLine(arguments.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
        return command;
    }
}
