using Troupe.Tests;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>A server whose patients answer without a model.</summary>
public sealed class Ward : IAsyncLifetime
{
    private Site? _site;

    public Site Site => _site!;

    /// <summary>The case that most tests take.</summary>
    internal static string BusDriver => "A bus driver with chest pain";

    /// <summary>A case file of our own, as it is written.</summary>
    internal static string CaseFile(string id) => File.ReadAllText(Path.Combine(House.Root, "src", "Troupe.Apps", "MedSim", "Cases", id + ".yaml"));

    public async ValueTask InitializeAsync() => _site = await Site.OpenAsync(("TROUPE_MODEL", "offline"));

    public ValueTask DisposeAsync() => _site!.DisposeAsync();
}
