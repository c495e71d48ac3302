using System.Text.Json.Serialization;

namespace Troupe.Cli.Import;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ImportSummary))]
[JsonSerializable(typeof(SessionSummary))]
[JsonSerializable(typeof(UndoSummary))]
internal sealed partial class ImportJson : JsonSerializerContext;
