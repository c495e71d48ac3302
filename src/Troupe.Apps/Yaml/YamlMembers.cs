using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Troupe.Apps.Yaml;

/// <summary>The members of one map in a file. What is wrong with one is noted in the file and read as if it were not there.</summary>
/// <param name="file">The file.</param>
/// <param name="map">The map.</param>
/// <param name="name">The member that the map is the value of; empty for the file's own.</param>
internal sealed class YamlMembers(YamlFile file, YamlMappingNode map, string name)
{
    private readonly Dictionary<string, YamlNode> _members = new(StringComparer.Ordinal);

    public string Name => name;

    public YamlNode Node => map;

    public bool Has(string member) => _members.ContainsKey(member);

    public YamlNode? Find(string member) => _members.GetValueOrDefault(member);

    /// <summary>Takes the members that there may be, and notes every other.</summary>
    public YamlMembers Only(params IReadOnlyList<string> known)
    {
        foreach (var (key, value) in map.Children)
        {
            if (key is YamlScalarNode { Value: { } member } && known.Contains(member, StringComparer.Ordinal))
            {
                _members[member] = value;
            }
            else
            {
                file.Wrong(key, $"There is no member '{Show(key)}'{(name.Length == 0 ? "" : $" in '{name}'")}. There are: {string.Join(", ", known)}.");
            }
        }

        return this;
    }

    /// <summary>The maps under names that the operator chose.</summary>
    public IEnumerable<YamlMembers> Each()
    {
        foreach (var (key, value) in map.Children)
        {
            if (key is YamlScalarNode { Value: { } member } && value is YamlMappingNode child)
            {
                yield return new YamlMembers(file, child, member);
            }
            else
            {
                file.Wrong(value, $"'{Show(key)}' must be a map of members.");
            }
        }
    }

    public YamlMembers? Map(string member)
    {
        switch (Find(member))
        {
            case null:
                return null;

            case YamlMappingNode child:
                return new YamlMembers(file, child, member);

            case { } other:
                file.Wrong(other, $"'{member}' must be a map of members.");
                return null;
        }
    }

    public string? Text(string member) => Find(member) is { } node ? TextOf(node, member) : null;

    public List<(YamlNode Node, string Text)> Texts(string member)
    {
        if (Find(member) is not { } node)
        {
            return [];
        }

        if (node is not YamlSequenceNode list)
        {
            file.Wrong(node, $"'{member}' must be a list of texts, such as '[one, two]'.");
            return [];
        }

        return [.. list.Children.Select(n => (Node: n, Text: TextOf(n, member))).Where(t => t.Text is not null).Select(t => (t.Node, t.Text!))];
    }

    public int? Whole(string member, int least, int most) => (int?)Number(member, least, most, whole: true);

    public double? Number(string member, double least, double most, bool whole = false)
    {
        if (Find(member) is not { } node)
        {
            return null;
        }

        if (node is YamlScalarNode scalar && double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && (!whole || number == Math.Floor(number)))
        {
            return number;
        }

        Wrong(member, string.Create(CultureInfo.InvariantCulture, $"'{member}' is '{Show(node)}'; it must be a {(whole ? "whole " : "")}number from {least} to {most}."));
        return null;
    }

    public bool? Flag(string member)
    {
        if (Find(member) is not { } node)
        {
            return null;
        }

        if (node is YamlScalarNode { Value: "true" or "false" } scalar)
        {
            return scalar.Value == "true";
        }

        Wrong(member, $"'{member}' is '{Show(node)}'; it must be true or false.");
        return null;
    }

    public T OneOf<T>(string member, T usual)
        where T : struct, Enum
    {
        if (Find(member) is not { } node)
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

        Wrong(member, $"'{member}' is '{Show(node)}'; it must be {string.Join(" or ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}.");
        return usual;
    }

    /// <summary>Notes a mistake where a member stands, or where its map does.</summary>
    public void Wrong(string member, string what) => file.Wrong(Find(member) ?? map, what);

    private static string Show(YamlNode node) => node is YamlScalarNode { Value: { } text } ? text.Length <= 80 ? text : text[..80] + "..." : node is YamlSequenceNode ? "a list" : "a map";

    private string? TextOf(YamlNode node, string member)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            file.Wrong(node, $"'{member}' must be a text.");
            return null;
        }

        try
        {
            TextRules.Check(text, member);
        }
        catch (TroupeException failure)
        {
            file.Wrong(node, failure.Message);
        }

        return text;
    }
}
