namespace Troupe.Tools;

/// <summary>How a call came out.</summary>
public static class ToolStatus
{
    /// <summary>The tool answered.</summary>
    public const string Ok = "ok";

    /// <summary>The tool, or the request for it, was wrong; the model reads why.</summary>
    public const string Error = "error";

    /// <summary>The tool did not answer in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>A person said no.</summary>
    public const string Declined = "declined";

    /// <summary>The call was stopped before it began.</summary>
    public const string NotRun = "not_run";

    /// <summary>The call had begun; whether it took effect is not known.</summary>
    public const string Unknown = "unknown";
}
