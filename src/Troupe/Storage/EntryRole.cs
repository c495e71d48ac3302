namespace Troupe.Storage;

/// <summary>Who speaks in an entry. The numbers are stored; never renumber them.</summary>
public enum EntryRole
{
    /// <summary>What the owner said.</summary>
    User = 1,

    /// <summary>What the agent said.</summary>
    Assistant = 2,

    /// <summary>A tool the model asked for.</summary>
    ToolCall = 3,

    /// <summary>What a tool answered.</summary>
    ToolResult = 4,

    /// <summary>Stands for earlier entries of its path in the context of its descendants.</summary>
    Summary = 5,

    /// <summary>A remark of the host; never sent to a model.</summary>
    Note = 6,

    /// <summary>Nothing: what stood here was erased, and what followed from it. Never sent to a model.</summary>
    Erased = 7,
}
