using Troupe.Sessions;

namespace Troupe.Agents;

/// <summary>What a model says, piece by piece, made storable: halves of surrogate pairs wait for their other half, and what is no text
/// is replaced.</summary>
internal sealed class SpokenText(Session session, Turn turn)
{
    private char? _half;

    /// <summary>Characters so far.</summary>
    public long Length { get; private set; }

    /// <summary>Whether something had to be dropped at the bound.</summary>
    public bool WasCut { get; private set; }

    /// <summary>Says a piece, and tells whether more may follow.</summary>
    public bool Add(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (_half is { } half)
        {
            text = half + text;
            _half = null;
        }

        if (char.IsHighSurrogate(text[^1]))
        {
            _half = text[^1];
            text = text[..^1];
        }

        Length += text.Length;
        WasCut = !session.Say(turn, TextRules.Mend(text));
        return !WasCut;
    }

    /// <summary>Says what was held back.</summary>
    public void End()
    {
        if (_half is not null)
        {
            _half = null;
            session.Say(turn, "\uFFFD");
        }
    }
}
