using System.Globalization;
using System.Text;

namespace Troupe;

/// <summary>What text may be stored: UTF-16 without NUL and without halves of surrogate pairs.</summary>
public static class TextRules
{
    private const char Replacement = '\uFFFD';

    /// <summary>Refuses text from people that cannot be stored as it is.</summary>
    /// <exception cref="TroupeException">Code text_not_storable, with the position.</exception>
    public static void Check(string text, string member)
    {
        var bad = FirstBad(text);
        if (bad >= 0)
        {
            throw new TroupeException(
                ErrorKind.Invalid, "text_not_storable",
                string.Create(CultureInfo.InvariantCulture, $"'{member}' has the character U+{(int)text[bad]:X4} at position {bad}, which is not text. Remove it."))
            {
                Member = member,
            };
        }
    }

    /// <summary>Replaces what cannot be stored by U+FFFD: what a model or a tool said is kept in any case.</summary>
    /// <returns>The text itself when it is good.</returns>
    public static string Mend(string text)
    {
        var bad = FirstBad(text);
        if (bad < 0)
        {
            return text;
        }

        var mended = new StringBuilder(text);
        for (; bad >= 0; bad = FirstBad(text, bad + 1))
        {
            mended[bad] = Replacement;
        }

        return mended.ToString();
    }

    private static int FirstBad(string text, int from = 0)
    {
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0')
            {
                return i;
            }

            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return i;
                }

                i++;
            }
        }

        return -1;
    }
}
