using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Reads members of JSON from elsewhere, tolerant of near misses.</summary>
internal static class JsonValues
{
    /// <summary>Numbers above are milliseconds: as seconds they would lie beyond the year 5138.</summary>
    private const double MostSeconds = 1e11;

    /// <summary>The first of some members that is there and not null, and its name.</summary>
    public static (string? Name, JsonElement Value) Find(JsonElement value, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null)
            {
                return (name, found);
            }
        }

        return (null, default);
    }

    /// <summary>A text; what cannot be stored of it is replaced, because half a character must not cost a conversation.</summary>
    public static string TextOf(JsonElement value)
    {
        try
        {
            return TextRules.Mend(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return TextRules.Mend(Unescape(value.GetRawText()));
        }
    }

    /// <summary>A text or number as text; null for anything else.</summary>
    public static string? WordOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => TextOf(value),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    /// <summary>A time as ISO text, or as seconds or milliseconds since 1970; null when it is none of these.</summary>
    public static DateTimeOffset? TimeOf(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
        {
            return TimeOf(number);
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        var text = TextOf(value);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                && text.Contains('-', StringComparison.Ordinal) ? time
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) ? TimeOf(number)
            : null;
    }

    private static DateTimeOffset? TimeOf(double number)
    {
        var milliseconds = Math.Abs(number) < MostSeconds ? number * 1000 : number;
        var most = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        return milliseconds > 0 && milliseconds < most ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(milliseconds)) : null;
    }

    /// <summary>The characters of a JSON text, halves of surrogate pairs too, which the reader refuses.</summary>
    private static string Unescape(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 1; i < raw.Length - 1; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                text.Append((char)int.Parse(raw.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(raw[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
            }
        }

        return text.ToString();
    }
}
