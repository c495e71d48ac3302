namespace Troupe.Cli;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The settings or the data folder do not allow it; the message says what to do.</summary>
    public const int Setup = 2;

    /// <summary>The disk failed while the server ran; what is there can be read after a restart.</summary>
    public const int StoreFaulted = 70;
}
