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
    public bool Is(WordKind kind) => Array.Exists(Concepts, c => c.Kind == kind);

    public bool Means(string concept) => Array.Exists(Concepts, c => c.Name == concept || c.Parent == concept);

    /// <summary>How well the other says the same, 0 to 1.</summary>
    public double Meets(Token other)
    {
        if (Concepts.Length > 0 && other.Concepts.Length > 0)
        {
            foreach (var mine in Concepts)
            {
                foreach (var theirs in other.Concepts)
                {
                    if (mine.Name == theirs.Name)
                    {
                        return 1;
                    }
                }
            }

            foreach (var mine in Concepts)
            {
                foreach (var theirs in other.Concepts)
                {
                    if (mine.Parent == theirs.Name || theirs.Parent == mine.Name)
                    {
                        return 0.6;
                    }
                }
            }
        }

        if (Stems.Length == 1 && other.Stems.Length == 1)
        {
            return Stems[0] == other.Stems[0] ? 1 : 0;
        }

        var shared = Stems.Count(s => other.Stems.Contains(s, StringComparer.Ordinal));
        return shared == 0 ? 0 : shared == Stems.Length && shared == other.Stems.Length ? 1 : 0.6 * shared / Math.Min(Stems.Length, other.Stems.Length);
    }

    /// <summary>What it is counted under.</summary>
    public IEnumerable<string> Keys => Concepts.Length > 0 ? Concepts.Select(c => "=" + c.Name) : Stems;
}
