using System.Text.Json;
using System.Text.Json.Serialization;

namespace Troupe.Telemetry;

/// <summary>Categories as words: <c>model_calls</c>.</summary>
public sealed class ProfileCategoryConverter() : JsonStringEnumConverter<ProfileCategory>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
