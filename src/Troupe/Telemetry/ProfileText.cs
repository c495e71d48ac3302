using System.Globalization;
using System.Text;

namespace Troupe.Telemetry;

/// <summary>Writes tables in columns: the first two are words, the others numbers.</summary>
internal static class ProfileText
{
    public static string Table(string[] headings, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [headings, .. rows];
        var widths = headings.Select((_, column) => lines.Max(l => l[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            var start = text.Length;
            for (var column = 0; column < line.Length; column++)
            {
                text.Append(column < 2 ? line[column].PadRight(widths[column]) : line[column].PadLeft(widths[column])).Append("  ");
            }

            // A terminal would obey control characters that somebody's tool has in its name.
            for (var i = start; i < text.Length; i++)
            {
                text[i] = char.IsControl(text[i]) ? '?' : text[i];
            }

            text.Length -= 2;
            text.Append('\n');
        }

        return text.ToString();
    }

    public static string Of(ProfileCategory category) => category switch
    {
        ProfileCategory.ModelCalls => "model calls",
        _ => category.ToString().ToLowerInvariant(),
    };

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(double? number) => number?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
}
