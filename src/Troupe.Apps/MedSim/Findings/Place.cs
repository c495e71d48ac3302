namespace Troupe.Apps.MedSim.Findings;

/// <summary>What is answered, under which names, and how near it is to the case.</summary>
internal sealed class Place(LookupAnswer answer, int rank)
{
    /// <summary>The case's own finding or test.</summary>
    public const int Own = 0;

    /// <summary>What the case says is not available.</summary>
    public const int Missing = 1;

    /// <summary>What the case does not speak of.</summary>
    public const int Anywhere = 2;

    /// <summary>What more than one thing of the case may be meant by, or only something near it.</summary>
    public const int Unclear = 3;

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);

    public LookupAnswer Answer { get; } = answer;

    public int Rank { get; } = rank;

    public List<string[]> Keys { get; } = [];

    /// <summary>Whether one of its names has the word.</summary>
    public bool Speaks(string word) => _words.Contains(word);

    public void Add(string[] key)
    {
        if (!Has(key))
        {
            Keys.Add(key);
            _words.UnionWith(key);
        }
    }

    public bool Has(string[] key) => Keys.Exists(k => k.AsSpan().SequenceEqual(key));
}
