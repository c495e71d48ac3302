using System.Globalization;
using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>What is normal for a patient of an age and a sex. Paediatric ranges after the usual tables of resuscitation courses, rounded to their middle.</summary>
internal static class NormalValues
{
    public static string Fill(string text, CasePatient patient)
    {
        if (!text.Contains('{', StringComparison.Ordinal))
        {
            return text;
        }

        var (years, male) = (patient.Years, patient.Sex == "male");
        return text
            .Replace("{pulse}", Whole(years switch { < 1 => 130, < 2 => 115, < 5 => 105, < 12 => 90, < 18 => 78, _ => 72 }), StringComparison.Ordinal)
            .Replace("{bp}", years switch { < 1 => "85/50", < 5 => "95/55", < 12 => "105/65", < 18 => "115/70", < 60 => "122/76", _ => "132/78" }, StringComparison.Ordinal)
            .Replace("{rr}", Whole(years switch { < 1 => 35, < 2 => 30, < 5 => 26, < 12 => 20, _ => 14 }), StringComparison.Ordinal)
            .Replace("{hb}", Whole(years switch { < 1 => 112, < 12 => 124, _ => male ? 150 : 133 }), StringComparison.Ordinal)
            .Replace("{wbc}", years < 5 ? "9.5" : "6.8", StringComparison.Ordinal)
            .Replace("{creatinine}", Whole(years switch { < 2 => 25, < 12 => 40, < 18 => 60, _ => male ? 82 : 68 }), StringComparison.Ordinal)
            .Replace("{esr}", Whole(years < 50 ? male ? 5 : 8 : male ? 10 : 14), StringComparison.Ordinal)
            .Replace("{ferritin}", Whole(male ? 110 : 60), StringComparison.Ordinal)
            .Replace("{fontanelle}", years < 1.5 ? "Soft and flat." : "Closed, as it should be at this age.", StringComparison.Ordinal)
            .Replace("{pregnancy}", male || years is < 10 or > 55 ? "Negative, as was to be expected." : "Negative.", StringComparison.Ordinal)
            .Replace("{hcg}", "Under 5 IU/L.", StringComparison.Ordinal);
    }

    private static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);
}
