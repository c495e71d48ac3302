namespace Troupe.Apps.MedSim.Words;

/// <summary>A word that carries meaning, or several that mean one thing together.</summary>
/// <param name="Stems">The stems of its words, without those that carry no meaning.</param>
/// <param name="Concepts">What it may mean; empty for a word that the table does not have.</param>
/// <param name="Negated">Whether it is said not to be so.</param>
/// <param name="IsJargon">Whether it is a word of the trade.</param>
/// <param name="Start">Where it begins in the text.</param>
/// <param name="End">Where it ends.</param>
internal sealed record Token(string[] Stems, Concept[] Concepts, bool Negated, bool IsJargon, int Start, int End)
{
    private const double SameConcept = 0.93;
    private const double OneOfTheOther = 0.6;
    private const double PartOfPhrase = 0.5;
    private const double GeneralForParticular = 0.3;

    public bool Is(WordKind kind) => Array.Exists(Concepts, c => c.Kind == kind);

    /// <summary>Whether it is several words that mean one thing together.</summary>
    public bool IsPhrase { get; init; }

    /// <summary>How well the other says the same, 0 to 1.</summary>
    public double Meets(Token other)
    {
        if (IsPhrase == other.IsPhrase && Stems.AsSpan().SequenceEqual(other.Stems))
        {
            return 1;
        }

        var best = 0.0;
        foreach (var mine in Concepts)
        {
            foreach (var theirs in other.Concepts)
            {
                best = Math.Max(best, mine.Name == theirs.Name ? SameConcept : mine.Parent == theirs.Name || theirs.Parent == mine.Name ? OneOfTheOther : 0);
            }
        }

        if (best > 0)
        {
            return best;
        }

        // A word inside a phrase that means something else is hardly the word.
        var shared = Stems.Count(s => other.Stems.Contains(s, StringComparer.Ordinal));
        return shared == 0 ? 0 : PartOfPhrase * shared / Math.Max(Stems.Length, other.Stems.Length);
    }

    /// <summary>How well a fact's word answers this one, 0 to 1: what is one of the things that are asked about does, the general for the particular hardly.</summary>
    public double AnsweredBy(Token fact)
    {
        var strength = Meets(fact);
        return strength == OneOfTheOther && Array.Exists(Concepts, c => c.Parent is { } parent && Array.Exists(fact.Concepts, f => f.Name == parent)) ? GeneralForParticular : strength;
    }
}
