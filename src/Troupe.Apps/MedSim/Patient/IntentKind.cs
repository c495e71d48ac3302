namespace Troupe.Apps.MedSim.Patient;

/// <summary>What a patient does with what was said.</summary>
internal enum IntentKind
{
    /// <summary>Tells facts.</summary>
    Facts,

    /// <summary>Has told what can be told to an open question.</summary>
    NothingMore,

    /// <summary>Does not give away what a patient cannot know, whatever is tried.</summary>
    Provoked,

    /// <summary>Will not speak of it without trust.</summary>
    Private,

    /// <summary>Does not understand a word of the trade.</summary>
    Jargon,

    /// <summary>Does not know.</summary>
    Unknown,

    /// <summary>Greets.</summary>
    Greeting,

    /// <summary>Says who it is.</summary>
    Name,

    /// <summary>Says the age.</summary>
    Age,

    /// <summary>Says that a summary is right.</summary>
    Agreed,

    /// <summary>Is glad to be understood.</summary>
    Comforted,

    /// <summary>Lets the doctor do something.</summary>
    Permission,

    /// <summary>Says goodbye, or thanks.</summary>
    Farewell,

    /// <summary>Has heard it.</summary>
    Heard,
}
