using Troupe.Agents;
using Troupe.Server.Keys;
using Troupe.Server.Sessions;
using Troupe.Sessions;

namespace Troupe.Server;

/// <summary>What an app's routes stand on.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Receipts">Owner-wide idempotency.</param>
/// <param name="State">Where the server stands.</param>
public sealed record ServerServices(AgentRuntime Runtime, ServerSettings Settings, ReceiptBook Receipts, ServerState State)
{
    /// <summary>The keys; null where nobody asks for them.</summary>
    internal KeyRing? Keys { get; init; }

    /// <summary>What the keys that have a limit of tokens a day have used of it today, since the server's start.</summary>
    public IEnumerable<KeyDay> KeyDays() => Keys?.Today() ?? [];

    /// <summary>Checks what is said, before anything is queued.</summary>
    /// <exception cref="TroupeException">It is refused, with the member at fault.</exception>
    public TurnInput InputOf(TurnRequest request, string? key) => SessionRoutes.InputOf(request, key, Runtime, Settings);
}
