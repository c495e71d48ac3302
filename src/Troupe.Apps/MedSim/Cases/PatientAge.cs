using System.Globalization;
using System.Text.RegularExpressions;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>Ages as cases write them: <c>58 years</c>, <c>8 months</c>, <c>35-year-old</c>.</summary>
internal static partial class PatientAge
{
    /// <summary>The years, or null when no age is in the text.</summary>
    public static double? YearsOf(string text)
    {
        if (Written.Match(text) is not { Success: true } age)
        {
            return text.Contains("newborn", StringComparison.OrdinalIgnoreCase) || text.Contains("infant", StringComparison.OrdinalIgnoreCase) ? 0 : null;
        }

        var number = double.Parse(age.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return age.Groups["unit"].Value[0] switch
        {
            'y' or 'Y' => number,
            'm' or 'M' => number / 12,
            'w' or 'W' => number / 52,
            _ => number / 365,
        };
    }

    [GeneratedRegex(@"(?<number>\d{1,3})[\s-]*(?<unit>year|month|week|day)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Written { get; }
}
