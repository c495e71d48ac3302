namespace Troupe.Tools;

/// <summary>Where the result of a call came from, when the tool did not run for it alone.</summary>
public static class ToolSource
{
    /// <summary>An equal call had the same result before, and it may be given again.</summary>
    public const string Cached = "cached";

    /// <summary>An equal call was running, and this one waited for it.</summary>
    public const string Merged = "merged";
}
