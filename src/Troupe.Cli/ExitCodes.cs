namespace Troupe.Cli;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The server refused, or part of the work failed; the message says what.</summary>
    public const int Refused = 1;

    /// <summary>The settings, the arguments or the data folder do not allow it; the message says what to do.</summary>
    public const int Setup = 2;

    /// <summary>The server cannot be reached.</summary>
    public const int Unreachable = 3;

    /// <summary>The disk failed while the server ran; what is there can be read after a restart.</summary>
    public const int StoreFaulted = 70;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
