using System.Text.Json.Serialization;

namespace Troupe.Telemetry;

/// <summary>Reports as JSON, in files and in answers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(ProfileCategoryConverter)],
    MaxDepth = 8)]
[JsonSerializable(typeof(ProfileReport))]
[JsonSerializable(typeof(ProfileComparison))]
public sealed partial class ProfileJson : JsonSerializerContext;
