namespace Troupe.Cli.Link;

/// <summary>A command that cannot do what it should: a sentence for standard error, and the exit code.</summary>
internal sealed class CommandFailure(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
