using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Apps.Yaml;
using Troupe.Models;

namespace Troupe.Cli.Models;

/// <summary>The operator's file of models.</summary>
internal sealed class ModelFile
{
    /// <summary>The file's usual name, in the working directory.</summary>
    public const string FileName = "models.yaml";

    /// <summary>Added to the members of each model.</summary>
    private static readonly string[] Common =
        ["provider", "fallback", "concurrency", "requests_per_minute", "tokens_per_minute", "limit_group", "price_input", "price_output"];

    private readonly YamlFile _file;
    private readonly Func<string, string?> _read;
    private readonly List<ConfiguredModel> _models = [];

    private ModelFile(string path, Func<string, string?> read) => (_file, _read) = (new YamlFile(path), read);

    public IReadOnlyList<ConfiguredModel> Models => _models;

    /// <summary>The model of agents that name none; null where the file does not say.</summary>
    public string? Default { get; private set; }

    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; private set; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="TroupeException">There are mistakes (code models_invalid): the message has a line for each, and no secret.</exception>
    public static ModelFile Read(string path, Func<string, string?> read)
    {
        var file = new ModelFile(path, read);
        if (file._file.Load("It begins with 'models:' and a map of names.") is { } root)
        {
            file.ReadAll(root.Only("default", "models", "embeddings"));
        }

        if (file._file.Mistakes.Count == 0)
        {
            return file;
        }

        file._models.ForEach(m => m.Client.Dispose());
        file.Embeddings?.Dispose();
        throw new TroupeException(ErrorKind.Setup, "models_invalid", string.Join("\n", file._file.Mistakes));
    }

    private void ReadAll(YamlMembers root)
    {
        foreach (var model in root.Map("models")?.Each() ?? [])
        {
            ReadModel(model);
        }

        if (root.Map("embeddings") is { } embeddings)
        {
            var provider = SettingsOf(embeddings.Only([.. ModelFactory.MembersOf("openai").Except(["context_tokens", "max_tokens_field"], StringComparer.Ordinal), "provider", "dimensions"]))
                .OneOf("provider", "openai", "offline", "openai");
            Embeddings = Made(embeddings, () => ModelFactory.CreateEmbeddings(provider, SettingsOf(embeddings)));
        }

        var names = _models.Select(m => m.Info.Name).Append("offline").ToHashSet(StringComparer.Ordinal);
        Default = root.Text("default");
        if (Default is not null && !names.Contains(Default))
        {
            root.Wrong("default", $"'default' is '{Default}', which there is not. There are: {string.Join(", ", names)}.");
        }
    }

    private void ReadModel(YamlMembers model)
    {
        if (model.Name is not { Length: >= 1 and <= 64 } || model.Name == "offline" || !model.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':'))
        {
            _file.Wrong(model.Node, $"'{model.Name}' is no name for a model. Use 1 to 64 characters of a-z, A-Z, 0-9 and - _ . / :, and not 'offline', which is there already.");
        }

        // The provider is read first, because it says what else there may be.
        var provider = SettingsOf(model.Only([.. Common, .. ModelFactory.Providers.SelectMany(ModelFactory.MembersOf).Distinct(StringComparer.Ordinal)]))
            .OneOf("provider", "openai", [.. ModelFactory.Providers.Except(["offline"], StringComparer.Ordinal)]);
        foreach (var stray in ModelFactory.Providers.SelectMany(ModelFactory.MembersOf).Distinct(StringComparer.Ordinal).Except(ModelFactory.MembersOf(provider), StringComparer.Ordinal).Where(model.Has))
        {
            model.Wrong(stray, $"'{stray}' is not for the provider '{provider}', which has: {string.Join(", ", ModelFactory.MembersOf(provider))}.");
        }

        // Before the model, so that a mistake in one hides none in the other.
        var (limits, group, price) = (LimitsOf(model), model.Text("limit_group"), PriceOf(model));
        if (Made(model, () => ModelFactory.Create(model.Name, provider, SettingsOf(model))) is { } made)
        {
            _models.Add(made with
            {
                Info = made.Info with
                {
                    Fallbacks = [.. model.Texts("fallback").Select(f => f.Text)],
                    Limits = limits,
                    LimitGroup = group,
                    Price = price,
                },
            });
        }
    }

    private static ProviderLimits? LimitsOf(YamlMembers model)
    {
        var limits = new ProviderLimits
        {
            Concurrency = model.Whole("concurrency", 1, 1_000_000),
            RequestsPerMinute = model.Whole("requests_per_minute", 1, 1_000_000_000),
            TokensPerMinute = model.Whole("tokens_per_minute", 1, 1_000_000_000),
        };
        return limits == new ProviderLimits() && !model.Has("limit_group") ? null : limits;
    }

    private static Price? PriceOf(YamlMembers model)
    {
        if (!model.Has("price_input") && !model.Has("price_output"))
        {
            return null;
        }

        return new Price((decimal)(model.Number("price_input", 0, 1e6) ?? 0), (decimal)(model.Number("price_output", 0, 1e6) ?? 0));
    }

    private T? Made<T>(YamlMembers members, Func<T> make)
        where T : class
    {
        var mistakes = _file.Mistakes.Count;
        try
        {
            var made = make();
            if (_file.Mistakes.Count == mistakes)
            {
                return made;
            }

            (made as ConfiguredModel)?.Client.Dispose();
            (made as IDisposable)?.Dispose();
        }
        catch (TroupeException failure)
        {
            _file.Wrong(members.Node, failure.Message);
        }

        return null;
    }

    private ModelSettings SettingsOf(YamlMembers members) => new(
        member => members.Text(member) is { } text ? Filled(members, member, text) : null,
        (member, value, wanted) => members.Wrong(member, value.Length == 0 ? $"'{member}' is missing in '{members.Name}'; it is {wanted}." : $"'{member}' is '{value}'; it must be {wanted}."));

    /// <summary>A text, with the environment's values where it names them.</summary>
    private string Filled(YamlMembers members, string member, string text) => SettingText.Fill(text, _read, what =>
    {
        members.Wrong(member, $"'{member}' {what}.");
        return "missing";
    });
}
