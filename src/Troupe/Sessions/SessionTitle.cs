namespace Troupe.Sessions;

/// <summary>A session's first title: the beginning of what was said first.</summary>
internal static class SessionTitle
{
    private const int MaxLength = 60;

    public static string Of(string text)
    {
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end >= 0 ? line[..end] : line;
        if (line.Length <= MaxLength)
        {
            return line.ToString();
        }

        var cut = char.IsHighSurrogate(line[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return string.Concat(line[..cut], "…");
    }
}
