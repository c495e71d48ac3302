using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Tells by its content what a file is. Names say little: every one of these systems writes <c>.json</c>.</summary>
internal static class FormatDetector
{
    public const int PrefixBytes = 1 << 20;

    /// <summary>The names that <c>--format</c> takes.</summary>
    public static readonly string[] Names = ["auto", "openai", "jsonl", "chatgpt", "medsim", "taurobot", "troupe"];

    private const string LinesName = "jsonl";
    /// <summary>What a person may try instead.</summary>
    public const string WayOut = "Known are OpenAI messages, JSON lines, ChatGPT, MedSim and TauroBot files, and Troupe's exports.";

    private static readonly IConversationFormat[] Formats = [new ExportFormat(), new ChatGptFormat(), new MedSimFormat(), new MessageFormat(), new TauroBotFormat()];

    /// <summary>A file of JSON lines.</summary>
    public static FileShape Lines { get; } = new(LinesName, FileContainer.Lines);

    /// <summary>The agent that goes on with conversations of a format; null for the usual one.</summary>
    public static string? AgentOf(string format) => format switch
    {
        TauroBotFormat.FormatName => TauroBotFormat.AgentName,
        MedSimFormat.FormatName => MedSimFormat.AgentName,
        _ => null,
    };

    public static IConversationFormat Format(string name) => Array.Find(Formats, f => f.Name == name)!;

    /// <summary>The format of one conversation; null when it is none.</summary>
    public static IConversationFormat? FormatOf(JsonElement value) => Array.Find(Formats, f => f.Fits(value));

    /// <summary>What a file is.</summary>
    /// <param name="prefix">Its first bytes, without a byte order mark.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    /// <param name="wanted">The format that it must have; auto for any.</param>
    /// <exception cref="UnreadableException">It is nothing that is known, or not what it must be.</exception>
    /// <exception cref="JsonException">It is not valid JSON.</exception>
    public static FileShape Find(ReadOnlySpan<byte> prefix, bool isWhole, string wanted)
    {
        CheckStart(prefix);
        var facts = FileFacts.Of(prefix, isWhole);
        var found = Find(facts);
        if (wanted == "auto" || wanted == found?.Format)
        {
            return found ?? throw facts.Broken as Exception ?? new UnreadableException($"It is JSON, but no conversation that Troupe knows. {WayOut}");
        }

        // What differs only in members beside the messages may be named.
        return (wanted, found) switch
        {
            (LinesName, { Container: not FileContainer.Lines }) => Lines,
            ("openai" or "medsim" or "taurobot", { Format: "openai" or "medsim", Container: not FileContainer.Lines }) => found with { Format = wanted },
            ("taurobot", null) when !facts.IsArray && facts.Broken is null => new FileShape(wanted, FileContainer.Users),
            (_, null) => throw facts.Broken as Exception ?? new UnreadableException($"It is not what --format {wanted} means, nor anything else that Troupe knows. {WayOut}"),
            _ => throw new UnreadableException($"It is not what --format {wanted} means, but looks like {found.Format}: leave out --format, or say --format {found.Format}."),
        };
    }

    private static void CheckStart(ReadOnlySpan<byte> prefix)
    {
        if (prefix is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
        {
            throw new UnreadableException("It is UTF-16 text. Save it as UTF-8.") { Where = "byte 0" };
        }

        var first = prefix.IndexOfAnyExcept(" \t\r\n"u8);
        if (first < 0)
        {
            throw new UnreadableException(prefix.Length < PrefixBytes ? "It is empty. Export it again." : "It begins with a mebibyte of spaces, which no export does.");
        }

        if (prefix[first] is not ((byte)'[' or (byte)'{'))
        {
            throw new UnreadableException($"It is no JSON: it begins with the byte 0x{prefix[first]:X2}, not with '[' or '{{'. {WayOut}") { Where = $"byte {first}" };
        }
    }

    private static FileShape? Find(FileFacts facts)
    {
        var shape = facts.IsArray ? OfArray(facts) : OfObject(facts);
        return facts.HasMore && (shape is not null || facts is { IsArray: false, Parts.Count: > 0 }) ? Lines : shape;
    }

    private static FileShape? OfArray(FileFacts facts)
    {
        if (facts.Parts is not [var first, ..])
        {
            return facts.Broken is null ? new FileShape("openai", FileContainer.One) : null;
        }

        if (first.Kind == JsonTokenType.StartArray)
        {
            return MessageReader.IsMessage(first.ElementNames) ? new FileShape("openai", FileContainer.List) : null;
        }

        return first.Kind != JsonTokenType.StartObject ? null
            : facts.Parts.Exists(p => MessageReader.IsMessage(p.Names)) ? new FileShape("openai", FileContainer.One)
            : FormatOf(first.Names) is { } format ? new FileShape(format, FileContainer.List)
            : null;
    }

    private static FileShape? OfObject(FileFacts facts)
    {
        if (facts.Find("troupe_import") is not null)
        {
            throw new UnreadableException("It is the summary of an import, not a conversation. To take that import back, say --undo and its name.");
        }

        if (facts.Find("conversations", JsonTokenType.StartArray) is { } list && FormatOf(list.ElementNames) is { } inner)
        {
            return new FileShape(inner, FileContainer.List);
        }

        var isUsers = facts.Find("users", JsonTokenType.StartArray, JsonTokenType.StartObject) is not null;
        var names = facts.Parts.Where(p => p.Name is not "mapping" || p.Kind == JsonTokenType.StartObject)
            .Where(p => !MessageReader.MessagesNames.Contains(p.Name) && p.Name is not ("conversations" or "log") || p.Kind == JsonTokenType.StartArray)
            .Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return isUsers ? new FileShape("taurobot", FileContainer.Users)
            : FormatOf(names) is { } format ? new FileShape(format, FileContainer.One)
            : facts.Parts.Exists(IsUser) ? new FileShape("taurobot", FileContainer.Users)
            : facts.Parts.Find(HoldsUsers) is { } memory ? new FileShape("taurobot", FileContainer.Users, memory.Name)
            : null;
    }

    /// <summary>Whether a member is an object of users, under whatever name.</summary>
    private static bool HoldsUsers(FileFacts.Part part) =>
        part.Kind == JsonTokenType.StartObject && (MessageReader.IsMessage(part.ElementNames) || part.ElementNames.Overlaps(MessageReader.MessagesNames));

    private static bool IsUser(FileFacts.Part part) => part.Kind switch
    {
        JsonTokenType.StartArray => MessageReader.IsMessage(part.ElementNames),
        JsonTokenType.StartObject => part.Names.Overlaps(MessageReader.MessagesNames),
        _ => false,
    };

    /// <summary>The format of an object with these members.</summary>
    private static string? FormatOf(HashSet<string> names) =>
        names.Contains(ExportFormat.Mark) ? "troupe"
        : names.Contains("mapping") ? "chatgpt"
        : !names.Overlaps(MessageReader.MessagesNames) && !names.Contains("conversations") && !names.Contains("log") ? null
        : names.Overlaps(MedSimFormat.CaseNames) ? "medsim"
        : "openai";
}
