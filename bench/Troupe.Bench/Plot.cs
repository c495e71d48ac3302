using System.Globalization;
using System.Security;
using System.Text;

namespace Troupe.Bench;

/// <summary>Bars as SVG: one a figure of a unit, with the spread of its runs, on a scale of its own where values lie far apart.</summary>
internal static class Plot
{
    private const int Width = 760;
    private const int LabelWidth = 330;
    private const int ValueWidth = 110;
    private const int Row = 26;
    private const int Bar = 14;
    private const double FarApart = 50;

    /// <summary>A picture of rows that have one unit; null where there is nothing to compare.</summary>
    public static string? Draw(string title, IReadOnlyList<Row> rows)
    {
        if (rows.Count < 2 || rows.Max(r => r.High) <= 0)
        {
            return null;
        }

        // On a logarithmic scale a bar says how often twice; so it is only used, and then said, where the small would vanish beside the large.
        var positive = rows.Select(r => r.Value).Where(v => v > 0).ToList();
        var isLog = positive.Count > 1 && rows.All(r => r.Value > 0) && positive.Max() / positive.Min() > FarApart;
        var most = rows.Max(r => Math.Max(r.Value, r.High));
        var least = isLog ? positive.Min() / 2 : 0;
        var height = 44 + (rows.Count * Row);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Text(title)}</title>\n<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"12\" y=\"22\" font-weight=\"600\" fill=\"#1d2733\">{Text(title)}{(rows[0].Unit.Length > 0 ? $", {Text(rows[0].Unit)}" : "")}{(isLog ? " (logarithmic)" : "")}</text>\n");
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var y = 36 + (i * Row);
            var colour = row.Met == false ? "#b3372f" : row.Figure.Contains("before", StringComparison.Ordinal) ? "#a9b4c0" : row.Figure.Contains("their after", StringComparison.Ordinal) ? "#6f8fae" : "#1f6f78";
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth - 8}\" y=\"{y + 12}\" text-anchor=\"end\" fill=\"#1d2733\">{Text(row.Figure)}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{Math.Max(1, Length(row.Value)):0.#}\" height=\"{Bar}\" fill=\"{colour}\"/>\n");
            if (row.High > row.Low)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{LabelWidth + Length(row.Low):0.#}\" x2=\"{LabelWidth + Length(row.High):0.#}\" y1=\"{y + (Bar / 2)}\" y2=\"{y + (Bar / 2)}\" stroke=\"#1d2733\" stroke-width=\"1.5\"/>\n");
            }

            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + Length(Math.Max(row.Value, row.High)) + 6:0.#}\" y=\"{y + 12}\" fill=\"#1d2733\">{Report.Text(row.Value)}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();

        double Length(double value) => Math.Max(0, isLog ? Math.Log(Math.Max(value, least) / least) / Math.Log(most / least) : value / most) * (Width - LabelWidth - ValueWidth);
    }

    private static string Text(string text) => SecurityElement.Escape(text)!;
}
