using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Cli.Models;

/// <summary>A model that the settings ask for.</summary>
internal sealed record ConfiguredModel(ModelInfo Info, IChatClient Client);
