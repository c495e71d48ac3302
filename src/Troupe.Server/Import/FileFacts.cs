using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>What the beginning of a file shows: whether it is an array or an object, and what its first parts are made of.</summary>
internal sealed class FileFacts
{
    private const int MaxParts = 64;

    private FileFacts()
    {
    }

    /// <summary>The beginning of a value of the root.</summary>
    /// <param name="Name">The member's name; empty in an array.</param>
    /// <param name="Kind">What the value begins with.</param>
    /// <param name="Names">Members of the value, where it is an object.</param>
    /// <param name="ElementNames">Members of the objects in the value, where it is an array; of the objects or arrays of objects in it, where it is an object.</param>
    internal sealed record Part(string Name, JsonTokenType Kind, HashSet<string> Names, HashSet<string> ElementNames);

    public bool IsArray { get; private set; }

    /// <summary>Whether another value follows the first, as in a file of JSON lines.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Whether the file breaks off the rules before anything could be seen; the place, for people.</summary>
    public JsonException? Broken { get; private set; }

    public List<Part> Parts { get; } = [];

    /// <summary>Looks at the first bytes of a file that begins with an array or object.</summary>
    /// <param name="bytes">The beginning, without a byte order mark.</param>
    /// <param name="isWhole">Whether it is the whole file.</param>
    public static FileFacts Of(ReadOnlySpan<byte> bytes, bool isWhole)
    {
        var facts = new FileFacts();
        var reader = new Utf8JsonReader(bytes, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonPieces.MaxDepth, AllowMultipleValues = true }));
        try
        {
            facts.Look(ref reader);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            facts.Broken = failure as JsonException;
        }

        return facts;
    }

    /// <summary>The member of the root of that name, if it begins so.</summary>
    public Part? Find(string name, params ReadOnlySpan<JsonTokenType> kinds)
    {
        foreach (var part in Parts)
        {
            if (!IsArray && part.Name == name && (kinds.IsEmpty || kinds.Contains(part.Kind)))
            {
                return part;
            }
        }

        return null;
    }

    private void Look(ref Utf8JsonReader reader)
    {
        var name = "";
        Part? part = null;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject when reader.CurrentDepth == 0:
                    IsArray = reader.TokenType == JsonTokenType.StartArray;
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject when reader.CurrentDepth == 0:
                    HasMore = ReadMore(ref reader);
                    return;
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                    name = reader.GetString()!;
                    break;
                case JsonTokenType.PropertyName:
                    var names = reader.CurrentDepth == 2 ? part!.Names : reader.CurrentDepth <= 4 ? part!.ElementNames : null;
                    if (names?.Count < MaxParts)
                    {
                        names.Add(reader.GetString()!);
                    }

                    break;
                case var kind when reader.CurrentDepth == 1 && kind is not (JsonTokenType.EndArray or JsonTokenType.EndObject):
                    part = new Part(name, kind, new(StringComparer.Ordinal), new(StringComparer.Ordinal));
                    if (Parts.Count < MaxParts)
                    {
                        Parts.Add(part);
                    }

                    break;
            }
        }
    }

    private static bool ReadMore(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (JsonException)
        {
            // Something follows; its line is refused when it is read.
            return true;
        }
    }
}
