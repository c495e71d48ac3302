namespace Troupe.Tools;

/// <summary>What running a tool twice would do. A tool is unsafe unless declared otherwise.</summary>
public enum ToolKind
{
    /// <summary>May have an effect each time: its intent is on disk before it runs, and it is never run again without a person's yes.</summary>
    Unsafe,

    /// <summary>Has an effect, and the same one however often it runs.</summary>
    Idempotent,

    /// <summary>Has no effect, and the same arguments give the same result for as long as its result may be kept.</summary>
    Pure,
}
