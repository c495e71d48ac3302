using Microsoft.Extensions.AI;
using Troupe.Models;
using Troupe.Server;

namespace Troupe.Cli.Models;

/// <summary>The models that the settings ask for, the default first; the offline one is always among them.</summary>
/// <param name="Models">The models.</param>
/// <param name="Embeddings">What embeds texts.</param>
internal sealed record ModelSetup(IReadOnlyList<ConfiguredModel> Models, IEmbeddingGenerator<string, Embedding<float>> Embeddings) : IDisposable
{
    public IReadOnlyList<string> Names => [.. Models.Select(m => m.Info.Name)];

    /// <summary>Reads the environment, and the file that <c>TROUPE_MODELS</c> names, or <c>models.yaml</c> where there is one.</summary>
    /// <exception cref="TroupeException">There is a mistake; the message says where.</exception>
    public static ModelSetup Read(Func<string, string?> read)
    {
        var path = read("TROUPE_MODELS") is { Length: > 0 } named ? named : File.Exists(ModelFile.FileName) ? ModelFile.FileName : null;
        var file = path is null ? null : ModelFile.Read(path, read);
        List<ConfiguredModel> models = [.. file?.Models ?? [], ModelFactory.Create(null, "offline", EnvironmentOf("offline", read))];
        var wanted = read("TROUPE_MODEL") is { Length: > 0 } given ? given : file?.Default ?? (file?.Models is [var only, ..] ? only.Info.Name : "offline");
        if (!models.Exists(m => m.Info.Name == wanted))
        {
            if (!ModelFactory.Providers.Contains(wanted, StringComparer.Ordinal))
            {
                throw ServerSettings.Wrong("TROUPE_MODEL", wanted, string.Join(" or ", models.Select(m => m.Info.Name).Concat(ModelFactory.Providers).Distinct(StringComparer.Ordinal)));
            }

            var made = ModelFactory.Create(null, wanted, EnvironmentOf(wanted, read));
            models.RemoveAll(m => m.Info.Name == made.Info.Name && m.Info.Provider != "offline");
            models.Insert(0, made);
            wanted = made.Info.Name;
        }

        var first = models.FindIndex(m => m.Info.Name == wanted);
        (models[0], models[first]) = (models[first], models[0]);
        return new ModelSetup(WithFallbacks(models, read), file?.Embeddings ?? new HashedEmbeddingGenerator());
    }

    public void Dispose()
    {
        foreach (var model in Models)
        {
            model.Client.Dispose();
        }

        Embeddings.Dispose();
    }

    private static List<ConfiguredModel> WithFallbacks(List<ConfiguredModel> models, Func<string, string?> read)
    {
        if (read("TROUPE_FALLBACK") is { Length: > 0 } given)
        {
            var fallbacks = given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            models[0] = models[0] with { Info = models[0].Info with { Fallbacks = fallbacks } };
        }

        foreach (var model in models)
        {
            var others = models.Select(m => m.Info.Name).Where(name => name != model.Info.Name).ToList();
            if (model.Info.Fallbacks.FirstOrDefault(f => !others.Contains(f, StringComparer.Ordinal)) is { } unknown)
            {
                throw ServerSettings.Wrong(
                    model == models[0] && read("TROUPE_FALLBACK") is { Length: > 0 } ? "TROUPE_FALLBACK" : $"The fallback of '{model.Info.Name}'", unknown, $"some of the other models: {string.Join(", ", others)}");
            }
        }

        return models;
    }

    private static ModelSettings EnvironmentOf(string provider, Func<string, string?> read)
    {
        var prefix = provider == "fixed" ? "TROUPE_FIXED_" : provider.ToUpperInvariant() + "_";
        return new(member => read(prefix + member.ToUpperInvariant()), (member, value, wanted) => throw ServerSettings.Wrong(prefix + member.ToUpperInvariant(), value, wanted));
    }
}
