namespace Troupe.Chat;

/// <summary>Who may be given an answer that was computed for somebody.</summary>
public enum AnswerScope
{
    /// <summary>Only the same session.</summary>
    Session = 1,

    /// <summary>Only the same owner.</summary>
    Owner = 2,

    /// <summary>Everybody: only for prompts that hold nobody's words.</summary>
    Global = 3,
}
