namespace Troupe.Caching;

/// <summary>One tag: its generation grows when what carries it is declared void. Thread-safe.</summary>
internal sealed class TagCell(string name)
{
    private long _generation;

    public string Name { get; } = name;

    public long Generation => Volatile.Read(ref _generation);

    public void Invalidate() => Interlocked.Increment(ref _generation);
}
