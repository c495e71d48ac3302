using System.CommandLine;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary>Runs a command's work and turns what went wrong into one line and an exit code.</summary>
internal static class CommandRunner
{
    /// <summary>Lets a command work through a server.</summary>
    public static void Through(this Command command, LinkOptions options, Func<ParseResult, ServerLink, CancellationToken, Task> work) =>
        command.SetAction((arguments, cancellationToken) => RunAsync(async () =>
        {
            await using var link = await ServerLink.OpenAsync(arguments, options, cancellationToken);
            await work(arguments, link, cancellationToken);
            return ExitCodes.Done;
        }));

    public static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (CommandFailure failure)
        {
            await Console.Error.WriteLineAsync($"troupe: {failure.Message}");
            return failure.ExitCode;
        }
        catch (TroupeException failure) when (failure.Kind == ErrorKind.Setup)
        {
            await Console.Error.WriteLineAsync($"troupe: {failure.Message}");
            return ExitCodes.Setup;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }
}
