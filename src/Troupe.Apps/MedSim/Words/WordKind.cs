namespace Troupe.Apps.MedSim.Words;

/// <summary>What sort of thing a concept is.</summary>
internal enum WordKind
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>What a question is about: when, where, how bad.</summary>
    Question,

    /// <summary>A complaint.</summary>
    Symptom,

    /// <summary>An illness.</summary>
    Illness,

    /// <summary>A drug.</summary>
    Drug,

    /// <summary>A part of the body.</summary>
    Body,

    /// <summary>How somebody lives.</summary>
    Life,

    /// <summary>Kin.</summary>
    Family,

    /// <summary>A test, an examination, or what comes of one.</summary>
    Test,
}
