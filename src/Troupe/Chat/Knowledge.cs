namespace Troupe.Chat;

/// <summary>What an agent knows in structured form, for models that cannot think: the offline model answers from it.</summary>
/// <param name="Greeting">What the agent says when greeted.</param>
/// <param name="Facts">Whole sentences, each true by itself.</param>
public sealed record Knowledge(string Greeting, IReadOnlyList<string> Facts)
{
    /// <summary>The name under which it travels in the additional properties of chat options.</summary>
    public const string OptionName = "troupe.knowledge";
}
