namespace Troupe.Caching;

/// <summary>Tags and their generations at one moment. Immutable.</summary>
internal sealed class TagSet
{
    private readonly TagCell[] _cells;
    private readonly long[] _generations;

    public TagSet(TagCell[] cells)
    {
        _cells = cells;
        _generations = Array.ConvertAll(cells, static c => c.Generation);
    }

    public IEnumerable<string> Names => _cells.Select(static c => c.Name);

    public int Count => _cells.Length;

    /// <summary>Whether none of the tags has been invalidated since.</summary>
    public bool IsCurrent
    {
        get
        {
            for (var i = 0; i < _cells.Length; i++)
            {
                if (_cells[i].Generation != _generations[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
