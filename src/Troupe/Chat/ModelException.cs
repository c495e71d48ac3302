namespace Troupe.Chat;

/// <summary>A model's provider failed, by one of the codes of <see cref="ModelErrorCodes"/>. The message never holds what the provider
/// sent back, which may echo a key or somebody's words.</summary>
public sealed class ModelException(string code, string message, Exception? inner = null)
    : TroupeException(ErrorKind.Provider, code, message, inner)
{
    /// <summary>Whether another try may succeed.</summary>
    public bool IsTransient { get; init; }
}
