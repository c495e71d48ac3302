namespace Troupe.Caching;

/// <summary>The loads that a piece of code runs inside of, innermost first, so that one that asks for its own key is told instead of waiting for itself.</summary>
internal sealed record FlightPath(object Flight, FlightPath? Outer)
{
    private static readonly AsyncLocal<FlightPath?> Path = new();

    public static FlightPath? Current
    {
        get => Path.Value;
        set => Path.Value = value;
    }

    public static bool IsInside(object flight)
    {
        for (var path = Current; path is not null; path = path.Outer)
        {
            if (ReferenceEquals(path.Flight, flight))
            {
                return true;
            }
        }

        return false;
    }
}
