using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Troupe.Apps.Yaml;

/// <summary>A file of an operator's or an author's that is being read. It finds every mistake, with its line, instead of stopping at the first.</summary>
/// <param name="path">The file, or what it is called.</param>
/// <param name="given">Its text; null to read the file.</param>
internal sealed class YamlFile(string path, string? given = null)
{
    private const int MaxBytes = 1 << 20;

    private readonly List<FileMistake> _mistakes = [];

    public string Path => path;

    /// <summary>What was read, to see whether it has changed.</summary>
    public string Text { get; private set; } = "";

    public IReadOnlyList<FileMistake> Mistakes => _mistakes;

    /// <summary>The file's one map; null, with the mistake noted, where there is none.</summary>
    /// <param name="usual">How such a file begins.</param>
    public YamlMembers? Load(string usual)
    {
        try
        {
            Text = given ?? ReadText(path);
            var stream = new YamlStream();
            stream.Load(new StringReader(Text));
            if (stream.Documents is [{ RootNode: YamlMappingNode root }])
            {
                return new YamlMembers(this, root, "");
            }

            Wrong(1, 1, $"This is not one map of members. {usual}");
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

    /// <summary>The text of a file that is named in this one, which counts as part of it.</summary>
    public string Include(string other)
    {
        var text = ReadText(other);
        Text += "\0" + text;
        return text;
    }

    public void Wrong(YamlNode node, string what) => Wrong(node.Start.Line, node.Start.Column, what);

    public void Wrong(long line, long column, string what) => _mistakes.Add(new FileMistake(path, line, column, what));

    private static string ReadText(string path) =>
        new FileInfo(path).Length <= MaxBytes ? File.ReadAllText(path) : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it is larger than {MaxBytes} bytes"));
}
