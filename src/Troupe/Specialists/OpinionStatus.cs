namespace Troupe.Specialists;

/// <summary>How a specialist's consultation came out.</summary>
public enum OpinionStatus
{
    /// <summary>It has answered.</summary>
    Given,

    /// <summary>It took longer than it may.</summary>
    Late,

    /// <summary>It, or its model, failed.</summary>
    Failed,
}
