using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Collects members that mean nothing here, so that they are kept with the session in a note, which no model reads.</summary>
internal sealed class UnknownMembers
{
    public const string Heading = "Members that Troupe does not know:\n";

    private readonly List<string> _ofSession = [];
    private readonly SortedDictionary<int, List<string>> _ofLines = [];

    /// <summary>Keeps a value's members but for those that are known or empty.</summary>
    /// <param name="value">An object.</param>
    /// <param name="line">The line that the object is of, from 1; 0 for the session.</param>
    /// <param name="known">Members that are read, under their names in this object.</param>
    public void Add(JsonElement value, int line, ReadOnlySpan<string?> known)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (!IsEmpty(member.Value) && !known.Contains(member.Name))
            {
                Add(member.Name, member.Value, line);
            }
        }
    }

    /// <summary>Keeps one value under a name.</summary>
    public void Add(string name, JsonElement value, int line)
    {
        if (line > 0 && !_ofLines.ContainsKey(line))
        {
            _ofLines.Add(line, []);
        }

        var place = line == 0 ? _ofSession : _ofLines[line];
        place.Add($"\"{JsonEncodedText.Encode(TextRules.Mend(name))}\":{TextRules.Mend(value.GetRawText())}");
    }

    /// <summary>The texts of the notes: none, one, or several where one would be longer than a line may be.</summary>
    public IReadOnlyList<string> Notes(int mostLength)
    {
        if (_ofSession.Count == 0 && _ofLines.Count == 0)
        {
            return [];
        }

        var text = new StringBuilder("{");
        if (_ofSession.Count > 0)
        {
            text.Append("\"session\":{").AppendJoin(',', _ofSession).Append('}');
        }

        if (_ofLines.Count > 0)
        {
            text.Append(_ofSession.Count > 0 ? "," : "").Append("\"lines\":{");
            text.AppendJoin(',', _ofLines.Select(l => string.Create(CultureInfo.InvariantCulture, $"\"{l.Key}\":{{{string.Join(',', l.Value)}}}")));
            text.Append('}');
        }

        return Split(text.Append('}').ToString(), mostLength - Heading.Length);
    }

    /// <summary>Whether a value says nothing: null, or without members or elements.</summary>
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private static List<string> Split(string text, int most)
    {
        var notes = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var length = Math.Min(most, text.Length - start);
            length -= start + length < text.Length && char.IsHighSurrogate(text[start + length - 1]) ? 1 : 0;
            notes.Add(Heading + text.Substring(start, length));
            start += length;
        }

        return notes;
    }
}
