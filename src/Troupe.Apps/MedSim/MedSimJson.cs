using System.Text.Json.Serialization;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Classes;

namespace Troupe.Apps.MedSim;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(ActionReply))]
[JsonSerializable(typeof(AttemptExport))]
[JsonSerializable(typeof(AttemptList))]
[JsonSerializable(typeof(AttemptNote))]
[JsonSerializable(typeof(AttemptRequest))]
[JsonSerializable(typeof(AttemptRow))]
[JsonSerializable(typeof(AttemptsExport))]
[JsonSerializable(typeof(AttemptView))]
[JsonSerializable(typeof(CaseImport))]
[JsonSerializable(typeof(CaseList))]
[JsonSerializable(typeof(CaseProblem))]
[JsonSerializable(typeof(CaseView))]
[JsonSerializable(typeof(CatalogueView))]
[JsonSerializable(typeof(ClassCreated))]
[JsonSerializable(typeof(ClassLine))]
[JsonSerializable(typeof(ClassList))]
[JsonSerializable(typeof(ClassRequest))]
[JsonSerializable(typeof(ClassRow))]
[JsonSerializable(typeof(ClassView))]
[JsonSerializable(typeof(Debrief))]
[JsonSerializable(typeof(DiagnosisRequest))]
[JsonSerializable(typeof(EmptyRequest))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(List<long[]>))]
[JsonSerializable(typeof(MemberRow))]
[JsonSerializable(typeof(PatientCase))]
[JsonSerializable(typeof(TextRequest))]
[JsonSerializable(typeof(WaitRequest))]
[JsonSerializable(typeof(WhatRequest))]
internal sealed partial class MedSimJson : JsonSerializerContext;
