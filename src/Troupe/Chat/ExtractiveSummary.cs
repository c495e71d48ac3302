using System.Globalization;
using Troupe.Storage;

namespace Troupe.Chat;

/// <summary>A summary without a model: the beginning of what was said, newest last, within a length.</summary>
internal static class ExtractiveSummary
{
    public const int MaxLength = 2000;
    private const int LineLength = 120;
    private const int NoteLength = 40;

    /// <summary>Writes one.</summary>
    /// <param name="earlier">The summary in force so far; what it holds stands nowhere else in the context, so it keeps up to half.</param>
    /// <param name="covered">What is summarised.</param>
    /// <param name="maxLength">The most characters.</param>
    public static string Write(string? earlier, IReadOnlyList<Entry> covered, int maxLength)
    {
        var before = earlier is null ? "" : Cut(earlier, maxLength / 2);
        var lines = new LinkedList<string>();
        var length = before.Length + NoteLength;
        var left = covered.Count;
        for (; left > 0; left--)
        {
            var entry = covered[left - 1];
            if (FirstLine(entry.Text) is not { Length: > 0 } said)
            {
                continue;
            }

            var line = $"{(entry.Role == EntryRole.User ? "User" : "You")}: {said}";
            length += line.Length + 1;
            if (length > maxLength)
            {
                break;
            }

            lines.AddFirst(line);
        }

        if (left > 0)
        {
            lines.AddFirst(string.Create(CultureInfo.InvariantCulture, $"({left} entries are left out.)"));
        }

        if (before.Length > 0)
        {
            lines.AddFirst(before);
        }

        return Cut(string.Join('\n', lines), maxLength);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : TextRules.Mend(text[..length]);

    private static string FirstLine(string text)
    {
        var span = text.AsSpan().Trim();
        var end = span.IndexOfAny("\r\n");
        span = end >= 0 ? span[..end] : span;
        return span.Length <= LineLength ? span.ToString() : string.Concat(TextRules.Mend(span[..LineLength].ToString()), "…");
    }
}
