using System.Globalization;
using Troupe.Agents;
using Troupe.Chat;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Troupe.Cli.AgentFiles;

/// <summary>Reads one agent from its YAML file, and finds every mistake in it.</summary>
internal sealed class AgentFileReader
{
    private const int MaxBytes = 1 << 20;

    private static readonly string[] Members =
    [
        "name", "description", "instructions", "instructions_file", "model", "temperature", "max_output_tokens", "context_tokens", "tools", "input", "durability",
        "save_every", "max_waiting", "max_tool_rounds", "max_tool_calls", "parallel_tools", "greeting", "facts",
    ];

    private readonly string _path;
    private readonly AgentFileSurroundings _surroundings;
    private readonly List<AgentFileMistake> _mistakes = [];
    private readonly Dictionary<string, YamlNode> _members = new(StringComparer.Ordinal);
    private string _text = "";

    private AgentFileReader(string path, AgentFileSurroundings surroundings) => (_path, _surroundings) = (path, surroundings);

    public static AgentFile Read(string path, AgentFileSurroundings surroundings) => new AgentFileReader(path, surroundings).Read();

    private AgentFile Read()
    {
        var definition = Load() is { } root ? Define(root) : null;
        var name = _members.GetValueOrDefault("name")?.Start ?? Mark.Empty;
        return new AgentFile(_path, _text, _mistakes.Count == 0 ? definition : null, Math.Max(1, name.Line), Math.Max(1, name.Column), _mistakes);
    }

    private YamlMappingNode? Load()
    {
        try
        {
            _text = ReadText(_path);
            var stream = new YamlStream();
            stream.Load(new StringReader(_text));
            if (stream.Documents is [{ RootNode: YamlMappingNode root }])
            {
                return root;
            }

            Wrong(1, 1, "This is not one map of members. Write one agent into a file, a member a line, such as 'name: guide'.");
        }
        catch (YamlException failure)
        {
            Wrong(failure.Start.Line, failure.Start.Column, $"This is not YAML: {failure.Message.TrimEnd('.')}. Correct it.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Wrong(1, 1, $"The file cannot be read: {failure.Message.TrimEnd('.')}.");
        }

        return null;
    }

    private AgentDefinition Define(YamlMappingNode root)
    {
        foreach (var (key, value) in root.Children)
        {
            if (key is YamlScalarNode { Value: { } member } && Members.Contains(member, StringComparer.Ordinal))
            {
                _members[member] = value;
            }
            else
            {
                Wrong(key, $"There is no member '{Show(key)}'. There are: {string.Join(", ", Members)}.");
            }
        }

        if (!_members.ContainsKey("name"))
        {
            Wrong(1, 1, "The member 'name' is missing. Add one, such as 'name: guide'.");
        }

        var usual = new AgentDefinition { Name = Name() };
        return usual with
        {
            Description = Text("description") ?? usual.Description,
            Instructions = Instructions() ?? usual.Instructions,
            Model = Model(),
            Temperature = (float?)Number("temperature", 0, 2),
            MaxOutputTokens = Whole("max_output_tokens", 1, int.MaxValue),
            ContextTokens = Whole("context_tokens", 256, int.MaxValue),
            Tools = Tools(),
            Input = OneOf("input", usual.Input),
            Durability = OneOf("durability", usual.Durability),
            SaveEvery = Whole("save_every", 0, 100_000) ?? usual.SaveEvery,
            MaxWaiting = Whole("max_waiting", 1, 1000) ?? usual.MaxWaiting,
            MaxToolRounds = Whole("max_tool_rounds", 1, 100) ?? usual.MaxToolRounds,
            MaxToolCalls = Whole("max_tool_calls", 1, 1000) ?? usual.MaxToolCalls,
            ParallelTools = Whole("parallel_tools", 1, 64) ?? usual.ParallelTools,
            Knowledge = Knows(usual.Name),
        };
    }

    private string Name()
    {
        var name = Text("name") ?? "";
        if (_members.TryGetValue("name", out var node) && !(name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')))
        {
            Wrong(node, $"'name' is '{name}'; it must be 1 to 64 characters of a-z, 0-9, - and _.");
        }

        return name;
    }

    private string? Instructions()
    {
        if (!_members.TryGetValue("instructions_file", out var node))
        {
            return Text("instructions");
        }

        if (_members.ContainsKey("instructions"))
        {
            Wrong(node, "There are 'instructions' and an 'instructions_file'. Keep one.");
        }

        if (Text("instructions_file") is not { Length: > 0 } name)
        {
            return null;
        }

        var path = Path.Combine(Path.GetDirectoryName(_path)!, name);
        try
        {
            var text = ReadText(path);
            _text += "\0" + text;
            return text;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Wrong(node, $"'instructions_file' is '{name}', which cannot be read from '{path}'. It is looked for beside this file.");
            return null;
        }
    }

    private string? Model()
    {
        if (Text("model") is not { } model)
        {
            return null;
        }

        if (!_surroundings.Models.Contains(model, StringComparer.Ordinal))
        {
            Wrong(_members["model"], $"'model' is '{model}', which there is not. There are: {string.Join(", ", _surroundings.Models)}. Leave it out for the usual one.");
        }

        return model;
    }

    private List<string> Tools()
    {
        var tools = Texts("tools");
        foreach (var (node, tool) in tools.Where(t => t.Text.EndsWith("__", StringComparison.Ordinal) || !_surroundings.KnowsTool(t.Text)))
        {
            Wrong(node, $"There is no tool '{tool}'. A tool of an MCP server is called server__tool, all of them server__*; the server must be in mcp.json.");
        }

        return [.. tools.Select(t => t.Text).Distinct(StringComparer.Ordinal)];
    }

    private Knowledge? Knows(string name)
    {
        var (greeting, facts) = (Text("greeting"), Texts("facts"));
        return greeting is null && facts.Count == 0 ? null : new Knowledge(greeting ?? $"Hello, I am {name}.", [.. facts.Select(f => f.Text)]);
    }

    private string? Text(string member) => _members.TryGetValue(member, out var node) ? TextOf(node, member) : null;

    private string? TextOf(YamlNode node, string member)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            Wrong(node, $"'{member}' must be a text.");
            return null;
        }

        try
        {
            TextRules.Check(text, member);
        }
        catch (TroupeException failure)
        {
            Wrong(node, failure.Message);
        }

        return text;
    }

    private List<(YamlNode Node, string Text)> Texts(string member)
    {
        if (!_members.TryGetValue(member, out var node))
        {
            return [];
        }

        if (node is not YamlSequenceNode list)
        {
            Wrong(node, $"'{member}' must be a list of texts, such as '[one, two]'.");
            return [];
        }

        return [.. list.Children.Select(n => (Node: n, Text: TextOf(n, member))).Where(t => t.Text is not null).Select(t => (t.Node, t.Text!))];
    }

    private int? Whole(string member, int least, int most) => (int?)Number(member, least, most, whole: true);

    private double? Number(string member, double least, double most, bool whole = false)
    {
        if (!_members.TryGetValue(member, out var node))
        {
            return null;
        }

        if (node is YamlScalarNode scalar && double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && (!whole || number == Math.Floor(number)))
        {
            return number;
        }

        Wrong(node, string.Create(CultureInfo.InvariantCulture, $"'{member}' is '{Show(node)}'; it must be a {(whole ? "whole " : "")}number from {least} to {most}."));
        return null;
    }

    private T OneOf<T>(string member, T usual)
        where T : struct, Enum
    {
        if (!_members.TryGetValue(member, out var node))
        {
            return usual;
        }

        foreach (var value in Enum.GetValues<T>())
        {
            if (node is YamlScalarNode scalar && scalar.Value == value.ToString().ToLowerInvariant())
            {
                return value;
            }
        }

        Wrong(node, $"'{member}' is '{Show(node)}'; it must be {string.Join(" or ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}.");
        return usual;
    }

    private static string ReadText(string path) =>
        new FileInfo(path).Length <= MaxBytes ? File.ReadAllText(path) : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it is larger than {MaxBytes} bytes"));

    private static string Show(YamlNode node) => node is YamlScalarNode { Value: { } text } ? text.Length <= 80 ? text : text[..80] + "..." : node is YamlSequenceNode ? "a list" : "a map";

    private void Wrong(YamlNode node, string what) => Wrong(node.Start.Line, node.Start.Column, what);

    private void Wrong(long line, long column, string what) => _mistakes.Add(new AgentFileMistake(_path, line, column, what));
}
