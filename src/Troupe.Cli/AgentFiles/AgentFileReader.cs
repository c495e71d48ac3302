using Troupe.Agents;
using Troupe.Chat;
using Troupe.Cli.Yaml;
using YamlDotNet.Core;

namespace Troupe.Cli.AgentFiles;

/// <summary>Reads one agent from its YAML file, and finds every mistake in it.</summary>
internal sealed class AgentFileReader
{
    private static readonly string[] Members =
    [
        "name", "description", "instructions", "instructions_file", "model", "temperature", "max_output_tokens", "context_tokens", "tools", "input", "durability",
        "save_every", "max_waiting", "max_tool_rounds", "max_tool_calls", "parallel_tools", "greeting", "suggestions", "facts", "cache", "budget",
    ];

    private readonly YamlFile _file;
    private readonly AgentFileSurroundings _surroundings;
    private readonly YamlMembers _members;

    private AgentFileReader(YamlFile file, YamlMembers members, AgentFileSurroundings surroundings) =>
        (_file, _members, _surroundings) = (file, members.Only(Members), surroundings);

    public static AgentFile Read(string path, AgentFileSurroundings surroundings)
    {
        var file = new YamlFile(path);
        var reader = file.Load("Write one agent into a file, a member a line, such as 'name: guide'.") is { } root ? new AgentFileReader(file, root, surroundings) : null;
        var definition = reader?.Define();
        var name = reader?._members.Find("name")?.Start ?? Mark.Empty;
        return new AgentFile(path, file.Text, file.Mistakes.Count == 0 ? definition : null, Math.Max(1, name.Line), Math.Max(1, name.Column), file.Mistakes);
    }

    private AgentDefinition Define()
    {
        if (!_members.Has("name"))
        {
            _file.Wrong(1, 1, "The member 'name' is missing. Add one, such as 'name: guide'.");
        }

        var usual = new AgentDefinition { Name = Name() };
        return usual with
        {
            Description = _members.Text("description") ?? usual.Description,
            Greeting = _members.Text("greeting") ?? usual.Greeting,
            Suggestions = Suggestions(),
            Instructions = Instructions() ?? usual.Instructions,
            Model = Model(),
            Temperature = (float?)_members.Number("temperature", 0, 2),
            MaxOutputTokens = _members.Whole("max_output_tokens", 1, int.MaxValue),
            ContextTokens = _members.Whole("context_tokens", 256, int.MaxValue),
            Tools = Tools(),
            Input = _members.OneOf("input", usual.Input),
            Durability = _members.OneOf("durability", usual.Durability),
            SaveEvery = _members.Whole("save_every", 0, 100_000) ?? usual.SaveEvery,
            MaxWaiting = _members.Whole("max_waiting", 1, 1000) ?? usual.MaxWaiting,
            MaxToolRounds = _members.Whole("max_tool_rounds", 1, 100) ?? usual.MaxToolRounds,
            MaxToolCalls = _members.Whole("max_tool_calls", 1, 1000) ?? usual.MaxToolCalls,
            ParallelTools = _members.Whole("parallel_tools", 1, 64) ?? usual.ParallelTools,
            Knowledge = Knows(usual.Name),
            Caching = Caching(),
            Budget = Spending(),
        };
    }

    private string Name()
    {
        var name = _members.Text("name") ?? "";
        if (_members.Has("name") && !(name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')))
        {
            _members.Wrong("name", $"'name' is '{name}'; it must be 1 to 64 characters of a-z, 0-9, - and _.");
        }

        return name;
    }

    private string? Instructions()
    {
        if (!_members.Has("instructions_file"))
        {
            return _members.Text("instructions");
        }

        if (_members.Has("instructions"))
        {
            _members.Wrong("instructions_file", "There are 'instructions' and an 'instructions_file'. Keep one.");
        }

        if (_members.Text("instructions_file") is not { Length: > 0 } name)
        {
            return null;
        }

        var path = Path.Combine(Path.GetDirectoryName(_file.Path)!, name);
        try
        {
            return _file.Include(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _members.Wrong("instructions_file", $"'instructions_file' is '{name}', which cannot be read from '{path}'. It is looked for beside this file.");
            return null;
        }
    }

    private string? Model()
    {
        if (_members.Text("model") is not { } model)
        {
            return null;
        }

        if (!_surroundings.Models.Contains(model, StringComparer.Ordinal))
        {
            _members.Wrong("model", $"'model' is '{model}', which there is not. There are: {string.Join(", ", _surroundings.Models)}. Leave it out for the usual one.");
        }

        return model;
    }

    private List<string> Tools()
    {
        var tools = _members.Texts("tools");
        foreach (var (node, tool) in tools.Where(t => t.Text.EndsWith("__", StringComparison.Ordinal) || !_surroundings.KnowsTool(t.Text)))
        {
            _file.Wrong(node, $"There is no tool '{tool}'. A tool of an MCP server is called server__tool, all of them server__*; the server must be in mcp.json.");
        }

        return [.. tools.Select(t => t.Text).Distinct(StringComparer.Ordinal)];
    }

    private List<string> Suggestions()
    {
        const int most = 8;
        var suggestions = _members.Texts("suggestions").ConvertAll(s => s.Text);
        if (suggestions.Count > most)
        {
            _members.Wrong("suggestions", $"'suggestions' has {suggestions.Count} texts; at most {most} are shown.");
        }

        return suggestions;
    }

    private AnswerCaching? Caching()
    {
        if (_members.Map("cache")?.Only("scope", "reuse_samples", "first_turn_only", "seconds") is not { } cache)
        {
            return null;
        }

        if (!cache.Has("scope"))
        {
            cache.Wrong("scope", "'cache' says no 'scope'. Who may be given an answer again: session, owner or global?");
        }

        return new AnswerCaching
        {
            Scope = cache.OneOf("scope", AnswerScope.Session),
            ReuseSamples = cache.Flag("reuse_samples") ?? false,
            FirstTurnOnly = cache.Flag("first_turn_only") ?? false,
            TimeToLive = cache.Number("seconds", 0.001, 31_536_000) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    private Budget? Spending() =>
        _members.Map("budget")?.Only("turn_tokens", "session_tokens", "day_tokens", "turn_money", "session_money", "day_money") is not { } budget ? null
        : new Budget
        {
            TurnTokens = (long?)budget.Number("turn_tokens", 1, 1e15, whole: true),
            SessionTokens = (long?)budget.Number("session_tokens", 1, 1e15, whole: true),
            OwnerDayTokens = (long?)budget.Number("day_tokens", 1, 1e15, whole: true),
            TurnMoney = (decimal?)budget.Number("turn_money", 0.000001, 1e9),
            SessionMoney = (decimal?)budget.Number("session_money", 0.000001, 1e9),
            OwnerDayMoney = (decimal?)budget.Number("day_money", 0.000001, 1e9),
        };

    private Knowledge? Knows(string name)
    {
        var (greeting, facts) = (_members.Text("greeting"), _members.Texts("facts"));
        return greeting is null && facts.Count == 0 ? null : new Knowledge(greeting ?? $"Hello, I am {name}.", [.. facts.Select(f => f.Text)]);
    }
}
