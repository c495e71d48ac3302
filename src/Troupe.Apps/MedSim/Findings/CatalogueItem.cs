namespace Troupe.Apps.MedSim.Findings;

/// <summary>An examination or a test that medicine knows.</summary>
/// <param name="IsTest">Whether it is a test.</param>
/// <param name="Group">The region of an examination; the kind of a test.</param>
/// <param name="Name">Its name.</param>
/// <param name="Synonyms">Its other names, as they are shown.</param>
/// <param name="Normal">What is normal.</param>
/// <param name="Cost">What it costs; 0 for an examination.</param>
/// <param name="Minutes">How long it takes.</param>
internal sealed record CatalogueItem(bool IsTest, string Group, string Name, IReadOnlyList<string> Synonyms, string Normal, int Cost, int Minutes)
{
    private readonly List<string> _names = [];
    private readonly List<string[]> _keys = [];

    /// <summary>All its names, its own first.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>What its names are compared by, its own first.</summary>
    public IReadOnlyList<string[]> Keys => _keys;

    /// <summary>Gives it a name, or a way of asking for it.</summary>
    public void Add(string name)
    {
        var key = TestName.KeyOf(name);
        _names.Add(name);
        if (!_keys.Exists(k => k.AsSpan().SequenceEqual(key)))
        {
            _keys.Add(key);
        }
    }
}
