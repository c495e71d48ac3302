using System.Text.Json.Serialization;
using Troupe.Server.Backups;
using Troupe.Server.Health;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Server.OpenAI;
using Troupe.Server.Sessions;

namespace Troupe.Server;

/// <summary>The JSON of the core routes: snake_case; what is unknown, given twice or deeper than 16 is refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(AgentList))]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(BackupCreated))]
[JsonSerializable(typeof(BranchErased))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(CreateSessionRequest))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ImportRequest))]
[JsonSerializable(typeof(KeyCreated))]
[JsonSerializable(typeof(KeyLine))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(OpenAIErrorBody))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(SessionCreated))]
[JsonSerializable(typeof(SessionExport))]
[JsonSerializable(typeof(SessionLine))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionPatch))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(TurnDelta))]
[JsonSerializable(typeof(TurnReply))]
[JsonSerializable(typeof(TurnRequest))]
[JsonSerializable(typeof(TurnSnapshot))]
[JsonSerializable(typeof(TurnStarted))]
[JsonSerializable(typeof(TurnTool))]
internal sealed partial class ServerJson : JsonSerializerContext;
