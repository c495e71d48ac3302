using Troupe.Agents;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Patient;

namespace Troupe.Apps.MedSim;

/// <summary>The agent behind every patient. What it may say is decided for each turn; its instructions hold nothing of a case.</summary>
internal static class PatientAgent
{
    public const string Name = "medsim";

    private const int MaxReplyTokens = 300;

    public static AgentDefinition Define(AgentRuntime runtime)
    {
        var host = MedSimHost.Of(runtime);
        return new AgentDefinition
        {
            Name = Name,
            Description = "A patient to practise on. Attempts are begun at /api/v1/medsim/attempts.",
            Temperature = 0.3f,
            MaxOutputTokens = MaxReplyTokens,
            MaxWaiting = 4,
            Stage = model => new PatientStage(runtime, host.Shelf, host.Hours, model),
            Admit = host.Admit,
            Receive = FormerSession.Receive,
            IsKeptWhole = true,
        };
    }
}
