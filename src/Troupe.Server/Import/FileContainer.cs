namespace Troupe.Server.Import;

/// <summary>How conversations lie in a file.</summary>
internal enum FileContainer
{
    /// <summary>The file is one conversation.</summary>
    One,

    /// <summary>An array of conversations, at the root or in the member <c>conversations</c>.</summary>
    List,

    /// <summary>An object whose members are users' conversations.</summary>
    Users,

    /// <summary>A conversation, or a message, a line.</summary>
    Lines,
}
