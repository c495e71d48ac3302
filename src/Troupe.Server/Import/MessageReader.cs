using System.Globalization;
using System.Text;
using System.Text.Json;
using Troupe.Sessions;

namespace Troupe.Server.Import;

/// <summary>Reads messages, each a JSON object with a role, words and perhaps a time, into the lines of one conversation.</summary>
internal sealed class MessageReader
{
    public const int MaxLines = 100_000;

    private const int MaxBeginning = 60;

    /// <summary>Members that hold a conversation's messages.</summary>
    public static readonly string[] MessagesNames = ["messages", "history", "transcript", "interactions", "dialogue", "turns", "conversation", "conversation_history", "chat_history"];

    /// <summary>Members that hold a time.</summary>
    public static readonly string[] TimeNames = ["timestamp", "time", "created_at", "create_time", "createdAt", "at", "date"];

    private static readonly string[] RoleNames = ["role", "sender", "author", "from", "speaker"];
    private static readonly string[] TextNames = ["content", "text", "message", "value"];

    private readonly List<ConversationLine> _lines = [];
    private readonly Dictionary<string, string> _toolsOfCalls = new(StringComparer.Ordinal);
    private readonly UnknownMembers _unknown = new();

    public IReadOnlyList<ConversationLine> Lines => _lines;

    public UnknownMembers Unknown => _unknown;

    /// <summary>Whether a value looks like a message.</summary>
    public static bool IsMessage(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && JsonValues.Find(value, RoleNames).Name is not null
        && (JsonValues.Find(value, TextNames).Name is not null || value.TryGetProperty("tool_calls", out _));

    /// <summary>Whether some member names look like a message's.</summary>
    public static bool IsMessage(IReadOnlyCollection<string> names) => names.Any(n => RoleNames.Contains(n)) && names.Any(n => TextNames.Contains(n) || n == "tool_calls");

    /// <summary>Reads an array of messages, each after the one before.</summary>
    public MessageReader AddAll(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw new UnreadableException($"The messages are {KindOf(messages)}; they must be an array.");
        }

        var number = 0;
        foreach (var message in messages.EnumerateArray())
        {
            Add(message, ++number);
        }

        return this;
    }

    /// <summary>Reads one message.</summary>
    public void Add(JsonElement message, int number)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"message {number}");
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new UnreadableException($"It is {KindOf(message)}; a message is an object with 'role' and 'content'.") { Where = where };
        }

        var (roleName, roleValue) = JsonValues.Find(message, RoleNames);
        var role = roleName is null ? null : roleValue.ValueKind == JsonValueKind.Object && roleValue.TryGetProperty("role", out var inner) ? JsonValues.WordOf(inner) : JsonValues.WordOf(roleValue);
        if (role is null)
        {
            throw new UnreadableException("It has no role. Give it 'role': 'user' or 'assistant'.") { Where = where };
        }

        var (textName, content) = JsonValues.Find(message, TextNames);
        var isWhole = true;
        var text = textName is null ? "" : Words(content, ref isWhole) ?? throw new UnreadableException($"'{textName}' is {KindOf(content)}; it must be text, or an array of parts.") { Where = where };
        var calls = message.TryGetProperty("tool_calls", out var given) && given.ValueKind == JsonValueKind.Array;
        if (textName is null && !calls && !message.TryGetProperty("content", out _))
        {
            throw new UnreadableException("It has no words. Give it 'content'.") { Where = where };
        }

        var (timeName, timeValue) = JsonValues.Find(message, TimeNames);
        var at = timeName is null ? null : JsonValues.TimeOf(timeValue);
        var answers = message.TryGetProperty("tool_call_id", out var call) ? JsonValues.WordOf(call) : null;
        var tool = message.TryGetProperty("name", out var name) && answers is not null ? JsonValues.WordOf(name) : null;
        var line = Math.Max(1, _lines.Count + (text.Length > 0 ? 1 : 0));
        if (text.Length > 0 || answers is not null)
        {
            var known = RoleOf(role);
            _ = answers is not null ? Add("tool_result", text, at, where, answers, tool ?? _toolsOfCalls.GetValueOrDefault(answers, ""))
                : Add(known ?? ConversationLine.Note, known is null ? $"[{role}] {text}" : text, at, where);
        }

        if (calls)
        {
            foreach (var one in given.EnumerateArray())
            {
                AddCall(one, at, where);
            }
        }

        _unknown.Add(
            message, line,
            [
                roleName, isWhole ? textName : null, at is null ? null : timeName, calls ? "tool_calls" : null, answers is null ? null : "tool_call_id", tool is null ? null : "name",
            ]);
    }

    /// <summary>Adds a line after the last, or after another.</summary>
    /// <returns>The line's number.</returns>
    public int Add(string role, string text, DateTimeOffset? at, string where, string? callId = null, string? tool = null, int? parent = null)
    {
        if (text.Length > Session.MaxTextLength)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"The text has {text.Length} characters; at most {Session.MaxTextLength} are taken. Split it.")) { Where = where };
        }

        if (_lines.Count >= MaxLines - 1)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"There are more than {MaxLines - 1} messages. Split the conversation.")) { Where = where };
        }

        _lines.Add(new ConversationLine(role, text, at, parent ?? _lines.Count, callId, tool));
        return _lines.Count;
    }

    /// <summary>The conversation of what was read.</summary>
    public Conversation Make(string format, string? name, string? title, DateTimeOffset? createdAt, int? head = null)
    {
        return _lines.Count == 0
            ? throw new UnreadableException("There are no messages.")
            : new Conversation(format, name ?? "", _lines)
            {
                Title = title ?? BeginningOf(_lines.Find(l => l.Role == "user")?.Text),
                CreatedAt = createdAt,
                Head = head,
                Unknown = _unknown.Notes(Session.MaxTextLength),
            };
    }

    /// <summary>A role as Troupe knows it; null for one that it does not, such as system.</summary>
    public static string? RoleOf(string role) => role.Trim().ToLowerInvariant() switch
    {
        "user" or "human" or "student" or "doctor" or "person" => "user",
        "assistant" or "ai" or "bot" or "model" or "patient" or "gpt" or "chatgpt" or "agent" => "assistant",
        _ => null,
    };

    /// <summary>The words of a content: text, parts of text, or an object that holds either. Null when it is neither.</summary>
    /// <param name="content">The content.</param>
    /// <param name="isWhole">Becomes false when a part is no text: a placeholder stands for it.</param>
    public static string? Words(JsonElement content, ref bool isWhole)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                return JsonValues.TextOf(content);
            case JsonValueKind.Array:
                var text = new StringBuilder();
                foreach (var part in content.EnumerateArray())
                {
                    if (part.ValueKind == JsonValueKind.Null)
                    {
                        continue;
                    }

                    var words = part.ValueKind == JsonValueKind.Array ? null : Words(part, ref isWhole);
                    isWhole &= words is not null;
                    words ??= "[something that is no text]";
                    text.Append(text.Length > 0 && words.Length > 0 ? "\n" : "").Append(words);
                }

                return text.ToString();
            case JsonValueKind.Object:
                isWhole &= content.EnumerateObject().All(m => m.Name is "type" or "content_type" or "text" or "parts" or "content");
                foreach (var name in new[] { "text", "parts", "content" })
                {
                    if (content.TryGetProperty(name, out var inner) && inner.ValueKind is JsonValueKind.String or JsonValueKind.Array)
                    {
                        return Words(inner, ref isWhole);
                    }
                }

                isWhole = false;
                return JsonValues.Find(content, ["type", "content_type"]).Value is { ValueKind: JsonValueKind.String } kind ? $"[{JsonValues.TextOf(kind)}]" : null;
            default:
                return null;
        }
    }

    /// <summary>What a value is, in words.</summary>
    public static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private void AddCall(JsonElement call, DateTimeOffset? at, string where)
    {
        var function = call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out var given) && given.ValueKind == JsonValueKind.Object ? given : call;
        if (function.ValueKind != JsonValueKind.Object)
        {
            throw new UnreadableException($"A call of a tool is {KindOf(call)}; it must be an object.") { Where = where };
        }

        var id = call.TryGetProperty("id", out var number) ? JsonValues.WordOf(number) : null;
        var name = function.TryGetProperty("name", out var named) ? JsonValues.WordOf(named) : null;
        var arguments = function.TryGetProperty("arguments", out var value) ? value.ValueKind == JsonValueKind.String ? JsonValues.TextOf(value) : TextRules.Mend(value.GetRawText()) : "{}";
        if (id is null)
        {
            Add(ConversationLine.Note, $"[{name}] {arguments}", at, where);
            return;
        }

        _toolsOfCalls[id] = name ?? "";
        Add("tool_call", arguments, at, where, id, name ?? "");
    }

    /// <summary>What a conversation without a title is listed under.</summary>
    private static string BeginningOf(string? text)
    {
        var words = text.AsSpan().Trim();
        var end = words.IndexOfAny('\r', '\n');
        var line = end < 0 ? words : words[..end];
        return line.Length <= MaxBeginning ? line.ToString() : TextRules.Mend(line[..MaxBeginning].ToString()) + "…";
    }
}
