using System.Text.RegularExpressions;

namespace Troupe.Apps.MedSim.Words;

/// <summary>A text word by word, as it is spoken.</summary>
internal static partial class SpokenPieces
{
    public static IEnumerable<string> Of(string text) => Piece.Matches(text).Select(m => m.Value);

    [GeneratedRegex(@"\S+\s*|\s+", RegexOptions.None, 1000)]
    private static partial Regex Piece { get; }
}
