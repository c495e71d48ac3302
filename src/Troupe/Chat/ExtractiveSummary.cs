using System.Globalization;
using System.Text;
using Troupe.Storage;

namespace Troupe.Chat;

/// <summary>A summary without a model: the beginning of what was said, newest last, within a length.</summary>
internal static class ExtractiveSummary
{
    public const int MaxLength = 2000;
    private const int LineLength = 120;

    public static string Write(string? earlier, IReadOnlyList<Entry> covered)
    {
        var lines = new LinkedList<string>();
        var length = 0;
        var left = covered.Count;
        for (; left > 0 && length < MaxLength - (2 * LineLength); left--)
        {
            var entry = covered[left - 1];
            if (entry.Role is EntryRole.User or EntryRole.Assistant && FirstLine(entry.Text) is { Length: > 0 } said)
            {
                var line = $"{(entry.Role == EntryRole.User ? "User" : "You")}: {said}";
                lines.AddFirst(line);
                length += line.Length + 1;
            }
        }

        var text = new StringBuilder();
        if (left > 0 || earlier is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"({left} earlier entries are left out.)\n");
        }

        return text.AppendJoin('\n', lines).ToString();
    }

    private static string FirstLine(string text)
    {
        var span = text.AsSpan().Trim();
        var end = span.IndexOfAny("\r\n");
        span = end >= 0 ? span[..end] : span;
        return span.Length <= LineLength ? span.ToString() : string.Concat(TextRules.Mend(span[..LineLength].ToString()), "…");
    }
}
