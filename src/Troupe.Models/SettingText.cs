using System.Text.RegularExpressions;

namespace Troupe.Models;

/// <summary>The texts of an operator's files, which may name variables of the environment as <c>${NAME}</c>, so that no secret stands in them.</summary>
public static partial class SettingText
{
    /// <summary>A text with the values of the variables that it names.</summary>
    /// <param name="text">The text.</param>
    /// <param name="read">The value of a variable; null when there is none.</param>
    /// <param name="missing">What stands for a variable that is not set; it is told in words what is wrong, and may throw.</param>
    public static string Fill(string text, Func<string, string?> read, Func<string, string> missing) => Variable.Replace(text, match =>
    {
        var name = match.Groups["name"].Value;
        return read(name) ?? missing($"names the variable '{name}', which is not set. Set it in the environment or in .env");
    });

    [GeneratedRegex(@"\$\{(?<name>[^}]*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable { get; }
}
