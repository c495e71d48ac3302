using System.Text.Json.Serialization;

namespace Troupe.Telemetry;

/// <summary>What kind of work a section of a <see cref="Profiler"/> is.</summary>
[JsonConverter(typeof(ProfileCategoryConverter))]
public enum ProfileCategory
{
    /// <summary>Anything else.</summary>
    Other,

    /// <summary>Turns, by agent.</summary>
    Turns,

    /// <summary>Calls of models, by model.</summary>
    ModelCalls,

    /// <summary>Calls of tools, by tool.</summary>
    Tools,

    /// <summary>What the store does.</summary>
    Database,

    /// <summary>What agents remember beyond a session.</summary>
    Memory,

    /// <summary>Looking into caches and filling them.</summary>
    Caches,
}
